"""What happened when, however precisely it is known."""

from __future__ import annotations

from typing import Any

import pytest
import synthetic
from hypothesis import given, settings
from hypothesis import strategies as st
from medical_records.analysis.timeline import build_timeline
from medical_records.fhir.bundle import PatientRecord, read_bundle
from medical_records.fhir.dates import parse_partial
from memory_records import as_read

Json = dict[str, Any]
_SUBJECT = {"subject": {"reference": "Patient/p"}}


def _timeline(*resources: Json) -> Json:
    record = read_bundle(as_read(synthetic.bundle_of(*resources)))
    assert isinstance(record, PatientRecord), record
    return build_timeline(record)


def _condition(time: str) -> Json:
    return {"resourceType": "Condition", **_SUBJECT, "onsetDateTime": time}


def test_events_stand_in_the_order_of_time_across_precisions_and_zones() -> None:
    times = [
        "2020-03-01T00:30:00+02:00",
        "2020-03",
        "2020-02-29T23:00:00Z",
        "2021",
        "2020",
        "2020-03-01",
    ]

    events = _timeline(*map(_condition, times))["events"]

    assert [event["time"] for event in events] == [
        "2020",
        "2020-03-01T00:30:00+02:00",
        "2020-02-29T23:00:00Z",
        "2020-03",
        "2020-03-01",
        "2021",
    ]
    assert events[0]["precision"] == "year"


def test_events_without_a_date_are_counted() -> None:
    condition = {"resourceType": "Condition", **_SUBJECT}

    assert _timeline(condition) == {"events": [], "undated": 1}


@pytest.mark.parametrize(
    ("resource", "time", "title"),
    [
        (
            {
                "resourceType": "Encounter",
                "status": "finished",
                "class": {"code": "AMB"},
                "period": {"start": "2020"},
            },
            "2020",
            "AMB",
        ),
        (
            {
                "resourceType": "Encounter",
                "status": "finished",
                "class": {},
                "type": [{"text": "visit"}],
                "period": {"start": "2020"},
            },
            "2020",
            "visit",
        ),
        (
            {
                "resourceType": "Procedure",
                "status": "completed",
                **_SUBJECT,
                "performedPeriod": {"start": "2019-01"},
            },
            "2019-01",
            None,
        ),
        (
            {
                "resourceType": "Immunization",
                "status": "completed",
                "vaccineCode": {"text": "vaccine"},
                "patient": {"reference": "Patient/p"},
                "occurrenceDateTime": "2018",
            },
            "2018",
            "vaccine",
        ),
        (
            {
                "resourceType": "DiagnosticReport",
                "status": "final",
                "code": {"text": "report"},
                "issued": "2017",
            },
            "2017",
            "report",
        ),
        (
            {
                "resourceType": "MedicationRequest",
                "status": "active",
                "intent": "order",
                **_SUBJECT,
                "medicationCodeableConcept": {"text": "pill"},
                "authoredOn": "2016",
            },
            "2016",
            "pill",
        ),
        (
            {
                "resourceType": "Observation",
                "status": "final",
                "code": {"text": "weight"},
                "effectivePeriod": {"start": "2015"},
            },
            "2015",
            "weight",
        ),
        (
            {
                "resourceType": "AllergyIntolerance",
                "patient": {"reference": "Patient/p"},
                "onsetPeriod": {"end": "2015"},
                "recordedDate": "2014",
            },
            "2014",
            None,
        ),
    ],
)
def test_every_kind_of_event_has_its_own_time_and_title(
    resource: Json, time: str, title: str | None
) -> None:
    event = _timeline(resource)["events"][0]

    assert (event["time"], event.get("title")) == (time, title)


def test_medications_themselves_are_no_events() -> None:
    medication = {"resourceType": "Medication", "code": {"text": "tablet"}}

    assert _timeline(medication) == {"events": [], "undated": 0}


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_synthetic_timelines_are_sorted_and_complete(seed: int) -> None:
    record = read_bundle(as_read(synthetic.bundle(seed, resources=30)))
    assert isinstance(record, PatientRecord)

    timeline = build_timeline(record)

    moments = [parse_partial(event["time"]) for event in timeline["events"]]
    assert moments == sorted(moment for moment in moments if moment)
    assert len(moments) + timeline["undated"] == len(record.resources)
