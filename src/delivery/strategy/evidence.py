"""How much traffic a rehearsal needs, so that an alarm cannot miss a bad version.

Requests arrive in this machine's time, alarms count in the plane's, which runs ``speed``
times as fast. Enough traffic is what makes the first alarm fire on its first chance, with
99 %, while the first step of the shift lasts. Where the machine cannot send so much, the
plane's clock has to run slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from delivery.strategy.assess import Assessment, FunctionAssessment
from delivery.strategy.blast import enough_requests_per_second
from delivery.strategy.model import ErrorAlarm

CERTAIN = 0.99


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the alarm of one function needs during the first step.

    ``share`` of all requests go to the function. ``enough`` is the rate of requests to
    the whole API, in a second of the plane's time.
    """

    function: str
    alarm: ErrorAlarm
    weight: float
    error_rate: float
    share: float
    enough: float

    def fastest_clock(self, rate: float) -> float:
        """Return how fast the plane's clock may run at ``rate`` requests a real second."""
        return rate / self.enough

    def requests_in_a_period(self, rate: float, speed: float) -> float:
        """Return how many requests reach the new version in one of the alarm's periods."""
        seconds = self.alarm.period_seconds / speed
        return rate * seconds * self.share * self.weight

    def sentence(self, rate: float, speed: float) -> str:
        """Say the arithmetic, as people read it."""
        alarm = self.alarm
        requests = self.requests_in_a_period(rate, speed)
        return (
            f"{alarm.name} fires at {alarm.threshold:g} failures in "
            f"{alarm.period_seconds:g} s, {alarm.datapoints_to_alarm} of "
            f"{alarm.evaluation_periods} periods. {rate:g} requests/s here × "
            f"{self.share:.0%} to {self.function} × {self.weight:.0%} to its new version × "
            f"{alarm.period_seconds:g} s / {speed:.3g} (the plane's clock) = "
            f"{requests:.1f} requests in a period, of which {self.error_rate:.0%} fail: "
            f"{requests * self.error_rate:.1f} failures, and "
            f"{CERTAIN:.0%} need {self.needed_failures:.1f}."
        )

    @property
    def needed_failures(self) -> float:
        """Return how many failures a period must have on average."""
        per_function = self.enough * self.share
        seconds = self.alarm.period_seconds
        return per_function * self.weight * seconds * self.error_rate


def find_evidence(
    assessment: Assessment, shares: Mapping[str, float], error_rate: float
) -> Evidence | None:
    """Return what the alarm needs that needs least; None where no alarm can fire.

    ``shares`` are of requests, by the functions' logical ids.
    """
    found = (
        each
        for function in assessment.functions
        for each in _of_function(
            function, shares.get(function.shift.logical_id, 0.0), error_rate
        )
    )
    return min(found, key=lambda each: each.enough, default=None)


def shares_of(
    template: Mapping[str, Any], mix: Mapping[tuple[str, str], float]
) -> dict[str, float]:
    """Return the share of requests to each function, by the API events of a SAM template.

    ``mix`` are shares by method and path.
    """
    total = sum(mix.values())
    shares: dict[str, float] = {}
    for logical_id, resource in template["Resources"].items():
        events = resource.get("Properties", {}).get("Events") or {}
        for route in _routes(events):
            if route in mix:
                more = mix[route] / total
                shares[logical_id] = shares.get(logical_id, 0.0) + more
    return shares


def _of_function(
    function: FunctionAssessment, share: float, error_rate: float
) -> Iterator[Evidence]:
    schedule = function.shift.schedule
    if share <= 0 or not function.shift.enabled:
        return
    if schedule is None or not schedule.stepwise:
        return
    weight = schedule.steps[0].weight
    for alarm in function.counted:
        enough = enough_requests_per_second(
            alarm, weight=weight, error_rate=error_rate, chance=CERTAIN
        )
        if enough is not None:
            yield Evidence(
                function.shift.logical_id,
                alarm,
                weight,
                error_rate,
                share,
                enough / share,
            )


def _routes(events: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for event in events.values():
        properties = event.get("Properties") or {}
        if event.get("Type") in ("Api", "HttpApi"):
            yield str(properties.get("Method")).upper(), str(properties.get("Path"))
