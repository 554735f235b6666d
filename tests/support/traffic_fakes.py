"""Fakes of the ports for traffic: a plane's controls, a sender, alarms that fired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from delivery.model import (
    FiredAlarm,
    InForce,
    Injection,
    PlaneTime,
    TrafficPlan,
    TrafficReport,
    VersionCalls,
)

START = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


@dataclass
class FakeControls:
    """A plane: each look at its time is a minute later."""

    speed: float = 600.0
    speeds: list[float] = field(default_factory=list)
    injected: list[Injection] = field(default_factory=list)
    met: int = 3
    looks: int = 0
    counts: list[VersionCalls] = field(default_factory=list)

    def inject(self, injection: Injection) -> None:
        self.injected.append(injection)

    def clear(self) -> None:
        self.injected.clear()

    def in_force(self) -> list[InForce]:
        return [InForce(each, self.met) for each in self.injected]

    def time(self) -> PlaneTime:
        self.looks += 1
        return PlaneTime(START + timedelta(minutes=self.looks), self.speed)

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        self.speeds.append(speed)

    def calls(self) -> list[VersionCalls]:
        return list(self.counts)


@dataclass
class FakeTraffic:
    """Sends nothing, and reports what it was told to."""

    report: TrafficReport = TrafficReport(
        asked=100,
        rate=40.0,
        seconds=2.5,
        by_status={200: 97, 502: 3},
        by_kind={"list": 100},
        failed_by_kind={"list": 3},
    )
    plans: list[TrafficPlan] = field(default_factory=list)
    running: bool = False

    def start(self, plan: TrafficPlan) -> FakeTraffic:
        self.plans.append(plan)
        self.running = True
        return self

    def so_far(self) -> TrafficReport:
        return replace(self.report, by_status={200: 50}, failed_by_kind={})

    def stop(self) -> TrafficReport:
        self.running = False
        return self.report


@dataclass
class FakeAlarmStates:
    """The state of each alarm that exists; ``refuses`` is raised instead."""

    found: dict[str, str] = field(default_factory=dict)
    refuses: Exception | None = None

    def states(self, names: Sequence[str]) -> dict[str, str]:
        if self.refuses is not None:
            raise self.refuses
        return {name: self.found[name] for name in names if name in self.found}


@dataclass
class FakeAlarms:
    """Alarms by name, and what fired."""

    known: list[str] = field(default_factory=list)
    history: list[FiredAlarm] = field(default_factory=list)

    def names(self) -> list[str]:
        return self.known

    def fired(self, since: datetime) -> Sequence[FiredAlarm]:
        return [each for each in self.history if each.at >= since]
