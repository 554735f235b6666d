"""Data of traffic shifting: schedules, alarms, what is expected, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from awsrules.shifts import Step

# Assumptions about what AWS does not promise, in one place.
ALARM_DELAY_SECONDS = 60.0
RETURN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps of a shift, in order; the first is at 0, the last has weight 1."""

    name: str
    steps: tuple[Step, ...]

    @property
    def duration_seconds(self) -> float:
        """Time from the first step to the last: both versions serve, alarms watch."""
        return self.steps[-1].at_seconds

    @property
    def stepwise(self) -> bool:
        """Whether both versions serve for a while, so that an alarm can compare."""
        return len(self.steps) > 1

    def weighted_seconds(self, start: float, end: float) -> float:
        """Return the integral of the new version's weight from ``start`` to ``end``."""
        ends = [step.at_seconds for step in self.steps[1:]] + [max(end, 0.0)]
        return sum(
            step.weight * max(0.0, min(end, until) - max(start, step.at_seconds))
            for step, until in zip(self.steps, ends, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a prediction is for: one function's traffic, a bad release, its surroundings.

    ``error_rate`` is the share of requests that fail in the new version,
    ``baseline_error_rate`` in the old one and in a good release. After the shift a
    person takes a bad release back within ``response_minutes``.
    """

    requests_per_second: float
    error_rate: float
    baseline_error_rate: float = 0.0
    response_minutes: float = 30.0
    alarm_delay_seconds: float = ALARM_DELAY_SECONDS
    return_seconds: float = RETURN_SECONDS


class Counts(StrEnum):
    """What of a period's requests an alarm compares with its threshold."""

    FAILURES = "failures"
    RATIO = "ratio"
    EXPRESSION = "expression"


@dataclass(frozen=True, slots=True)
class ErrorAlarm:
    """An alarm on failing requests, as far as a prediction needs it.

    A ratio is of failures to requests, from 0 to 1. Of an expression, ``failures`` and
    ``requests`` are the ids under which it reads those. ``sees_old_version`` is False
    for an alarm on the new version alone.
    """

    name: str
    period_seconds: float
    evaluation_periods: int
    datapoints_to_alarm: int
    threshold: float
    comparison: str = "GreaterThanOrEqualToThreshold"
    counts: Counts = Counts.FAILURES
    expression: str = ""
    failures: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    sees_old_version: bool = False
    missing_data: str = "notBreaching"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a bad release does under one schedule, in means and chances.

    ``canary_…`` are of the first step, and None where there is one step only.
    ``detected`` is the chance that an alarm stops the shift; ``minutes_to_detection``
    is the mean where it does. ``minutes_to_recovery`` and the requests are means over
    all cases, a person's recovery after the shift among them. ``seen`` are the moments
    at which the alarm may be seen, in seconds, each with its chance.
    """

    schedule: Schedule
    alarm: str
    canary_requests: float | None
    canary_sees_no_request: float | None
    canary_sees_no_failure: float | None
    detected: float
    minutes_to_detection: float | None
    minutes_to_recovery: float
    requests_exposed: float
    requests_failed: float
    false_abort: float
    seen: tuple[tuple[float, float], ...] = ()


class Severity(StrEnum):
    """What a finding means to a release."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class ShiftFinding:
    """One thing about a shift that would not work, or that nobody can know.

    ``line`` is where in the template, from 1; ``next_step`` says what to do.
    """

    rule: str
    severity: Severity
    logical_id: str
    message: str
    next_step: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric that an alarm reads."""

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]
    period_seconds: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of the template, or one that is only named (``metrics`` is empty)."""

    logical_id: str
    metrics: tuple[Metric, ...] = ()
    expression: str = ""
    evaluation_periods: int = 1
    datapoints_to_alarm: int = 1
    threshold: float = 0.0
    comparison: str = ""
    missing_data: str = "missing"
    acts: bool = False
    line: int | None = None

    @property
    def period_seconds(self) -> int:
        """The period in seconds: of several metrics the longest."""
        return max((metric.period_seconds for metric in self.metrics), default=60)

    @property
    def fastest_seconds(self) -> int:
        """The least time of evidence that it needs to fire."""
        return self.period_seconds * self.datapoints_to_alarm


@dataclass(frozen=True, slots=True)
class FunctionShift:
    """How one function's alias moves to a new version.

    ``kind`` is the configuration's name as the template gives it; ``schedule`` is None
    where it cannot be known from the template, and ``problem`` then says why.
    ``alarms`` and ``hooks`` are logical ids, or names where the template has none.
    """

    logical_id: str
    name: str
    alias: str
    enabled: bool
    kind: str
    schedule: Schedule | None
    alarms: tuple[str, ...]
    hooks: tuple[str, ...]
    problem: str = ""
    line: int | None = None
