"""Traffic to one environment of a rehearsal: how much, while what is broken, what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from delivery.errors import BadInput
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    FiredAlarm,
    InForce,
    Injection,
    RequestKind,
    TrafficPlan,
    TrafficReport,
    VersionCalls,
)
from delivery.ports import Alarms, Clock, Controls, RunningTraffic, Stacks, Traffic
from delivery.strategy import Evidence

# Requests a second that two cores answer with ease: three times as many were measured.
DEFAULT_RATE = 40.0
SLOWEST_CLOCK = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast requests are sent, and how fast the plane's clock runs meanwhile.

    ``speed`` None leaves the clock as it is.
    """

    rate: float
    mix: tuple[RequestKind, ...]
    speed: float | None = None
    evidence: Evidence | None = None

    def sentences(self) -> list[str]:
        """Say how the rate was chosen."""
        if self.evidence is None:
            return [f"{self.rate:g} requests/s are sent."]
        lines = []
        if self.speed is not None:
            lines.append(
                f"While both versions serve, the plane's clock runs {self.speed:.3g} "
                "times as fast as this machine's, so that alarms have enough to count:"
            )
            lines.append(self.evidence.sentence(self.rate, self.speed))
        return lines


@dataclass(frozen=True, slots=True)
class Measured:
    """One stretch of traffic: requests here, calls and alarms in the plane."""

    environment: str
    requests: TrafficReport
    plane_seconds: float
    calls: tuple[VersionCalls, ...]
    alarms: tuple[FiredAlarm, ...]
    faults: tuple[InForce, ...]

    @property
    def met(self) -> int:
        """How often anything that was injected happened."""
        return sum(each.met for each in self.faults)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "environment": self.environment,
            "requests": {
                **self.requests.as_data(),
                "plane_seconds": round(self.plane_seconds, 1),
                "by_version": [each.as_data() for each in self.calls],
            },
            "alarms": [each.as_data() for each in self.alarms],
            "injected": [each.as_data() for each in self.faults],
        }


def choose_pace(
    *,
    rate: float,
    mix: tuple[RequestKind, ...],
    speed: float,
    injections: Sequence[Injection],
    evidence: Callable[[float], Evidence | None],
) -> Pace:
    """Choose how fast the plane's clock may run, so that an alarm sees what is injected.

    ``evidence`` gives what alarms need at a share of failing requests.
    """
    spoilt = [each.bad_share for each in injections if each.bad_share]
    found = evidence(max(spoilt)) if spoilt else None
    if found is None:
        return Pace(rate, mix)
    fastest = max(found.fastest_clock(rate), SLOWEST_CLOCK)
    return Pace(rate, mix, min(fastest, speed), found)


@dataclass
class Loader:
    """Sends traffic to one environment, and measures what it meets in the plane."""

    traffic: Traffic
    controls: Controls
    alarms: Alarms
    stacks: Stacks
    clock: Clock
    environment: str
    pace: Pace
    _running: RunningTraffic | None = None
    _before: dict[tuple[str, str], VersionCalls] = field(default_factory=dict)
    _began: datetime | None = None

    def start(self) -> None:
        """Begin to send, unless it has begun.

        Raises:
            BadInput: when the environment has no API.
        """
        if self._running is not None:
            return
        api_url, key = api_of(self.stacks, self.environment)
        self._before = {(c.function, c.version): c for c in self.controls.calls()}
        self._began = self.controls.time().now
        self._running = self.traffic.start(
            TrafficPlan(api_url, key, self.pace.rate, self.pace.mix)
        )

    def so_far(self) -> TrafficReport | None:
        """Return what was sent until now; None before the start."""
        return self._running.so_far() if self._running else None

    def stop(self) -> Measured | None:
        """Stop, and return what was measured; None when nothing was sent."""
        if self._running is None or self._began is None:
            return None
        report, self._running = self._running.stop(), None
        now = self.controls.time().now
        return Measured(
            environment=self.environment,
            requests=report,
            plane_seconds=(now - self._began).total_seconds(),
            calls=tuple(self._calls()),
            alarms=tuple(self.alarms.fired(self._began)),
            faults=tuple(self.controls.in_force()),
        )

    def _calls(self) -> list[VersionCalls]:
        """Return the calls since the start, of the environment's functions alone."""
        mine = self._functions()
        found = []
        for now in self.controls.calls():
            old = self._before.get((now.function, now.version))
            more = _since(now, old) if old else now
            if now.function in mine and (more.invocations or more.throttles):
                found.append(more)
        return found

    def _functions(self) -> set[str]:
        stack = self.stacks.find(f"{APPLICATION_STACK_PREFIX}{self.environment}")
        outputs = stack.outputs if stack else {}
        return {
            value.split(":")[-2]
            for key, value in outputs.items()
            if key.endswith("Alias") and value.count(":") >= 7
        }


def api_of(stacks: Stacks, environment: str) -> tuple[str, str]:
    """Return an environment's API and its key's id.

    Raises:
        BadInput: when it has none.
    """
    name = f"{APPLICATION_STACK_PREFIX}{environment}"
    stack = stacks.find(name)
    if stack is None or not stack.outputs.get("ApiUrl"):
        raise BadInput(
            f"{environment} has no API to send requests to.",
            why=f"There is no stack {name} with an output ApiUrl.",
            next_step="./deploy_pipeline.py rehearse run",
        )
    return stack.outputs["ApiUrl"], stack.outputs.get("ApiKeyId", "")


def _since(now: VersionCalls, old: VersionCalls) -> VersionCalls:
    return VersionCalls(
        now.function,
        now.version,
        now.invocations - old.invocations,
        now.errors - old.errors,
        now.throttles - old.throttles,
    )
