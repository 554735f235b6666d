"""The problem list: the patient's conditions, those that are active first."""

from __future__ import annotations

from medical_records.analysis.parts import (
    Item,
    code_of,
    codes_of,
    item,
    name_of,
    names_of,
    when,
)
from medical_records.fhir.bundle import PatientRecord
from medical_records.fhir.references import Resource

# http://hl7.org/fhir/R4/valueset-condition-clinical.html
_ACTIVE = ("active", "recurrence", "relapse")


def find_problems(record: PatientRecord) -> list[Item]:
    """Return the problem list."""
    problems = [_problem(resource) for resource in record.of_kind("Condition")]
    return sorted(problems, key=lambda problem: problem.get("active") is not True)


def _problem(resource: Resource) -> Item:
    content = resource.content
    return item(
        name=name_of(content.get("code")),
        codes=codes_of(content.get("code")),
        active=_active(resource),
        clinicalStatus=code_of(content.get("clinicalStatus")),
        verificationStatus=code_of(content.get("verificationStatus")),
        severity=name_of(content.get("severity")),
        categories=names_of(content.get("category", ())),
        onset=when(content, "onset"),
        abatement=when(content, "abatement"),
        recorded=content.get("recordedDate"),
        source=resource.path,
    )


def _active(resource: Resource) -> bool | None:
    """Say whether the problem is there now; None where the record does not say."""
    if code_of(resource.content.get("verificationStatus")) == "refuted":
        return False
    if when(resource.content, "abatement"):
        return False
    status = code_of(resource.content.get("clinicalStatus"))
    return None if status is None else status in _ACTIVE
