"""A traffic shift request by request, on a clock of its own.

It shares nothing with the predictions but the alarm's rule: requests arrive one by one,
each is sent to a version and fails or not, metrics are added up by the minute, and the
alarm is evaluated at every minute over its own periods, as CloudWatch does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from awsrules.alarms import AlarmRule, AlarmState, evaluate
from delivery.strategy.model import Counts, ErrorAlarm, Schedule, Traffic

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one simulated shift went; ``seconds`` is when an alarm was seen, or None."""

    seconds: float | None
    exposed: int
    failed: int


@dataclass(slots=True)
class _Minutes:
    """Requests and failures that the alarm counts, by minute of the wall clock."""

    requests: dict[int, int] = field(default_factory=dict)
    failures: dict[int, int] = field(default_factory=dict)

    def add(self, minute: int, *, failed: bool) -> None:
        self.requests[minute] = self.requests.get(minute, 0) + 1
        if failed:
            self.failures[minute] = self.failures.get(minute, 0) + 1


def simulate(
    schedule: Schedule, alarm: ErrorAlarm, traffic: Traffic, random: Random
) -> Outcome:
    """Run one shift, and before it as long as the alarm remembers."""
    return _Run(schedule, alarm, traffic, random).outcome()


class _Run:
    def __init__(
        self, schedule: Schedule, alarm: ErrorAlarm, traffic: Traffic, random: Random
    ) -> None:
        self._schedule, self._alarm = schedule, alarm
        self._traffic, self._random = traffic, random
        self._rule = AlarmRule(
            alarm.threshold,
            alarm.comparison,
            alarm.evaluation_periods,
            alarm.datapoints_to_alarm,
            alarm.missing_data,
        )
        self._length = int(alarm.period_seconds // _MINUTE)
        self._memory = self._rule.range_periods * self._length
        self._minutes = _Minutes()
        # The wall clock's minutes begin `offset` seconds before the shift.
        self._offset = random.random() * _MINUTE

    def outcome(self) -> Outcome:
        seen, exposed, failed = None, 0, 0
        # What the old version did before counts where the alarm sees it.
        before = self._memory if self._alarm.sees_old_version else 0
        now = -before * _MINUTE - self._offset
        minute = math.floor((now + self._offset) / _MINUTE)
        end = self._schedule.duration_seconds + self._traffic.response_minutes * 60
        while now < end:
            now += self._random.expovariate(self._traffic.requests_per_second)
            while seen is None and (minute + 1) * _MINUTE - self._offset <= now:
                minute += 1
                seen, end = self._look(minute, end)
            if now >= end:
                break
            new, bad = self._serve(now)
            exposed += new
            failed += new and bad
        return Outcome(seen, exposed, failed)

    def _serve(self, now: float) -> tuple[bool, bool]:
        new = self._random.random() < _weight(self._schedule, now)
        traffic = self._traffic
        rate = traffic.error_rate if new else traffic.baseline_error_rate
        bad = self._random.random() < rate
        if new or self._alarm.sees_old_version:
            minute = math.floor((now + self._offset) / _MINUTE)
            self._minutes.add(minute, failed=bad)
        return new, bad

    def _look(self, minute: int, end: float) -> tuple[float | None, float]:
        """Evaluate at the beginning of ``minute``; return when it is seen, and the end."""
        boundary = minute * _MINUTE - self._offset
        started = boundary > 0
        at_start = boundary <= 0 < boundary + _MINUTE
        seen = boundary + self._traffic.alarm_delay_seconds if started else 0.0
        too_late = started and seen >= self._schedule.duration_seconds
        if not (started or at_start) or too_late or not self._fires(minute):
            return None, end
        return seen, seen + (self._traffic.return_seconds if started else 0.0)

    def _fires(self, minute: int) -> bool:
        starts = range(minute - self._memory, minute, self._length)
        values = [self._value(start) for start in starts]
        state = evaluate(self._rule, values, AlarmState.OK).state
        return state is AlarmState.ALARM

    def _value(self, start: int) -> float | None:
        minutes = range(start, start + self._length)
        requests = sum(self._minutes.requests.get(each, 0) for each in minutes)
        failures = sum(self._minutes.failures.get(each, 0) for each in minutes)
        if not requests:
            return None
        ratio = self._alarm.counts is Counts.RATIO
        return failures / requests if ratio else float(failures)


def _weight(schedule: Schedule, now: float) -> float:
    weights = [step.weight for step in schedule.steps if step.at_seconds <= now]
    return weights[-1] if weights else 0.0
