"""Predictions: what must hold of them, whatever the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.strategy.blast import enough_requests_per_second, predict
from delivery.strategy.firing import firings, slides
from delivery.strategy.model import Counts, ErrorAlarm, Schedule, Traffic
from delivery.strategy.schedules import all_predefined, custom, predefined

pytestmark = pytest.mark.thorough

VERSION = ErrorAlarm("version", 60, 1, 1, 3)
ALIAS = replace(VERSION, name="alias", sees_old_version=True)
CANARY = custom("Canary", 10, 5)

RATES = st.floats(0.01, 200.0)
SHARES = st.floats(0.0, 1.0)
# The longest takes longest to follow, and behaves as the others.
SCHEDULES = st.sampled_from(all_predefined()[:-1])


@settings(max_examples=15, deadline=None)
@given(SCHEDULES, RATES, SHARES, st.floats(0.0, 0.05))
def test_chances_are_chances_and_more_are_exposed_than_fail(
    schedule: Schedule, rate: float, errors: float, baseline: float
) -> None:
    found = predict(schedule, (VERSION, ALIAS), Traffic(rate, errors, baseline))
    assert 0 <= found.detected <= 1
    assert 0 <= found.false_abort <= 1
    assert 0 <= found.requests_failed <= found.requests_exposed
    whole = schedule.duration_seconds + 30 * 60
    assert found.requests_exposed <= rate * whole + 1e-6
    assert found.minutes_to_recovery <= whole / 60 + 1e-6


@settings(max_examples=15, deadline=None)
@given(SCHEDULES, RATES, st.floats(0.001, 0.9))
def test_a_worse_release_is_stopped_at_least_as_surely(
    schedule: Schedule, rate: float, errors: float
) -> None:
    bad = predict(schedule, (VERSION,), Traffic(rate, errors))
    worse = predict(schedule, (VERSION,), Traffic(rate, errors * 1.1))
    assert worse.detected >= bad.detected - 1e-9


@settings(max_examples=10, deadline=None)
@given(SCHEDULES, RATES, SHARES)
def test_one_more_alarm_never_makes_detection_less_likely(
    schedule: Schedule, rate: float, errors: float
) -> None:
    asked = Traffic(rate, errors, 0.001)
    alone = predict(schedule, (VERSION,), asked)
    both = predict(schedule, (VERSION, ALIAS), asked)
    assert both.detected >= alone.detected - 1e-9


def test_all_at_once_is_over_before_an_alarm_is_seen() -> None:
    found = predict(custom_all_at_once(), (VERSION,), Traffic(10, 0.5))
    assert found.detected == 0
    assert found.canary_requests is None
    assert found.minutes_to_detection is None
    assert found.requests_exposed == pytest.approx(10 * 30 * 60)


def test_without_an_alarm_a_person_recovers() -> None:
    found = predict(CANARY, (), Traffic(1, 0.5, response_minutes=10))
    assert found.alarm == ""
    assert found.detected == 0
    assert found.minutes_to_recovery == pytest.approx(15)
    # A tenth for five minutes, then all for ten.
    assert found.requests_exposed == pytest.approx(30 + 600)


def test_a_certain_alarm_is_seen_after_its_first_whole_period() -> None:
    # A thousand a second: the first period is bad, however little of it is left.
    found = predict(CANARY, (VERSION,), Traffic(1000, 1.0))
    assert found.detected == pytest.approx(1.0)
    # Half a minute of the period on average, and a minute until it is seen.
    assert found.minutes_to_detection == pytest.approx(1.5, abs=0.01)
    assert found.minutes_to_recovery == pytest.approx(1.5 + 5 / 60, abs=0.01)


def test_an_alarm_seen_after_the_last_step_is_too_late() -> None:
    slow = Traffic(1000, 1.0, alarm_delay_seconds=600)
    assert predict(CANARY, (VERSION,), slow).detected == 0


def test_an_alarm_that_fires_at_the_baseline_stops_every_release() -> None:
    found = predict(CANARY, (ALIAS,), Traffic(100, 0.5, 0.01))
    assert found.false_abort == pytest.approx(1.0)
    assert found.minutes_to_recovery == pytest.approx(0.0, abs=1e-6)


def test_missing_data_as_bad_fires_before_the_first_request() -> None:
    eager = replace(VERSION, missing_data="breaching")
    assert predict(CANARY, (eager,), Traffic(1, 0.1)).false_abort == 1.0


def test_an_alarm_on_a_share_is_not_set_off_by_traffic_alone() -> None:
    share = replace(ALIAS, threshold=0.1, counts=Counts.RATIO)
    quiet = predict(CANARY, (share,), Traffic(0.5, 0.5, 0.01)).false_abort
    busy = predict(CANARY, (share,), Traffic(10, 0.5, 0.01)).false_abort
    assert busy < 1e-6 < quiet < 0.1


def test_an_expression_of_a_share_is_the_share() -> None:
    share = replace(VERSION, threshold=0.05, counts=Counts.RATIO)
    expression = replace(
        share,
        counts=Counts.EXPRESSION,
        threshold=5,
        expression="100 * e / i",
        failures=("e",),
        requests=("i",),
    )
    asked = Traffic(1, 0.1)
    assert predict(CANARY, (expression,), asked).detected == pytest.approx(
        predict(CANARY, (share,), asked).detected, abs=1e-9
    )


@pytest.mark.parametrize(
    ("alarm", "sliding"),
    [
        (VERSION, False),
        (replace(VERSION, period_seconds=300), True),
        (replace(VERSION, period_seconds=300, missing_data="breaching"), False),
        (replace(VERSION, period_seconds=900, threshold=100), False),
        (
            replace(
                VERSION, period_seconds=300, evaluation_periods=2, datapoints_to_alarm=2
            ),
            False,
        ),
    ],
)
def test_long_periods_are_followed_by_the_minute_where_that_is_feasible(
    alarm: ErrorAlarm, sliding: bool
) -> None:
    assert slides(alarm) is sliding


def test_firings_of_all_phases_add_up_to_at_most_one() -> None:
    found = firings(CANARY, VERSION, Traffic(5, 0.2))
    assert sum(chance for _, chance in found) <= 1.0
    assert all(seconds < CANARY.duration_seconds for seconds, _ in found)


@pytest.mark.parametrize("alarm", [VERSION, ALIAS])
def test_enough_traffic_makes_the_first_period_bad_nearly_always(
    alarm: ErrorAlarm,
) -> None:
    rate = enough_requests_per_second(alarm, weight=0.1, error_rate=0.3)
    # P(Poisson(m) >= 3) = 0.99 at m = 8.406; a tenth of a minute at 30 %.
    assert rate == pytest.approx(8.406 / (0.1 * 60 * 0.3), rel=1e-3)


def test_no_traffic_is_enough_below_the_alarms_threshold() -> None:
    share = replace(VERSION, threshold=0.5, counts=Counts.RATIO)
    assert enough_requests_per_second(share, weight=0.1, error_rate=0.1) is None


def test_a_schedules_weights_are_integrated() -> None:
    linear = custom("Linear", 50, 1)
    assert linear.weighted_seconds(0, 60) == pytest.approx(30)
    assert linear.weighted_seconds(30, 120) == pytest.approx(15 + 60)
    assert linear.weighted_seconds(-60, 0) == 0


def test_names_of_codedeploy_and_of_sam_are_both_known() -> None:
    assert predefined("CodeDeployDefault.LambdaAllAtOnce") == custom_all_at_once()
    assert predefined("Canary10Percent5Minutes") == CANARY
    assert predefined("Canary20Percent5Minutes") is None
    assert custom("Linear", 10, 1).name == "Linear10PercentEvery1Minute"


def custom_all_at_once() -> Schedule:
    found = predefined("AllAtOnce")
    assert found is not None
    return found
