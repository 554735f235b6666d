"""Predictions hold: they agree with a thousand simulated shifts a cell.

Seeded, so that it passes or fails for good. These cells are of little traffic, to take
seconds; the grid of strategies, rates and error rates is in tests/soak.
"""

from __future__ import annotations

import math
import statistics
from random import Random

import pytest
from agreement import ERRORS, agrees_mean, agrees_share
from simulated_shift import Outcome, simulate

from delivery.strategy.blast import predict
from delivery.strategy.model import Counts, ErrorAlarm, Schedule, Traffic
from delivery.strategy.schedules import custom

pytestmark = pytest.mark.thorough

SHIFTS = 1000
CANARY = custom("Canary", 10, 5)
HALF = custom("Linear", 50, 4)
QUARTERS = custom("Linear", 25, 2)
VERSION = ErrorAlarm("version", 60, 1, 1, 2)
TWICE = ErrorAlarm("twice", 60, 2, 2, 1)
TWO_OF_THREE = ErrorAlarm("two of three", 60, 3, 2, 2, missing_data="missing")
ALIAS = ErrorAlarm("alias", 60, 1, 1, 2, sees_old_version=True)
SHARE = ErrorAlarm(
    "share", 60, 1, 1, 0.1, "GreaterThanThreshold", Counts.RATIO, sees_old_version=True
)
LONG = ErrorAlarm("long", 180, 1, 1, 3)


def traffic(rate: float, errors: float, baseline: float = 0.0) -> Traffic:
    return Traffic(rate, errors, baseline, response_minutes=1.0)


CELLS = [
    (CANARY, VERSION, traffic(0.4, 0.5)),
    (CANARY, TWO_OF_THREE, traffic(0.3, 0.9)),
    (HALF, ALIAS, traffic(0.2, 0.3, 0.01)),
    (HALF, SHARE, traffic(0.2, 0.3, 0.01)),
    (QUARTERS, TWICE, traffic(0.3, 0.3)),
    (QUARTERS, LONG, traffic(0.3, 0.1)),
]


def _name(cell: object) -> str:
    return str(getattr(cell, "name", "") or getattr(cell, "requests_per_second", ""))


@pytest.mark.parametrize(("schedule", "alarm", "asked"), CELLS, ids=_name)
def test_prediction_agrees_with_simulated_shifts(
    schedule: Schedule, alarm: ErrorAlarm, asked: Traffic
) -> None:
    random = Random(f"{schedule.name} {alarm.name} {asked}")
    runs = [simulate(schedule, alarm, asked, random) for _ in range(SHIFTS)]
    predicted = predict(schedule, (alarm,), asked)
    caught = [run.seconds / 60 for run in runs if run.seconds is not None]
    assert agrees_share(predicted.detected, len(caught) / SHIFTS, SHIFTS)
    assert agrees_mean(predicted.requests_exposed, [run.exposed for run in runs])
    assert agrees_mean(predicted.requests_failed, [run.failed for run in runs])
    assert predicted.minutes_to_detection is not None
    assert agrees_mean(predicted.minutes_to_detection, caught)


@pytest.mark.parametrize(
    ("schedule", "alarm", "baseline"),
    [(CANARY, ALIAS, 0.05), (QUARTERS, VERSION, 0.1)],
    ids=_name,
)
def test_false_stops_of_a_good_release_agree(
    schedule: Schedule, alarm: ErrorAlarm, baseline: float
) -> None:
    good = traffic(0.2, baseline, baseline)
    random = Random(f"good {schedule.name} {alarm.name}")
    runs = [simulate(schedule, alarm, good, random) for _ in range(SHIFTS)]
    stopped = sum(run.seconds is not None for run in runs)
    predicted = predict(schedule, (alarm,), traffic(0.2, 0.5, baseline))
    assert agrees_share(predicted.false_abort, stopped / SHIFTS, SHIFTS)


def test_an_alarm_followed_from_period_to_period_is_never_predicted_too_good() -> None:
    # Two periods of two minutes, at every minute: more windows than are followed.
    alarm = ErrorAlarm("long twice", 120, 2, 2, 2)
    schedule, asked = custom("Canary", 25, 8), traffic(0.2, 0.3)
    random = Random(7)
    runs = [simulate(schedule, alarm, asked, random) for _ in range(SHIFTS)]
    stopped = sum(run.seconds is not None for run in runs) / SHIFTS
    predicted = predict(schedule, (alarm,), asked)
    exposed = [run.exposed for run in runs]
    slack = ERRORS / math.sqrt(SHIFTS)
    assert predicted.detected <= stopped + slack * 0.5
    assert predicted.requests_exposed >= (
        statistics.fmean(exposed) - slack * statistics.stdev(exposed)
    )


def test_the_chance_that_a_canary_sees_nothing_agrees() -> None:
    asked = traffic(0.05, 0.3)
    random = Random(11)
    runs = [_first_step(asked, random) for _ in range(SHIFTS)]
    predicted = predict(CANARY, (VERSION,), asked)
    none, no_failure = (
        predicted.canary_sees_no_request,
        predicted.canary_sees_no_failure,
    )
    assert none is not None and no_failure is not None
    assert agrees_share(none, sum(run.exposed == 0 for run in runs) / SHIFTS, SHIFTS)
    assert agrees_share(
        no_failure, sum(run.failed == 0 for run in runs) / SHIFTS, SHIFTS
    )


def _first_step(asked: Traffic, random: Random) -> Outcome:
    """Simulate the five minutes of the canary's first step, and nothing after."""
    never = ErrorAlarm("never", 60, 1, 1, 1e9)
    only = Traffic(asked.requests_per_second, asked.error_rate, response_minutes=0.0)
    return simulate(CANARY, never, only, random)
