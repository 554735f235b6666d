"""Which of a function's alarms notice failing requests, and how they count them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from awsrules.metric_math import BadExpression
from delivery.strategy.badness import are_bad
from delivery.strategy.emitters import Sight
from delivery.strategy.liveness import Liveness
from delivery.strategy.model import Alarm, Counts, ErrorAlarm, Metric

_SIGHTS_OF_FAILURES = {Sight.NEW_VERSION, Sight.ALIAS, Sight.FUNCTION, Sight.API}
_FAILURES = {
    ("AWS/Lambda", "Errors"),
    ("AWS/ApiGateway", "5XXError"),
    ("AWS/ApiGateway", "5xx"),
}
_REQUESTS = {("AWS/Lambda", "Invocations"), ("AWS/ApiGateway", "Count")}
_GREATER = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold")
# An aggregate over the time of one metric, instead of over several metrics.
_OVER_TIME = re.compile(r"\b(SUM|AVG|MIN|MAX)\s*\(\s*(?!\[|METRICS)", re.IGNORECASE)
# More evaluation periods than this have too many patterns to follow.
_MOST_PERIODS = 12


@dataclass(frozen=True, slots=True)
class NotCounted:
    """An alarm that a prediction leaves out, and why."""

    name: str
    reason: str


def as_error_alarm(live: Liveness) -> ErrorAlarm | NotCounted:
    """Turn an alarm into what a prediction needs, or say why it is left out."""
    alarm = live.alarm
    reason = _left_out(live)
    if reason:
        return NotCounted(alarm.logical_id, reason)
    counted = _counted(alarm, sees_old=not live.sees_new_version_alone)
    if counted is None:
        return NotCounted(alarm.logical_id, "it does not count failing requests")
    return counted


def _left_out(live: Liveness) -> str:
    alarm = live.alarm
    if not live.can_fire:
        return "it cannot fire during the shift"
    if alarm.comparison not in _GREATER:
        return "it fires when a metric falls"
    if any(each.sight not in _SIGHTS_OF_FAILURES for each in live.emissions):
        return "it does not count failing requests"
    if len({each.sight for each in live.emissions}) > 1:
        return "it mixes metrics of different requests"
    few = alarm.datapoints_to_alarm < alarm.evaluation_periods
    if few and alarm.evaluation_periods > _MOST_PERIODS:
        return f"it looks at more than {_MOST_PERIODS} periods"
    return ""


def _counted(alarm: Alarm, *, sees_old: bool) -> ErrorAlarm | None:
    if alarm.expression:
        return _by_expression(alarm, sees_old=sees_old)
    (metric,) = alarm.metrics[:1]
    counts = _counts_of(metric)
    if counts is None:
        return None
    return _error_alarm(alarm, counts, sees_old=sees_old)


def _counts_of(metric: Metric) -> Counts | None:
    """Each request is a datum of 0 or 1: the sum counts failures, the mean is a ratio."""
    if (metric.namespace, metric.name) not in _FAILURES:
        return None
    return {"Sum": Counts.FAILURES, "Average": Counts.RATIO}.get(metric.statistic)


def _by_expression(alarm: Alarm, *, sees_old: bool) -> ErrorAlarm | None:
    """Take an expression over failures and requests that grows with failures alone."""
    failures = _ids(alarm, _FAILURES, ("Sum",))
    requests = _ids(alarm, _REQUESTS, ("Sum", "SampleCount"))
    if len(failures) + len(requests) < len(alarm.metrics) or not failures:
        return None
    if _OVER_TIME.search(alarm.expression):
        return None
    made = _error_alarm(
        alarm,
        Counts.EXPRESSION,
        sees_old=sees_old,
        failures=failures,
        requests=requests,
    )
    return made if _falls_with_good_requests(made) else None


def _ids(
    alarm: Alarm, wanted: set[tuple[str, str]], statistics: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(
        metric.id
        for metric in alarm.metrics
        if (metric.namespace, metric.name) in wanted and metric.statistic in statistics
    )


def _falls_with_good_requests(alarm: ErrorAlarm) -> bool:
    """Whether more good requests never make a period bad, and none failing never do."""
    good = (0, 1, 2, 5, 10, 100, 1000, 100_000)
    try:
        rows = [
            are_bad(alarm, tuple((failed, each) for each in good))
            for failed in (0, 1, 2, 5, 50, 1000)
        ]
    except BadExpression:
        return False
    return not any(rows[0]) and all(row == sorted(row, reverse=True) for row in rows)


def _error_alarm(
    alarm: Alarm,
    counts: Counts,
    *,
    sees_old: bool,
    failures: tuple[str, ...] = (),
    requests: tuple[str, ...] = (),
) -> ErrorAlarm:
    return ErrorAlarm(
        name=alarm.logical_id,
        period_seconds=alarm.period_seconds,
        evaluation_periods=alarm.evaluation_periods,
        datapoints_to_alarm=alarm.datapoints_to_alarm,
        threshold=alarm.threshold,
        comparison=alarm.comparison,
        counts=counts,
        expression=alarm.expression,
        failures=failures,
        requests=requests,
        sees_old_version=sees_old,
        missing_data=alarm.missing_data,
    )
