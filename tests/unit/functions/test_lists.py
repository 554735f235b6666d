"""Problems, medications and allergies as the record states them."""

from __future__ import annotations

from typing import Any

import pytest
import synthetic
from medical_records.analysis.allergies import find_allergies
from medical_records.analysis.medications import find_medications
from medical_records.analysis.parts import code_of, item, name_of
from medical_records.analysis.problems import find_problems
from medical_records.fhir.bundle import PatientRecord, read_bundle
from memory_records import as_read

Json = dict[str, Any]
_SUBJECT = {"subject": {"reference": "Patient/p"}}


def _record(*resources: Json) -> PatientRecord:
    record = read_bundle(as_read(synthetic.bundle_of(*resources)))
    assert isinstance(record, PatientRecord), record
    return record


def _status(code: str) -> Json:
    return {"coding": [{"code": code}]}


# --- the small pieces --------------------------------------------------------------


def test_zero_and_false_are_said_and_nothing_is_not() -> None:
    assert item(a=0, b=False, c=None, d="", e=[], f={}) == {"a": 0, "b": False}


def test_concept_is_named_by_text_then_display_then_code() -> None:
    coding = {"code": "c", "display": "d"}

    assert name_of({"text": "t", "coding": [coding]}) == "t"
    assert name_of({"coding": [{"code": "x"}, coding]}) == "d"
    assert name_of({"coding": [{"code": "x"}]}) == "x"
    assert name_of({}) is None
    assert code_of({"text": "t"}) is None


# --- problems ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "active"),
    [
        ({"clinicalStatus": _status("active")}, True),
        ({"clinicalStatus": _status("relapse")}, True),
        ({"clinicalStatus": _status("resolved")}, False),
        ({"abatementDateTime": "2020"}, False),
        (
            {
                "clinicalStatus": _status("active"),
                "verificationStatus": _status("refuted"),
            },
            False,
        ),
        ({}, None),
    ],
)
def test_problem_is_active_where_the_record_says_so(
    fields: Json, active: bool | None
) -> None:
    condition = {"resourceType": "Condition", **_SUBJECT, **fields}

    problem = find_problems(_record(condition))[0]

    assert problem.get("active") is active


def test_active_problems_stand_first() -> None:
    statuses = ("resolved", "active", "inactive", "recurrence")
    conditions = [
        {
            "resourceType": "Condition",
            **_SUBJECT,
            "clinicalStatus": _status(status),
            "code": {"text": status},
        }
        for status in statuses
    ]

    names = [problem["name"] for problem in find_problems(_record(*conditions))]

    assert names == ["active", "recurrence", "resolved", "inactive"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("onsetDateTime", "2020-05", {"dateTime": "2020-05"}),
        ("onsetPeriod", {"start": "2020"}, {"period": {"start": "2020"}}),
        ("onsetAge", {"value": 7, "code": "a"}, {"age": {"value": 7, "unit": "a"}}),
        ("onsetRange", {"low": {"value": 1}}, {"range": {"low": {"value": 1}}}),
        ("onsetString", "in childhood", {"text": "in childhood"}),
    ],
)
def test_onset_is_told_in_the_form_it_has(
    name: str, value: object, shown: Json
) -> None:
    condition = {"resourceType": "Condition", **_SUBJECT, name: value}

    assert find_problems(_record(condition))[0]["onset"] == shown


# --- medications -------------------------------------------------------------------


def _request(**fields: Any) -> Json:
    medication = {"medicationCodeableConcept": {"text": "Synthetic pill"}}
    if "medicationReference" in fields:
        medication = {}
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        **_SUBJECT,
        **medication,
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "active"),
    [
        ({}, True),
        ({"doNotPerform": False}, True),
        ({"doNotPerform": True}, False),
        ({"intent": "proposal"}, False),
        ({"status": "stopped"}, False),
    ],
)
def test_only_a_standing_order_is_active(fields: Json, active: bool) -> None:
    assert find_medications(_record(_request(**fields)))[0]["active"] is active


def test_statement_of_the_patient_is_a_medication() -> None:
    statement = {
        "resourceType": "MedicationStatement",
        "status": "active",
        **_SUBJECT,
        "medicationCodeableConcept": {"text": "Synthetic tea"},
        "effectivePeriod": {"start": "2020", "extension": "unread"},
        "dosage": [{"text": "one cup"}, {}, {"patientInstruction": "warm"}],
    }

    medication = find_medications(_record(statement))[0]

    assert medication["active"] is True
    assert medication["effective"] == {"period": {"start": "2020"}}
    assert medication["dosage"] == ["one cup", "warm"]


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ({"reference": "Medication/m"}, "Synthetic tablet"),
        ({"reference": "#inner"}, "Synthetic syrup"),
        ({"reference": "#broken"}, None),
        ({"reference": "Medication/gone", "display": "As shown"}, "As shown"),
        ({"reference": "Medication/gone"}, None),
        ({"display": "As shown"}, "As shown"),
        ({"reference": "Patient/p"}, None),
    ],
)
def test_reference_to_a_medication_is_followed(
    reference: Json, name: str | None
) -> None:
    inner = {
        "resourceType": "Medication",
        "id": "inner",
        "code": {"text": "Synthetic syrup"},
    }
    broken = {"resourceType": "Medication", "id": "broken", "code": "no concept"}
    request = _request(medicationReference=reference, contained=[inner, broken])
    tablet = {
        "resourceType": "Medication",
        "id": "m",
        "code": {"text": "Synthetic tablet"},
    }

    medication = find_medications(_record(request, tablet))[0]

    assert medication.get("name") == name


# --- allergies ---------------------------------------------------------------------


def test_allergy_is_told_with_its_reactions() -> None:
    allergy = {
        "resourceType": "AllergyIntolerance",
        "patient": {"reference": "Patient/p"},
        "code": {"text": "Synthetic nut"},
        "clinicalStatus": _status("active"),
        "category": ["food"],
        "criticality": "high",
        "recordedDate": "2019",
        "reaction": [
            {
                "manifestation": [{"text": "rash"}, {}],
                "severity": "mild",
                "substance": {"text": "oil"},
            }
        ],
    }

    assert find_allergies(_record(allergy)) == [
        {
            "substance": "Synthetic nut",
            "clinicalStatus": "active",
            "categories": ["food"],
            "criticality": "high",
            "recorded": "2019",
            "reactions": [
                {"substance": "oil", "manifestations": ["rash"], "severity": "mild"}
            ],
            "source": "Bundle.entry[1].resource",
        }
    ]
