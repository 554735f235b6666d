"""Schedules of CodeDeploy's own configurations, by SAM's names, and of one's own."""

from __future__ import annotations

from awsrules.shifts import PREDEFINED, PREFIX, Shift, ShiftKind, predefined_shift
from delivery.strategy.model import Schedule

_LAMBDA = f"{PREFIX}Lambda"


def predefined(name: str) -> Schedule | None:
    """Return the schedule that CodeDeploy ships under ``name``, or None.

    SAM's names are CodeDeploy's without ``CodeDeployDefault.Lambda``; both are taken.
    """
    short = name.removeprefix(_LAMBDA)
    shift = predefined_shift(f"{_LAMBDA}{short}")
    return None if shift is None else Schedule(short, shift.steps)


def custom(kind: str, percent: int, minutes: int) -> Schedule:
    """Return the schedule of a configuration of one's own; ``kind`` Linear or Canary.

    Raises:
        awsrules.shifts.BadShift: for what CodeDeploy refuses.
    """
    shift = Shift(ShiftKind(f"TimeBased{kind}"), percent, minutes)
    unit = "Minute" if minutes == 1 else "Minutes"
    every = "Every" if kind == "Linear" else ""
    return Schedule(f"{kind}{percent}Percent{every}{minutes}{unit}", shift.steps)


def all_predefined() -> tuple[Schedule, ...]:
    """Return every schedule that CodeDeploy ships, all at once first."""
    found = (predefined(name) for name in PREDEFINED)
    return tuple(each for each in found if each is not None)
