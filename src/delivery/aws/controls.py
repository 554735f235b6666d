"""The rehearsal plane's controls, as ``ports.Controls``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from delivery.aws.plane import LocalPlane
from delivery.model import InForce, Injection, PlaneTime, VersionCalls

# A fault of a function is for versions published after it was made.
_OF_FUNCTIONS = frozenset({"errors", "latency", "throttling", "memory", "metric"})


@dataclass(frozen=True, slots=True)
class PlaneControls:
    """The control pages of the plane that runs."""

    plane: LocalPlane

    def inject(self, injection: Injection) -> None:
        settings = dict(injection.settings)
        if injection.kind in _OF_FUNCTIONS:
            settings["version"] = "new"
        self.plane.control(
            "faults",
            kind=injection.kind,
            target=injection.environment,
            settings=settings,
        )

    def clear(self) -> None:
        self.plane.control("faults", method="DELETE")

    def in_force(self) -> list[InForce]:
        return [_in_force(each) for each in self.plane.control("faults")["faults"]]

    def time(self) -> PlaneTime:
        clock = self.plane.control("clock")
        return PlaneTime(datetime.fromisoformat(clock["time"]), float(clock["speed"]))

    def set_speed(self, speed: float) -> None:
        self.plane.control("clock", speed=speed)

    def calls(self) -> list[VersionCalls]:
        found = self.plane.control("traffic")["calls"]
        return [
            VersionCalls(function, version, **counts)
            for function, versions in found.items()
            for version, counts in versions.items()
        ]


def _in_force(data: Mapping[str, Any]) -> InForce:
    settings = {k: v for k, v in data["settings"].items() if k != "version"}
    return InForce(Injection(data["target"], data["kind"], settings), data["met"])
