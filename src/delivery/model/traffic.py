"""Traffic of a rehearsal, what is broken on purpose, and what became of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Below this share of the rate that was asked for, the machine did not keep up.
KEPT_UP = 0.95


@dataclass(frozen=True, slots=True)
class Injection:
    """One failure in the versions of an environment that are published from now on.

    ``settings`` are those of the plane's faults: ``rate``, ``seconds`` or ``name``.
    ``text`` is what the operator wrote.
    """

    environment: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def bad_share(self) -> float | None:
        """The share of requests to the new version that it spoils; None for none."""
        if self.kind in ("hook", "alarm", "metric"):
            return None
        return float(self.settings.get("rate", 1.0))

    def __str__(self) -> str:
        return self.text or f"{self.environment}:{self.kind}"


@dataclass(frozen=True, slots=True)
class InForce:
    """A failure that the plane brings about, and how often it has."""

    injection: Injection
    met: int

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "environment": self.injection.environment,
            "kind": self.injection.kind,
            "settings": dict(self.injection.settings),
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class PlaneTime:
    """What the plane's clock shows, and how fast it runs while something waits."""

    now: datetime
    speed: float


@dataclass(frozen=True, slots=True)
class RequestKind:
    """One kind of request in a mix; of ``bodies`` each request takes the next."""

    name: str
    method: str
    path: str
    share: float
    bodies: tuple[bytes, ...] = (b"",)


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """What is sent: ``rate`` requests in a second of this machine's time."""

    api_url: str
    api_key_id: str
    rate: float
    mix: tuple[RequestKind, ...]


@dataclass(frozen=True, slots=True)
class TrafficReport:
    """What was sent and what came back; a request without an answer has status 0.

    ``seconds`` and ``rate`` are of this machine's time.
    """

    asked: int
    rate: float
    seconds: float
    by_status: Mapping[int, int]
    by_kind: Mapping[str, int]
    failed_by_kind: Mapping[str, int]
    slowest_seconds: float = 0.0

    @property
    def sent(self) -> int:
        """Requests that were sent."""
        return sum(self.by_status.values())

    @property
    def failed(self) -> int:
        """Requests that were answered by anything but success, or not at all."""
        return sum(self.failed_by_kind.values())

    @property
    def sustained(self) -> float:
        """Requests a second that were really sent and answered."""
        return self.sent / self.seconds if self.seconds else 0.0

    @property
    def kept_up(self) -> bool:
        """Whether the machine sent what it was asked to send."""
        return self.sent >= self.asked * KEPT_UP

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "sent": self.sent,
            "failed": self.failed,
            "asked": self.asked,
            "rate": round(self.rate, 2),
            "sustained_rate": round(self.sustained, 2),
            "kept_up": self.kept_up,
            "seconds": round(self.seconds, 1),
            "slowest_seconds": round(self.slowest_seconds, 3),
            "by_status": {str(k): v for k, v in sorted(self.by_status.items())},
            "by_kind": dict(self.by_kind),
            "failed_by_kind": dict(self.failed_by_kind),
        }


@dataclass(frozen=True, slots=True)
class VersionCalls:
    """How often one version was called, failed and refused calls."""

    function: str
    version: str
    invocations: int = 0
    errors: int = 0
    throttles: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "function": self.function,
            "version": self.version,
            "invocations": self.invocations,
            "errors": self.errors,
            "throttles": self.throttles,
        }


@dataclass(frozen=True, slots=True)
class FiredAlarm:
    """An alarm that went to ALARM, when, and why."""

    name: str
    at: datetime
    reason: str

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"name": self.name, "at": self.at.isoformat(), "reason": self.reason}
