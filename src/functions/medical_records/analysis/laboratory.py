"""Laboratory results: which are abnormal, and which nobody should judge by machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from medical_records.analysis.parts import (
    Item,
    codes_of,
    item,
    name_of,
    names_of,
    quantity,
)
from medical_records.analysis.ranges import (
    Judgement,
    NotJudged,
    Verdict,
    age_in_years,
    judge,
)
from medical_records.fhir.bundle import PatientRecord
from medical_records.fhir.dates import Partial, parse_partial
from medical_records.fhir.references import Resource

_SYSTEM = "http://terminology.hl7.org/CodeSystem/observation-category"
_NO_RESULT = ("registered", "cancelled", "unknown")


def judge_laboratory(record: PatientRecord) -> Item:
    """Return abnormal results, results not judged with the reason, and a count."""
    abnormal, not_judged, normal = [], [], 0
    for resource in record.of_kind("Observation"):
        if not is_laboratory(resource):
            continue
        for result, judgement in _results(resource, record):
            match judgement:
                case NotJudged(reason):
                    not_judged.append({**result, "reason": reason})
                case Verdict.NORMAL:
                    normal += 1
                case verdict:
                    abnormal.append({**result, "verdict": verdict.value})
    return {"abnormal": abnormal, "notJudged": not_judged, "normal": normal}


def is_laboratory(resource: Resource) -> bool:
    """Say whether an observation is of the laboratory's category."""
    return any(
        coding.get("code") == "laboratory" and coding.get("system") in (None, _SYSTEM)
        for concept in resource.content.get("category", ())
        for coding in concept.get("coding", ())
    )


def measured_at(content: Mapping[str, Any]) -> str | None:
    """Return when an observation was true, else when it was issued."""
    period = content.get("effectivePeriod", {})
    times = (
        content.get("effectiveDateTime"),
        content.get("effectiveInstant"),
        period.get("start"),
        content.get("issued"),
    )
    return next((time for time in times if time), None)


def _results(
    resource: Resource, record: PatientRecord
) -> Iterator[tuple[Item, Judgement]]:
    """Yield the observation's own result, and those of its components."""
    content = resource.content
    components = content.get("component", ())
    age = _age(record, content)
    if not components or "valueQuantity" in content:
        yield _result(content, content, resource.path), _judged(content, content, age)
    for index, component in enumerate(components):
        path = f"{resource.path}.component[{index}]"
        yield _result(component, content, path), _judged(component, content, age)


def _judged(
    measurement: Mapping[str, Any], owner: Mapping[str, Any], age: Decimal | None
) -> Judgement:
    if owner["status"] in _NO_RESULT:
        return NotJudged("no result yet")
    return judge(measurement, age=age)


def _result(
    measurement: Mapping[str, Any], owner: Mapping[str, Any], path: str
) -> Item:
    return item(
        name=name_of(measurement["code"]),
        codes=codes_of(measurement["code"]),
        status=owner["status"],
        value=quantity(measurement.get("valueQuantity")),
        referenceRanges=[_limits(r) for r in measurement.get("referenceRange", ())],
        reportedInterpretation=names_of(measurement.get("interpretation", ())),
        measured=measured_at(owner),
        source=path,
    )


def _limits(limits: Mapping[str, Any]) -> Item:
    return item(
        low=quantity(limits.get("low")),
        high=quantity(limits.get("high")),
        text=limits.get("text"),
    )


def _age(record: PatientRecord, content: Mapping[str, Any]) -> Decimal | None:
    born = _partial(record.patient.content.get("birthDate"))
    return age_in_years(born, _partial(measured_at(content)))


def _partial(text: str | None) -> Partial | None:
    return parse_partial(text) if text else None
