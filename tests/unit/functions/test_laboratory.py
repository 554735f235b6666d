"""Results are judged by their own laboratory's ranges, or left to a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import synthetic
from hypothesis import given, settings
from hypothesis import strategies as st
from medical_records.analysis.laboratory import judge_laboratory
from medical_records.analysis.ranges import (
    Judgement,
    NotJudged,
    Verdict,
    age_in_years,
    judge,
)
from medical_records.fhir.bundle import PatientRecord, read_bundle
from medical_records.fhir.dates import parse_partial
from memory_records import as_read

Json = dict[str, Any]
_NUMBERS = st.decimals(-1000, 1000, places=3)


def _judged(observation: Json, age: Decimal | None = None) -> Judgement:
    return judge(as_read(observation), age=age)


def _laboratory(*observations: Json) -> Json:
    record = read_bundle(as_read(synthetic.bundle_of(*observations)))
    assert isinstance(record, PatientRecord), record
    return judge_laboratory(record)


# --- by numbers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        ("3.4", "3.5", "5.1", Verdict.LOW),
        ("3.5", "3.5", "5.1", Verdict.NORMAL),
        ("5.1", "3.5", "5.1", Verdict.NORMAL),
        ("5.2", "3.5", "5.1", Verdict.HIGH),
        ("0", "0", "1", Verdict.NORMAL),
        ("7", None, "5.1", Verdict.HIGH),
        ("7", "3.5", None, Verdict.NORMAL),
        ("-3", "-2", "2", Verdict.LOW),
    ],
)
def test_result_is_judged_by_its_limits(
    value: str, low: str | None, high: str | None, verdict: Verdict
) -> None:
    assert _judged(synthetic.laboratory(value, low, high)) is verdict


@settings(max_examples=40, deadline=None)
@given(_NUMBERS, _NUMBERS, _NUMBERS)
def test_verdict_agrees_with_arithmetic(
    value: Decimal, one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    observation = {
        "valueQuantity": {"value": value},
        "referenceRange": [{"low": {"value": low}, "high": {"value": high}}],
    }

    verdict = judge(observation, age=None)

    assert (verdict is Verdict.LOW) == (value < low)
    assert (verdict is Verdict.HIGH) == (value > high)
    assert (verdict is Verdict.NORMAL) == (low <= value <= high)


@pytest.mark.parametrize(
    ("comparator", "bound", "low", "high", "judgement"),
    [
        ("<", "3.5", "3.5", "5.1", Verdict.LOW),
        ("<=", "3.5", "3.5", "5.1", NotJudged("known only as a bound")),
        ("<", "4", "3.5", "5.1", NotJudged("known only as a bound")),
        ("<", "0.5", None, "5.1", Verdict.NORMAL),
        ("<", "6", None, "5.1", NotJudged("known only as a bound")),
        (">", "5.1", "3.5", "5.1", Verdict.HIGH),
        (">=", "5.1", "3.5", "5.1", NotJudged("known only as a bound")),
        (">=", "5.2", "3.5", "5.1", Verdict.HIGH),
        (">", "4", "3.5", None, Verdict.NORMAL),
        (">", "3", "3.5", None, NotJudged("known only as a bound")),
        ("ad", "4", "3.5", "5.1", NotJudged("unknown comparator")),
    ],
)
def test_result_known_as_a_bound_is_judged_only_where_it_must_be_so(
    comparator: str, bound: str, low: str | None, high: str | None, judgement: Judgement
) -> None:
    observation = synthetic.laboratory(bound, low, high)
    observation["valueQuantity"]["comparator"] = comparator

    assert _judged(observation) == judgement


# --- units -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "limit", "reason"),
    [
        ({"code": "mg/dL"}, {"code": "mg/dL"}, None),
        ({"code": "mg/dL", "unit": "mg/dl"}, {"code": "mg/dL", "unit": "?"}, None),
        ({"unit": "mg/dL"}, {"code": "mg/dL"}, None),
        ({"unit": " mg/dL"}, {"unit": "mg/dL "}, None),
        ({}, {}, None),
        ({"code": "mg/dL"}, {"code": "mmol/L"}, "units differ"),
        ({"code": "mg/dL", "unit": "x"}, {"code": "g/L", "unit": "x"}, "units differ"),
        (
            {"code": "1", "system": "urn:one"},
            {"code": "1", "system": "urn:other"},
            "units differ",
        ),
        ({"unit": "mg/dL"}, {"unit": "Mg/dL"}, "units differ"),
        ({"unit": "mg/dL"}, {}, "unit missing"),
        ({}, {"unit": "mg/dL"}, "unit missing"),
    ],
)
def test_only_quantities_of_one_unit_are_compared(
    value: Json, limit: Json, reason: str | None
) -> None:
    observation = {
        "valueQuantity": {"value": 5, **value},
        "referenceRange": [{"low": {"value": 1, **limit}}],
    }

    expected = NotJudged(reason) if reason else Verdict.NORMAL
    assert _judged(observation) == expected


# --- what is not judged ------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"valueQuantity": {"unit": "mg/dL"}}, "no measured number"),
        ({"valueQuantity": {}}, "no measured number"),
        ({"referenceRange": []}, "no reference range"),
        ({"referenceRange": [{"text": "negative"}]}, "reference range without limits"),
        (
            {"referenceRange": [{"low": {"unit": "mg/dL"}}]},
            "reference range without limits",
        ),
        (
            {"referenceRange": [{"low": {"value": 9}, "high": {"value": 1}}]},
            "reference range contradicts itself",
        ),
        (
            {"referenceRange": [{"type": {"coding": [{"code": "therapeutic"}]}}]},
            "no reference range for this patient",
        ),
        (
            {"referenceRange": [{"low": {"value": 1}}, {"low": {"value": 9}}]},
            "reference ranges disagree",
        ),
    ],
)
def test_result_that_cannot_be_judged_says_why(change: Json, reason: str) -> None:
    observation = {"valueQuantity": {"value": 5}, **change}

    assert _judged(observation) == NotJudged(reason)


def test_ranges_that_agree_give_one_verdict() -> None:
    ranges = [{"high": {"value": 4}}, {"high": {"value": 3}, "appliesTo": []}]

    observation = {"valueQuantity": {"value": 5}, "referenceRange": ranges}

    assert _judged(observation) is Verdict.HIGH


def test_range_called_normal_counts_and_therapeutic_does_not() -> None:
    normal, therapeutic = (
        {"type": {"coding": [{"code": code}]}, "high": {"value": limit}}
        for code, limit in (("normal", 9), ("therapeutic", 1))
    )
    observation = {
        "valueQuantity": {"value": 5},
        "referenceRange": [normal, therapeutic],
    }

    assert _judged(observation) is Verdict.NORMAL


# --- age ---------------------------------------------------------------------------


def _by_age() -> Json:
    def limits(low: int | None, high: int | None, top: int) -> Json:
        ends = {"low": low, "high": high}
        age = {k: {"value": v, "unit": "a"} for k, v in ends.items() if v is not None}
        return {"age": age, "high": {"value": top}}

    ranges = [limits(None, 12, 10), limits(12, 18, 6), limits(18, None, 3)]
    return {"valueQuantity": {"value": 5}, "referenceRange": ranges}


@pytest.mark.parametrize(
    ("age", "judgement"),
    [
        ("5", Verdict.NORMAL),
        ("15", Verdict.NORMAL),
        ("12.5", Verdict.NORMAL),
        ("40", Verdict.HIGH),
        ("18.2", NotJudged("reference ranges disagree")),
    ],
)
def test_range_of_the_patients_age_is_used(age: str, judgement: Judgement) -> None:
    assert _judged(_by_age(), Decimal(age)) == judgement


def test_unknown_age_leaves_disagreeing_ranges_to_a_person() -> None:
    assert _judged(_by_age()) == NotJudged("reference ranges disagree")


def test_age_in_months_is_not_taken_for_years() -> None:
    months = {"low": {"value": 600, "unit": "mo"}}
    limits = {"age": months, "high": {"value": 3}}
    observation = {"valueQuantity": {"value": 5}, "referenceRange": [limits]}

    assert _judged(observation, Decimal(2)) is Verdict.HIGH


def test_age_is_known_only_from_dates_known_to_the_day() -> None:
    born, year = parse_partial("1980-06-01"), parse_partial("1980")
    then = parse_partial("2020-06-01T10:00:00Z")

    age = age_in_years(born, then)

    assert age is not None and 39 < age < 41
    assert age_in_years(year, then) is None
    assert age_in_years(None, then) is None


# --- in the record -----------------------------------------------------------------


def test_abnormal_results_are_listed_and_normal_ones_counted() -> None:
    low = {**synthetic.laboratory("3.4", "3.5", "5.1"), "issued": "2021-01-01"}
    normal = synthetic.laboratory("4", "3.5", "5.1")

    laboratory = _laboratory(low, normal)

    assert laboratory["normal"] == 1
    assert laboratory["notJudged"] == []
    assert laboratory["abnormal"] == [
        {
            "name": "Synthetic result",
            "status": "final",
            "value": {"value": Decimal("3.4"), "unit": "mg/dL"},
            "referenceRanges": [
                {
                    "low": {"value": Decimal("3.5"), "unit": "mg/dL"},
                    "high": {"value": Decimal("5.1"), "unit": "mg/dL"},
                }
            ],
            "measured": "2021-01-01",
            "source": "Bundle.entry[1].resource",
            "verdict": "low",
        }
    ]


def test_other_categories_are_not_laboratory_results() -> None:
    observation = synthetic.laboratory("9", "1", "2")
    del observation["category"]
    foreign = synthetic.laboratory("9", "1", "2")
    foreign["category"][0]["coding"][0]["system"] = "urn:another-meaning"

    assert _laboratory(observation, foreign)["abnormal"] == []


def test_components_are_judged_each_by_its_own_range() -> None:
    parts = [
        {"code": {"text": "first"}, **_numbers("9", "1", "2")},
        {"code": {"text": "second"}, **_numbers("1", "1", "2")},
    ]
    panel = {**synthetic.laboratory("1", "1", "2"), "component": parts}
    del panel["valueQuantity"]

    laboratory = _laboratory(panel)

    assert [found["name"] for found in laboratory["abnormal"]] == ["first"]
    path = "Bundle.entry[1].resource.component[0]"
    assert laboratory["abnormal"][0]["source"] == path
    assert laboratory["normal"] == 1


def _numbers(value: str, low: str, high: str) -> Json:
    whole = synthetic.laboratory(value, low, high)
    return {name: whole[name] for name in ("valueQuantity", "referenceRange")}


def test_cancelled_result_is_not_judged() -> None:
    observation = {**synthetic.laboratory("9", "1", "2"), "status": "cancelled"}

    assert _laboratory(observation)["notJudged"][0]["reason"] == "no result yet"


def test_word_of_the_laboratory_is_passed_on_beside_the_verdict() -> None:
    observation = {
        **synthetic.laboratory("9", "1", "2"),
        "interpretation": [{"coding": [{"code": "HH"}]}, {}],
    }

    abnormal = _laboratory(observation)["abnormal"]

    assert abnormal[0]["reportedInterpretation"] == ["HH"]
