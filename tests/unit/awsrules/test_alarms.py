"""Alarm states, by the tables of CloudWatch's own page on missing data."""

from __future__ import annotations

import pytest

from awsrules.alarms import AlarmRule, AlarmState, evaluate

OK, ALARM = AlarmState.OK, AlarmState.ALARM
INSUFFICIENT, KEPT = AlarmState.INSUFFICIENT_DATA, None
SETTINGS = ("missing", "ignore", "breaching", "notBreaching")
VALUES = {"0": 0.0, "X": 9.0, "-": None}


def state(
    points: str,
    treat: str,
    *,
    needed: int | None = None,
    periods: int = 3,
    before: AlarmState = OK,
) -> AlarmState:
    rule = AlarmRule(
        threshold=5.0,
        comparison="GreaterThanThreshold",
        evaluation_periods=periods,
        datapoints_to_alarm=needed,
        treat_missing_data=treat,
    )
    return evaluate(rule, [VALUES[point] for point in points.split()], before).state


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
# "Configuring how CloudWatch alarms treat missing data": X is breaching, - is missing.
@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0 - X - X", (OK, OK, OK, OK)),
        ("- - - - 0", (OK, OK, OK, OK)),
        ("- - - - -", (INSUFFICIENT, KEPT, ALARM, OK)),
        ("0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
        ("- - X - -", (ALARM, KEPT, ALARM, OK)),
    ],
)
def test_three_of_three_follows_the_documented_table(
    points: str, expected: tuple[AlarmState | None, ...]
) -> None:
    for treat, wanted in zip(SETTINGS, expected, strict=True):
        for before in AlarmState:
            assert state(points, treat, before=before) == (wanted or before), treat


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
        ("0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
        ("0 - X - -", (OK, OK, ALARM, OK)),
        ("- - - - 0", (OK, OK, ALARM, OK)),
        ("- - - X -", (ALARM, KEPT, ALARM, OK)),
    ],
)
def test_two_of_three_follows_the_documented_table(
    points: str, expected: tuple[AlarmState | None, ...]
) -> None:
    for treat, wanted in zip(SETTINGS, expected, strict=True):
        for before in AlarmState:
            found = state(points, treat, needed=2, before=before)
            assert found == (wanted or before), treat


def test_one_bad_period_is_enough_where_one_is_needed() -> None:
    assert state("- - X", "notBreaching", periods=1) is ALARM
    assert state("- - 0", "notBreaching", periods=1) is OK


@pytest.mark.parametrize(
    ("comparison", "breaching", "fine"),
    [
        ("GreaterThanThreshold", 5.1, 5.0),
        ("GreaterThanOrEqualToThreshold", 5.0, 4.9),
        ("LessThanThreshold", 4.9, 5.0),
        ("LessThanOrEqualToThreshold", 5.0, 5.1),
    ],
)
def test_a_threshold_counts_as_its_comparison_says(
    comparison: str, breaching: float, fine: float
) -> None:
    rule = AlarmRule(threshold=5.0, comparison=comparison)
    assert evaluate(rule, [None, None, breaching], OK).state is ALARM
    assert evaluate(rule, [None, None, fine], ALARM).state is OK


def test_the_reason_counts_the_datapoints() -> None:
    rule = AlarmRule(threshold=1.0, comparison="GreaterThanThreshold")
    assert evaluate(rule, [2.0], OK).reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints were greater than the threshold "
        "(1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
