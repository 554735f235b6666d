"""Whether an alarm can fire while a shift is under way, and what keeps it from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from delivery.strategy.emitters import Emission, Sight, who_emits
from delivery.strategy.model import (
    ALARM_DELAY_SECONDS,
    Alarm,
    FunctionShift,
    Severity,
    ShiftFinding,
)
from delivery.strategy.names import Names


@dataclass(frozen=True, slots=True)
class Liveness:
    """One alarm in one function's shift: what it sees, and what is wrong with it."""

    alarm: Alarm
    function: str
    emissions: tuple[Emission, ...]
    findings: tuple[ShiftFinding, ...]

    @property
    def can_fire(self) -> bool:
        """Whether nothing is known that keeps it from firing in time."""
        errors = (f for f in self.findings if f.severity is Severity.ERROR)
        return bool(self.alarm.metrics) and not any(errors)

    @property
    def sees_new_version_alone(self) -> bool:
        """Whether no request to the old version counts."""
        return bool(self.emissions) and all(
            each.sight is Sight.NEW_VERSION for each in self.emissions
        )


def examine(alarm: Alarm, shift: FunctionShift, names: Names) -> Liveness:
    """Examine one alarm that a function's deployment watches."""
    emissions = tuple(who_emits(metric, names) for metric in alarm.metrics)
    findings = (
        *_outside(alarm),
        *_not_emitted(alarm, emissions),
        *_about_another(alarm, shift, emissions),
        *_masked(alarm, emissions),
        *_too_slow(alarm, shift),
    )
    return Liveness(alarm, shift.logical_id, emissions, findings)


def _outside(alarm: Alarm) -> Iterator[ShiftFinding]:
    if alarm.expression and not alarm.metrics:
        yield _finding(
            alarm,
            "alarm-unproven",
            "cannot be proven to have data: its expression finds its metrics itself.",
            "See in CloudWatch that the expression has values.",
            Severity.WARNING,
        )
    elif not alarm.metrics:
        yield _finding(
            alarm,
            "alarm-outside-template",
            "is not an alarm of this template, so that nothing can be said of it.",
            "Define it in the template, or see yourself that it can fire.",
            Severity.WARNING,
        )


def _not_emitted(
    alarm: Alarm, emissions: tuple[Emission, ...]
) -> Iterator[ShiftFinding]:
    for metric, emission in zip(alarm.metrics, emissions, strict=True):
        named = f"{metric.namespace} {metric.name}"
        if not emission.emitted:
            yield _finding(
                alarm,
                "alarm-not-emitted",
                f"never has data: {named}: {emission.reason}.",
                "Use a metric and the set of dimensions that AWS emits for what the "
                "template makes.",
            )
        elif emission.sight is Sight.UNKNOWN:
            yield _finding(
                alarm,
                "alarm-unproven",
                f"cannot be proven to have data: {named}: {emission.reason}.",
                "See in CloudWatch that the metric exists with these dimensions.",
                Severity.WARNING,
            )


def _about_another(
    alarm: Alarm, shift: FunctionShift, emissions: tuple[Emission, ...]
) -> Iterator[ShiftFinding]:
    for other in sorted({each.function for each in emissions if each.function}):
        if other != shift.logical_id:
            yield _finding(
                alarm,
                "alarm-of-another-function",
                f"is about {other} and stops the shift of {shift.logical_id}.",
                f"Watch it where {other} shifts.",
                Severity.WARNING,
            )


def _masked(alarm: Alarm, emissions: tuple[Emission, ...]) -> Iterator[ShiftFinding]:
    """Say where the treatment of missing data hides trouble, or invents it.

    Lambda and API Gateway emit a zero for each request that succeeds, so that no data
    means no requests. That is not so where the absence of something is the trouble, and
    where a function's own code emits: a version that dies before it gets there is silent.
    """
    silent_is_good = alarm.missing_data in ("notBreaching", "ignore")
    if silent_is_good and alarm.comparison.startswith("LessThan"):
        yield _finding(
            alarm,
            "alarm-missing-data-masks",
            f"fires when a metric falls, and treats its absence as "
            f"{alarm.missing_data}: with no data at all it stays quiet.",
            "Set TreatMissingData to breaching.",
        )
    elif silent_is_good and any(each.by_own_code for each in emissions):
        yield _finding(
            alarm,
            "alarm-missing-data-masks",
            "reads what the function's own code emits, and treats missing data as "
            f"{alarm.missing_data}: a version that dies before it emits is silent.",
            "Watch AWS/Lambda Errors of the version too.",
            Severity.WARNING,
        )
    if alarm.missing_data == "breaching" and _silent_before(emissions):
        yield _finding(
            alarm,
            "alarm-fires-without-traffic",
            "treats missing data as breaching, and the new version has none before its "
            "first request: it fires when the shift begins, and stops every release.",
            "Set TreatMissingData to notBreaching.",
        )


def _silent_before(emissions: tuple[Emission, ...]) -> bool:
    return any(each.sight is Sight.NEW_VERSION for each in emissions)


def _too_slow(alarm: Alarm, shift: FunctionShift) -> Iterator[ShiftFinding]:
    schedule = shift.schedule
    if schedule is None or not alarm.metrics or not schedule.stepwise:
        return
    window, fastest = schedule.duration_seconds, alarm.fastest_seconds
    needs = (
        f"needs {_minutes(fastest)} of evidence ({alarm.datapoints_to_alarm} × "
        f"{_minutes(alarm.period_seconds)})"
    )
    if fastest >= window:
        yield _finding(
            alarm,
            "alarm-too-slow",
            f"{needs}; {schedule.name} is over after {_minutes(window)}.",
            "Use fewer or shorter periods, or a longer shift.",
        )
    # A period under way when the shift begins does not count in full.
    elif fastest + alarm.period_seconds + ALARM_DELAY_SECONDS > window:
        yield _finding(
            alarm,
            "alarm-hardly-in-time",
            f"{needs}, and up to {_minutes(alarm.period_seconds + ALARM_DELAY_SECONDS)} "
            f"pass besides; {schedule.name} is over after {_minutes(window)}.",
            "Use fewer or shorter periods, or a longer shift.",
            Severity.WARNING,
        )


def _minutes(seconds: float) -> str:
    if seconds % 60:
        return f"{seconds:g} seconds"
    return "1 minute" if seconds == 60 else f"{seconds / 60:g} minutes"


def _finding(
    alarm: Alarm,
    rule: str,
    says: str,
    next_step: str,
    severity: Severity = Severity.ERROR,
) -> ShiftFinding:
    return ShiftFinding(
        rule=rule,
        severity=severity,
        logical_id=alarm.logical_id,
        message=f"Alarm {alarm.logical_id} {says}",
        next_step=next_step,
        line=alarm.line,
    )
