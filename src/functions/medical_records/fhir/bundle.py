"""One bundle, one patient: check it whole, drop duplicates, refuse a second patient."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medical_records import json_text
from medical_records.fhir.dates import parse_partial
from medical_records.fhir.definitions import ANY_OTHER, DEFINITIONS
from medical_records.fhir.elements import Finding
from medical_records.fhir.references import Index, Resource, Subject, SubjectJudge
from medical_records.problem import Problem, unprocessable

MAX_ENTRIES = 10_000
_MAX_OTHER_PATHS = 9
_KIND = re.compile(r"[A-Z][A-Za-z]{1,63}")
_TYPES = ("collection", "transaction", "batch", "document", "message", "searchset")
# http://terminology.hl7.org/CodeSystem/v3-ActReason: "test health data".
_TEST_DATA = "HTEST"

Identity = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A resource that was read and is not analysed, and why."""

    kind: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """What one bundle says about its one patient."""

    patient: Resource
    resources: tuple[Resource, ...]
    index: Index
    duplicates: int
    set_aside: tuple[SetAside, ...]
    test_data: bool

    def of_kind(self, *kinds: str) -> Iterator[Resource]:
        """Yield the resources of these types in the order of the bundle."""
        return (item for item in self.resources if item.kind in kinds)


def read_bundle(tree: Mapping[str, Any]) -> PatientRecord | Problem:
    """Return the record in ``tree``, or the first problem with the paths of others."""
    findings = tuple(_check_frame(tree))
    if findings:
        return _refused(findings)
    resources = tuple(_resources(tree["entry"]))
    findings = tuple(_check_resources(resources))
    if findings:
        return _refused(findings)
    return _one_patients(resources, labelled_test_data=_is_test_data(tree))


def _one_patients(
    resources: Collection[Resource], *, labelled_test_data: bool
) -> PatientRecord | Problem:
    kept = _without_duplicates(resources)
    patient = _only_patient(kept.values())
    if isinstance(patient, Problem):
        return patient
    by_url = {r.full_url: kept[_identity(r)] for r in resources if r.full_url}
    index = Index(kept.values(), by_url)
    judge = SubjectJudge(patient, index)
    strangers = tuple(_strangers(kept.values(), judge))
    if strangers:
        return _refused(strangers)
    others = [resource for resource in kept.values() if resource is not patient]
    usable, set_aside = _sorted_out(others, judge)
    return PatientRecord(
        patient=patient,
        resources=usable,
        index=index,
        duplicates=len(resources) - len(kept),
        set_aside=set_aside,
        test_data=labelled_test_data or _is_test_data(patient.content),
    )


def _check_frame(tree: Mapping[str, Any]) -> Iterator[Finding]:
    if tree.get("resourceType") != "Bundle":
        yield Finding("Bundle.resourceType", "not_a_bundle", "Expected 'Bundle'.")
        return
    if tree.get("type") not in _TYPES:
        message = f"Expected one of {', '.join(_TYPES)}."
        yield Finding("Bundle.type", "bundle_type", message)
    entries = tree.get("entry")
    if not isinstance(entries, list) or not entries:
        yield Finding("Bundle.entry", "no_entries", "Expected a list of entries.")
    elif len(entries) > MAX_ENTRIES:
        message = f"A bundle has at most {MAX_ENTRIES} entries."
        yield Finding(f"Bundle.entry[{MAX_ENTRIES}]", "too_many_entries", message)
    else:
        yield from _check_entries(entries)


def _check_entries(entries: list[Any]) -> Iterator[Finding]:
    for index, entry in enumerate(entries):
        path = f"Bundle.entry[{index}]"
        if not isinstance(entry, dict):
            yield Finding(path, "wrong_type", "Expected an object.")
            continue
        if not isinstance(entry.get("fullUrl", ""), str):
            yield Finding(f"{path}.fullUrl", "wrong_type", "Expected a URL.")
        # A deletion in a transaction has no resource.
        if "resource" in entry:
            yield from _check_kind(entry["resource"], f"{path}.resource")


def _check_kind(resource: Any, path: str) -> Iterator[Finding]:
    if not isinstance(resource, dict):
        yield Finding(path, "wrong_type", "Expected an object.")
        return
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        message = "Expected the name of a FHIR resource type."
        yield Finding(f"{path}.resourceType", "resource_type", message)


