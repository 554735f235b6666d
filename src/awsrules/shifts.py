"""How CodeDeploy shifts a Lambda alias: the steps of each deployment configuration.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "CodeDeployDefault."
ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"

# https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
MOST_PERCENT = 99
LONGEST_MINUTES = 2880

PREDEFINED = (
    ALL_AT_ONCE,
    *(f"CodeDeployDefault.LambdaCanary10Percent{n}Minutes" for n in (5, 10, 15, 30)),
    "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
    *(f"CodeDeployDefault.LambdaLinear10PercentEvery{n}Minutes" for n in (2, 3, 10)),
)

_NAMED = re.compile(
    r"CodeDeployDefault\.Lambda(?P<kind>Canary|Linear)(?P<percent>\d+)Percent"
    r"(?:Every)?(?P<minutes>\d+)Minutes?"
)


class ShiftKind(StrEnum):
    """How traffic moves, by the names of the API's TrafficRoutingType."""

    ALL_AT_ONCE = "AllAtOnce"
    CANARY = "TimeBasedCanary"
    LINEAR = "TimeBasedLinear"


class BadShift(ValueError):
    """A configuration that CodeDeploy does not take; the text says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """From ``at_seconds`` after the start, ``weight`` (0 to 1) of traffic is the new version's."""

    at_seconds: float
    weight: float


@dataclass(frozen=True, slots=True)
class Shift:
    """A deployment configuration: ``percent`` of traffic every ``minutes``."""

    kind: ShiftKind
    percent: int = 100
    minutes: int = 0

    def __post_init__(self) -> None:
        if self.kind is ShiftKind.ALL_AT_ONCE:
            return
        if not 1 <= self.percent <= MOST_PERCENT:
            raise BadShift(
                f"a step must move 1 to {MOST_PERCENT} percent, not {self.percent}"
            )
        if self.minutes < 1:
            raise BadShift(f"an interval must be 1 minute or more, not {self.minutes}")
        if self.duration_seconds > LONGEST_MINUTES * 60:
            raise BadShift(
                f"the last step would come after {self.duration_seconds / 60:.0f} minutes; "
                f"CodeDeploy allows {LONGEST_MINUTES}"
            )

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the steps in order: the first at once, the last with weight 1."""
        match self.kind:
            case ShiftKind.ALL_AT_ONCE:
                return (Step(0.0, 1.0),)
            case ShiftKind.CANARY:
                return (
                    Step(0.0, self.percent / 100),
                    Step(self.minutes * 60.0, 1.0),
                )
            case ShiftKind.LINEAR:
                shares = [*range(self.percent, 100, self.percent), 100]
                return tuple(
                    Step(number * self.minutes * 60.0, share / 100)
                    for number, share in enumerate(shares)
                )

    @property
    def duration_seconds(self) -> float:
        """Return the time from the first step to the last."""
        return self.steps[-1].at_seconds


def predefined_shift(name: str) -> Shift | None:
    """Return the shift behind a name of CodeDeploy's own, e.g. ``…LambdaAllAtOnce``."""
    if name not in PREDEFINED:
        return None
    match = _NAMED.fullmatch(name)
    if match is None:
        return Shift(ShiftKind.ALL_AT_ONCE)
    kind = ShiftKind(f"TimeBased{match['kind']}")
    return Shift(kind, int(match["percent"]), int(match["minutes"]))
