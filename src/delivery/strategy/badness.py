"""The chance that one period of an alarm is bad, from the requests expected in it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from awsrules.alarms import AlarmRule
from awsrules.metric_math import compute
from delivery.strategy.chances import at_least, exactly, in_reach, none_at_mean
from delivery.strategy.model import Counts, ErrorAlarm

# More good requests in a period than this are as good as without end.
_ENDLESS = 1 << 26
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=50_000)
def chance_bad(alarm: ErrorAlarm, failed: float, good: float) -> float:
    """Return the chance of a bad period, of expected failures and good requests.

    Both counts are Poisson and independent. A count of failures needs only its own
    chance. Else for each number of failures there is a border, the least number of good
    requests with which the period is good, and the chance is the sum over failures of
    P(F = f) P(G < border of f).
    """
    if alarm.counts is Counts.FAILURES:
        return at_least(least_failures(alarm), failed)
    reach = in_reach(failed)
    borders = _borders(alarm, reach.stop)
    return math.fsum(
        exactly(count, failed) * (1.0 - at_least(borders[count], good))
        for count in reach
        if borders[count] > 0
    )


def chance_no_data(failed: float, good: float) -> float:
    """Return the chance of no request at all, where metrics have no datapoint."""
    return none_at_mean(failed + good)


def least_failures(alarm: ErrorAlarm) -> int:
    """Return the least number of failures that makes a period bad."""
    if alarm.comparison == "GreaterThanThreshold":
        return math.floor(alarm.threshold) + 1
    return math.ceil(alarm.threshold)


def _borders(alarm: ErrorAlarm, failures: int) -> tuple[int, ...]:
    """Return the borders of 0 to at least ``failures - 1`` failures."""
    # A power of two, so that few lengths are ever computed and kept.
    return _borders_to(alarm, 1 << max(6, failures.bit_length()))


@lru_cache(maxsize=256)
def _borders_to(alarm: ErrorAlarm, failures: int) -> tuple[int, ...]:
    """Halve the interval of good requests until the border is left, all in step."""
    low = [0] * failures
    high = [_ENDLESS] * failures
    while any(h > b for h, b in zip(high, low, strict=True)):
        middle = [(h + b) // 2 for h, b in zip(high, low, strict=True)]
        bad = are_bad(alarm, tuple(enumerate(middle)))
        low = [
            m + 1 if is_bad else b
            for m, is_bad, b in zip(middle, bad, low, strict=True)
        ]
        high = [
            h if is_bad else m for m, is_bad, h in zip(middle, bad, high, strict=True)
        ]
    return tuple(low)


def are_bad(alarm: ErrorAlarm, periods: tuple[tuple[int, int], ...]) -> list[bool]:
    """Say of periods, each (failures, good requests), whether they are bad.

    A period without requests has no datapoint, and is not.
    """
    rule = AlarmRule(alarm.threshold, alarm.comparison)
    values = _values(alarm, periods)
    return [value is not None and rule.breaches(value) for value in values]


def _values(
    alarm: ErrorAlarm, periods: tuple[tuple[int, int], ...]
) -> list[float | None]:
    match alarm.counts:
        case Counts.FAILURES:
            return [float(f) if f + g else None for f, g in periods]
        case Counts.RATIO:
            return [f / (f + g) if f + g else None for f, g in periods]
        case Counts.EXPRESSION:
            return _expression_values(alarm, periods)


def _expression_values(
    alarm: ErrorAlarm, periods: tuple[tuple[int, int], ...]
) -> list[float | None]:
    """Evaluate the alarm's expression, each of ``periods`` at a time of its own."""
    times = [_EPOCH + timedelta(minutes=number) for number in range(len(periods))]
    with_data = [
        (time, failed, good)
        for time, (failed, good) in zip(times, periods, strict=True)
        if failed + good
    ]
    failures = {time: float(failed) for time, failed, _ in with_data}
    requests = {time: float(failed + good) for time, failed, good in with_data}
    series = dict.fromkeys(alarm.failures, failures)
    result = compute(alarm.expression, series | dict.fromkeys(alarm.requests, requests))
    return [result.get(time) for time in times]
