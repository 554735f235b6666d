"""The timeline: what happened when, first things first, however precisely it is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from medical_records.analysis.laboratory import measured_at
from medical_records.analysis.medications import medication_concept
from medical_records.analysis.parts import Item, item, name_of, names_of
from medical_records.fhir.bundle import PatientRecord
from medical_records.fhir.dates import Partial, parse_partial
from medical_records.fhir.references import Resource

Content = Mapping[str, Any]


def build_timeline(record: PatientRecord) -> Item:
    """Return dated events in order, and the number of those without a date.

    The order is of the first instant that a date can mean, in UTC; a year stands before
    the days in it. Events of the same moment stay in the order of the bundle.
    """
    dated: list[tuple[Partial, Item]] = []
    undated = 0
    for resource in record.resources:
        if resource.kind not in _EVENTS:
            continue
        time = _EVENTS[resource.kind](resource.content)
        moment = parse_partial(time) if time else None
        if moment is None:
            undated += 1
        else:
            dated.append((moment, _event(resource, record, time, moment)))
    dated.sort(key=lambda pair: pair[0])
    return {"events": [event for _, event in dated], "undated": undated}


def _event(
    resource: Resource, record: PatientRecord, time: str | None, moment: Partial
) -> Item:
    return item(
        time=time,
        precision=moment.precision.name.lower(),
        type=resource.kind,
        title=_title(resource, record),
        source=resource.path,
    )


def _title(resource: Resource, record: PatientRecord) -> str | None:
    content = resource.content
    if resource.kind.startswith("Medication"):
        return name_of(medication_concept(resource, record))
    if resource.kind == "Encounter":
        names = names_of([*content.get("type", ()), {"coding": [content["class"]]}])
        return names[0] if names else None
    return name_of(content.get("code") or content.get("vaccineCode"))


def _first(*names: str) -> Callable[[Content], str | None]:
    """Return a reader of the first of these elements that has a time."""

    def read(content: Content) -> str | None:
        for name in names:
            owner, _, inner = name.partition(".")
            value = content.get(owner)
            time = value.get(inner) if inner and value else value
            if time:
                return str(time)
        return None

    return read


_EVENTS: dict[str, Callable[[Content], str | None]] = {
    "Condition": _first("onsetDateTime", "onsetPeriod.start", "recordedDate"),
    "AllergyIntolerance": _first("onsetDateTime", "onsetPeriod.start", "recordedDate"),
    "MedicationRequest": _first("authoredOn"),
    "MedicationStatement": _first(
        "effectiveDateTime", "effectivePeriod.start", "dateAsserted"
    ),
    "Observation": measured_at,
    "Encounter": _first("period.start"),
    "Procedure": _first("performedDateTime", "performedPeriod.start"),
    "Immunization": _first("occurrenceDateTime"),
    "DiagnosticReport": _first("effectiveDateTime", "effectivePeriod.start", "issued"),
}
