"""The chance that an alarm fires at each moment of a shift."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from delivery.strategy.badness import chance_bad, chance_no_data, least_failures
from delivery.strategy.model import Counts, ErrorAlarm, Schedule, Traffic
from delivery.strategy.periods import Periods
from delivery.strategy.sliding import SlidingCount, number_of_states

# Moments within an interval at which the shift is taken to begin: the middles of equal
# parts. Twelve make the mean over all moments exact to about a tenth of a percent.
PHASES = 12
_MINUTE = 60.0
_MOST_STATES = 5_000

Firing = tuple[float, float]


@lru_cache(maxsize=4096)
def firings(
    schedule: Schedule, alarm: ErrorAlarm, traffic: Traffic
) -> tuple[Firing, ...]:
    """List (seconds after the start, chance) of the alarm being seen first, over phases.

    At 0 seconds stands the chance that it fires already when the shift begins. What is
    seen after the last step is left out: the deployment is over, and nothing listens.
    """
    return tuple(
        (seconds, chance / PHASES)
        for number in range(PHASES)
        for seconds, chance in _firings(
            schedule, alarm, traffic, (number + 0.5) / PHASES
        )
        if chance > 0
    )


def slides(alarm: ErrorAlarm) -> bool:
    """Whether the alarm is followed minute by minute, through windows that overlap.

    Where it is not and its period is longer than a minute, it is followed from one whole
    period to the next: what is predicted is then a little late, and never too good.
    """
    if alarm.period_seconds <= _MINUTE:
        return False
    countable = alarm.counts is Counts.FAILURES and alarm.datapoints_to_alarm == 1
    states = number_of_states(
        minutes=int(alarm.period_seconds // _MINUTE), limit=least_failures(alarm)
    )
    return countable and alarm.missing_data != "breaching" and states <= _MOST_STATES


def expected(
    alarm: ErrorAlarm, traffic: Traffic, *, seconds: float, new_seconds: float
) -> tuple[float, float]:
    """Return the failures and the good requests that the alarm sees on average.

    ``new_seconds`` of ``seconds`` belong, by weight, to the new version.
    """
    old = (seconds - new_seconds) if alarm.sees_old_version else 0.0
    rate, baseline = traffic.requests_per_second, traffic.baseline_error_rate
    failed = rate * (new_seconds * traffic.error_rate + old * baseline)
    return failed, rate * (new_seconds + old) - failed


def _firings(
    schedule: Schedule, alarm: ErrorAlarm, traffic: Traffic, phase: float
) -> Iterator[Firing]:
    """Yield firings where ``phase`` of an interval has passed when the shift begins."""
    chain = _Sliding(alarm, traffic) if slides(alarm) else _Aligned(alarm, traffic)
    yield 0.0, chain.before_the_start()
    boundary = (1.0 - phase) * chain.interval
    while (seen := boundary + traffic.alarm_delay_seconds) < schedule.duration_seconds:
        start = max(0.0, boundary - chain.interval)
        yield seen, chain.add(schedule.weighted_seconds(start, boundary))
        boundary += chain.interval


class _Aligned:
    """From one whole period to the next."""

    def __init__(self, alarm: ErrorAlarm, traffic: Traffic) -> None:
        self._alarm, self._traffic = alarm, traffic
        self.interval = alarm.period_seconds
        self._periods = Periods(
            looked_at=alarm.evaluation_periods,
            needed=alarm.datapoints_to_alarm,
            missing_data=alarm.missing_data,
        )

    def before_the_start(self) -> float:
        """Return the chance of firing when the shift begins, after a time without it."""
        bad, no_data = self._chances(0.0)
        if no_data == 1.0 and self._alarm.missing_data != "breaching":
            return 0.0
        for _ in range(self._periods.remembered):
            self._periods.pass_by(bad, no_data=no_data)
        return self._periods.add(bad, no_data=no_data)

    def add(self, new_seconds: float) -> float:
        """Take one more period; return the chance of firing at its end."""
        bad, no_data = self._chances(new_seconds)
        return self._periods.add(bad, no_data=no_data)

    def _chances(self, new_seconds: float) -> tuple[float, float]:
        failed, good = expected(
            self._alarm, self._traffic, seconds=self.interval, new_seconds=new_seconds
        )
        no_data = chance_no_data(failed, good)
        return min(chance_bad(self._alarm, failed, good), 1.0 - no_data), no_data


class _Sliding:
    """Minute by minute."""

    def __init__(self, alarm: ErrorAlarm, traffic: Traffic) -> None:
        self._alarm, self._traffic = alarm, traffic
        self.interval = _MINUTE
        self._minutes = int(alarm.period_seconds // _MINUTE)
        self._count = SlidingCount(minutes=self._minutes, limit=least_failures(alarm))

    def before_the_start(self) -> float:
        """Return the chance of firing when the shift begins: of one whole window."""
        return sum(self.add(0.0) for _ in range(self._minutes))

    def add(self, new_seconds: float) -> float:
        """Take one more minute; return the chance of firing at its end."""
        failed, _ = expected(
            self._alarm, self._traffic, seconds=_MINUTE, new_seconds=new_seconds
        )
        return self._count.add(failed)