def _resources(entries: list[Any]) -> Iterator[Resource]:
    for index, entry in enumerate(entries):
        if "resource" in entry:
            content = entry["resource"]
            yield Resource(
                kind=content["resourceType"],
                content=content,
                path=f"Bundle.entry[{index}].resource",
                full_url=entry.get("fullUrl", ""),
            )


def _check_resources(resources: Iterable[Resource]) -> Iterator[Finding]:
    for resource in resources:
        check = DEFINITIONS.get(resource.kind, ANY_OTHER)
        yield from check(resource.content, resource.path)


def _without_duplicates(resources: Iterable[Resource]) -> dict[Identity, Resource]:
    """Keep one of each type and id, the newest, and one of those that are identical."""
    kept: dict[Identity, Resource] = {}
    for resource in resources:
        key = _identity(resource)
        if key not in kept or _version(resource) >= _version(kept[key]):
            kept[key] = resource
    return kept


def _identity(resource: Resource) -> Identity:
    if resource.id:
        return (resource.kind, resource.id, resource.server)
    return (resource.kind, json_text.canonical(resource.content))


def _version(resource: Resource) -> int:
    """Return when this version was made; versions that do not say are the oldest."""
    meta = resource.content.get("meta", {})
    updated = parse_partial(meta.get("lastUpdated", ""))
    return updated.nanoseconds if updated else 0


def _only_patient(resources: Iterable[Resource]) -> Resource | Problem:
    patients = [resource for resource in resources if resource.kind == "Patient"]
    if not patients:
        message = "The bundle has no Patient resource."
        return unprocessable("Bundle.entry", "no_patient", message)
    if len(patients) > 1:
        message = "The bundle has a second Patient; send one patient's record."
        return unprocessable(patients[1].path, "two_patients", message)
    return patients[0]


def _strangers(resources: Iterable[Resource], judge: SubjectJudge) -> Iterator[Finding]:
    """Yield each place where a resource is about somebody else."""
    for resource in resources:
        for name, subject in judge.judge(resource):
            path = f"{resource.path}.{name}"
            match subject:
                case Subject.ANOTHER_PATIENT:
                    message = "This is about another patient than the bundle's."
                    yield Finding(path, "another_patient", message)
                case Subject.UNKNOWN:
                    message = "The bundle does not hold what this refers to."
                    yield Finding(path, "unknown_subject", message)
                case Subject.PATIENT | Subject.NO_PATIENT:
                    continue


def _sorted_out(
    resources: Iterable[Resource], judge: SubjectJudge
) -> tuple[tuple[Resource, ...], tuple[SetAside, ...]]:
    """Part what may be read as a statement about the patient from what may not."""
    usable: list[Resource] = []
    set_aside: list[SetAside] = []
    for resource in resources:
        reason = _reason_to_skip(resource, judge)
        if reason:
            set_aside.append(SetAside(resource.kind, resource.path, reason))
        else:
            usable.append(resource)
    return tuple(usable), tuple(set_aside)


def _reason_to_skip(resource: Resource, judge: SubjectJudge) -> str:
    """Say why a resource must not be read as a statement about the patient, or ''."""
    if resource.kind not in DEFINITIONS:
        return "type not analysed"
    if "modifierExtension" in resource.content:
        # http://hl7.org/fhir/R4/extensibility.html#modifierExtension: it may turn the
        # meaning round, and whoever does not know it must not use the resource.
        return "unknown modifier extension"
    if _in_error(resource):
        return "entered in error"
    subjects = [subject for _, subject in judge.judge(resource)]
    return "not about the patient" if Subject.NO_PATIENT in subjects else ""


def _in_error(resource: Resource) -> bool:
    if resource.kind not in ("Condition", "AllergyIntolerance"):
        return resource.content.get("status") == "entered-in-error"
    codings = resource.content.get("verificationStatus", {}).get("coding", ())
    return any(coding.get("code") == "entered-in-error" for coding in codings)


def _is_test_data(content: Mapping[str, Any]) -> bool:
    meta = content.get("meta")
    labels = meta.get("security") if isinstance(meta, dict) else None
    return isinstance(labels, list) and any(
        isinstance(label, dict) and label.get("code") == _TEST_DATA for label in labels
    )


def _refused(findings: tuple[Finding, ...]) -> Problem:
    first, others = findings[0], findings[1 : 1 + _MAX_OTHER_PATHS]
    return Problem(
        status=422,
        code=first.code,
        message=first.message,
        path=first.path,
        other_paths=tuple(finding.path for finding in others),
    )
