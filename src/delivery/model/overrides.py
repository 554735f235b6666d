"""Alarms that a shift watches, and the one release that is let past them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Variables of the pipeline; the first is a parameter of the application's template too.
SHIFT_ALARMS = "ShiftAlarms"
OVERRIDE_REASON = "OverrideReason"
WATCHED, IGNORED = "watched", "ignored"
# Where the pipeline hands the choice on to the deployment.
OVERRIDDEN_ENVIRONMENT = "production"


@dataclass(frozen=True, slots=True)
class Override:
    """Why one release shifts past alarms, and who said so."""

    reason: str
    by: str = ""

    def __str__(self) -> str:
        who = self.by.rpartition("/")[2]
        return f"{self.reason} ({who})" if who else self.reason


@dataclass(frozen=True, slots=True)
class FiringAlarm:
    """An alarm in ALARM that a shift watches."""

    logical_id: str
    name: str

    def __str__(self) -> str:
        return self.logical_id


def override_variables(reason: str) -> dict[str, str]:
    """Return what an execution is started with that shall shift past alarms."""
    return {SHIFT_ALARMS: IGNORED, OVERRIDE_REASON: reason}


def override_of(variables: Mapping[str, str], by: str) -> Override | None:
    """Return the override that an execution carries, or None."""
    if variables.get(SHIFT_ALARMS) != IGNORED:
        return None
    return Override(variables.get(OVERRIDE_REASON, ""), by)
