"""What one environment's shifts do: alarms that can fire, and predictions to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from delivery.strategy.blast import enough_requests_per_second, predict
from delivery.strategy.findings import examine_alarms, findings_of
from delivery.strategy.liveness import Liveness
from delivery.strategy.model import (
    ErrorAlarm,
    FunctionShift,
    Prediction,
    Schedule,
    ShiftFinding,
    Traffic,
)
from delivery.strategy.names import Names
from delivery.strategy.read import read_shifts
from delivery.strategy.schedules import all_predefined, predefined
from delivery.strategy.watched import NotCounted, as_error_alarm


@dataclass(frozen=True, slots=True)
class FunctionAssessment:
    """One function's shift: each alarm's life, and what each strategy would do.

    ``predictions`` begin with the function's own schedule, where it has one.
    ``left_out`` are the alarms that no prediction counts, with the reason.
    """

    shift: FunctionShift
    alarms: tuple[Liveness, ...]
    counted: tuple[ErrorAlarm, ...]
    left_out: tuple[NotCounted, ...]
    predictions: tuple[Prediction, ...]

    @property
    def own(self) -> Prediction | None:
        """The prediction for the schedule that is configured."""
        return self.predictions[0] if _own(self.shift) is not None else None

    def enough_requests_per_second(self, error_rate: float) -> float | None:
        """The least rate at which an alarm fires on its first chance, with 99 %.

        During the first step of the function's own shift; None where there is none, or
        where no rate is enough.
        """
        own = self.own
        if own is None or not own.schedule.stepwise:
            return None
        weight = own.schedule.steps[0].weight
        found = (
            enough_requests_per_second(alarm, weight=weight, error_rate=error_rate)
            for alarm in self.counted
        )
        return min((each for each in found if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class Assessment:
    """One environment, for the traffic that was asked about."""

    environment: str
    traffic: Traffic
    functions: tuple[FunctionAssessment, ...]
    findings: tuple[ShiftFinding, ...]

    @property
    def weakest(self) -> FunctionAssessment | None:
        """The function whose users meet a bad release longest; None without a shift."""
        shifting = [each for each in self.functions if each.own is not None]
        return max(shifting, key=_exposed, default=None)


def assess(
    environment: str,
    template: Mapping[str, Any],
    parameters: Mapping[str, Any],
    traffic: Traffic,
    *,
    region: str = "us-east-1",
) -> Assessment:
    """Assess the shifts of a SAM template under one environment's parameters.

    A function whose shifting is switched off gets all traffic at once; the other
    strategies are compared as if its deployment watched the alarms that it names.
    """
    names = Names(template, parameters, region=region)
    shifts = read_shifts(names)
    functions = []
    for function in shifts.functions:
        alarms = examine_alarms(function, shifts, names)
        functions.append(_of_function(function, alarms, traffic))
    return Assessment(
        environment, traffic, tuple(functions), tuple(findings_of(shifts, names))
    )


def _of_function(
    function: FunctionShift, alarms: tuple[Liveness, ...], traffic: Traffic
) -> FunctionAssessment:
    made = [as_error_alarm(each) for each in alarms]
    counted = tuple(each for each in made if isinstance(each, ErrorAlarm))
    return FunctionAssessment(
        shift=function,
        alarms=alarms,
        counted=counted,
        left_out=tuple(each for each in made if isinstance(each, NotCounted)),
        predictions=tuple(
            predict(schedule, counted, traffic) for schedule in _compared(function)
        ),
    )


def _own(function: FunctionShift) -> Schedule | None:
    """Give the schedule by which a function really moves, where it is known."""
    return function.schedule if function.enabled else predefined("AllAtOnce")


def _compared(function: FunctionShift) -> tuple[Schedule, ...]:
    """Give the function's own schedule and then all of CodeDeploy's that differ."""
    own = _own(function)
    if own is None:
        return all_predefined()
    return (own, *(each for each in all_predefined() if each.steps != own.steps))


def _exposed(function: FunctionAssessment) -> float:
    own = function.own
    return own.requests_failed if own is not None else 0.0
