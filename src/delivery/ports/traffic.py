"""Traffic to a deployed API, alarms that fired, and the plane's own controls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from delivery.model import (
    FiredAlarm,
    InForce,
    Injection,
    PlaneTime,
    TrafficPlan,
    TrafficReport,
    VersionCalls,
)


class Controls(Protocol):
    """What the rehearsal plane lets a rehearsal do to it."""

    def inject(self, injection: Injection) -> None:
        """Break versions that are published from now on."""

    def clear(self) -> None:
        """End all that was injected."""

    def in_force(self) -> list[InForce]:
        """Return what is injected, and how often each has happened."""

    def time(self) -> PlaneTime:
        """Return the plane's time."""

    def set_speed(self, speed: float) -> None:
        """Let waits pass ``speed`` times as fast as on this machine."""

    def calls(self) -> list[VersionCalls]:
        """Return how often each version was called since the plane started."""


class RunningTraffic(Protocol):
    """Traffic that is being sent."""

    def so_far(self) -> TrafficReport:
        """Return what was sent and answered until now."""

    def stop(self) -> TrafficReport:
        """Send no more, wait for what is under way, and return all of it."""


class Traffic(Protocol):
    """Sends signed requests to an API."""

    def start(self, plan: TrafficPlan) -> RunningTraffic:
        """Begin to send; the caller stops it."""


class Alarms(Protocol):
    """CloudWatch's alarms."""

    def names(self) -> list[str]:
        """Return the names of all alarms."""

    def fired(self, since: datetime) -> Sequence[FiredAlarm]:
        """Return what went to ALARM since then, the earliest first."""
