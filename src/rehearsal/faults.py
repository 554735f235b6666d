"""Failures asked for by name: what breaks, where, and how."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.assumptions import NAMES

# What breaks, and what its settings say. Kinds of functions take ``version`` besides: a
# number, or ``new`` for versions that are published after the fault was made.
KINDS: Mapping[str, str] = {
    "errors": "calls fail at a rate",
    "latency": "calls take seconds longer, at a rate",
    "throttling": "calls are refused at a rate",
    "memory": "calls run out of memory, at a rate",
    "hook": "the traffic hook of the name pre or post reports that it failed",
    "deployment": "a deployment stays in a status until the fault is cleared",
    "alarm": "the alarm of a name fires, whatever its metric says",
    "metric": "the metric of a name is not emitted",
    "action": "an action of the pipeline fails",
    "resource": "a resource of a stack fails",
    "assumption": "AWS does the other of two plausible things",
    "state": "a version of a function is Inactive, Pending or Failed",
    "throttled": "calls of an API are refused as too many",
    "denied": "calls of an API are refused as not allowed",
    "api-latency": "calls of an API take seconds longer",
    "connection-reset": "connections break before, or with answered after, a call's work",
    "stack-events": "a stack's events come seconds late, or twice at the rate twice",
    "late-trail": "CloudTrail tells of calls seconds later, in plane time",
}

# Statuses in which a deployment moves no traffic: before it starts, before it shifts, after.
HELD = ("Created", "Queued", "Ready", "Baking")


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure to bring about.

    Attributes:
        kind: what breaks, one of ``KINDS``.
        target: where, e.g. ``production`` or ``mra-production-analyze`` or an action's name.
        settings: how, e.g. ``{"rate": 0.3, "version": "new"}`` or ``{"name": "pre"}``.
        made: when it came into force, in plane time.
    """

    kind: str
    target: str = "*"
    settings: Mapping[str, Any] = field(default_factory=dict)
    made: datetime | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind}; there are {', '.join(KINDS)}")
        if self.kind == "assumption" and self.target not in NAMES:
            raise ValueError(
                f"no assumption {self.target}; there are {', '.join(sorted(NAMES))}"
            )
        if self.kind == "deployment" and self.settings.get("status") not in HELD:
            raise ValueError(f"a deployment can be held in one of {', '.join(HELD)}")
        if not 0 < float(self.settings.get("rate", 1.0)) <= 1:
            raise ValueError("the rate of a fault must be above 0 and at most 1")

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what another fault must share with it to replace it."""
        return self.kind, self.target, str(self.settings.get("name", ""))

    def meets_version(self, number: str, published: datetime) -> bool:
        """Say whether it is for a function's version ``number``."""
        match self.settings.get("version"):
            case None:
                return True
            case "new":
                after = self.made is None or published >= self.made
                return number.isdigit() and after
            case wanted:
                return bool(wanted == number)


@dataclass(slots=True)
class _Drawn:
    """How often a fault could have struck, and did."""

    fault: Fault
    chance: random.Random = field(init=False)
    occasions: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        seed = int(self.fault.settings.get("seed", 1))
        self.chance = random.Random(seed)  # nosec B311 - chaos, no secret


class Faults:
    """The failures in force, and how often each has happened. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._met: Counter[tuple[str, str, str]] = Counter()
        self._drawn: dict[tuple[str, str, str], _Drawn] = {}

    def add(self, fault: Fault) -> None:
        """Bring ``fault`` into force; it replaces one of the same kind, target and name."""
        with self._lock:
            others = [other for other in self._faults if other.key != fault.key]
            self._faults = [*others, fault]
            self._met.pop(fault.key, None)

    def clear(self) -> None:
        """End all failures."""
        with self._lock:
            self._faults = []
            self._met.clear()

    def find(self, kind: str, *targets: str) -> Fault | None:
        """Return the failure of ``kind`` that meets one of ``targets``, if any."""
        return next(iter(self.find_all(kind, *targets)), None)

    def find_all(self, kind: str, *targets: str) -> list[Fault]:
        """Return the failures of ``kind`` that meet one of ``targets``."""
        with self._lock:
            return [
                fault
                for fault in self._faults
                if fault.kind == kind and fault.target in ("*", *targets)
            ]

    def any_of(self, kind: str) -> bool:
        """Say whether there is any failure of ``kind``, wherever."""
        with self._lock:
            return any(fault.kind == kind for fault in self._faults)

    def assumes(self, name: str) -> bool:
        """Say whether AWS does this other of two plausible things."""
        return self.find("assumption", name) is not None

    def draw(self, fault: Fault) -> bool:
        """Say whether ``fault`` strikes this time, and count it if it does.

        Of the occasions it fits, the setting ``after`` lets so many pass first, ``times``
        is how often it strikes at most, and ``rate`` the share it strikes, by ``seed``.
        """
        settings = fault.settings
        with self._lock:
            drawn = self._drawn.get(fault.key)
            if drawn is None or drawn.fault is not fault:
                drawn = self._drawn[fault.key] = _Drawn(fault)
            drawn.occasions += 1
            early = drawn.occasions <= int(settings.get("after", 0))
            done = drawn.struck >= int(settings.get("times", drawn.occasions))
            if early or done or drawn.chance.random() >= settings.get("rate", 1.0):
                return False
            drawn.struck += 1
            self._met[fault.key] += 1
            return True

    def happened(self, fault: Fault) -> None:
        """Count that ``fault`` was brought about once."""
        with self._lock:
            self._met[fault.key] += 1

    def as_data(self) -> list[dict[str, Any]]:
        """Return the failures in force as plain data; ``met`` is how often each happened."""
        with self._lock:
            return [
                {
                    "kind": fault.kind,
                    "target": fault.target,
                    "settings": dict(fault.settings),
                    "made": fault.made.isoformat() if fault.made else None,
                    "met": self._met[fault.key],
                }
                for fault in self._faults
            ]


def parts_of(name: str) -> tuple[str, ...]:
    """Return a resource's name and its parts: a fault may be for any of them."""
    return (name, *name.split("-"))
