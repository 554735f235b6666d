"""Failures asked for by name: what breaks, where, and how."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure to bring about.

    Attributes:
        kind: what breaks, e.g. ``errors``, ``latency``, ``throttling``, ``action``.
        target: where, e.g. ``production`` or ``mra-production-analyze`` or an action's name.
        settings: how, e.g. ``{"rate": 0.3}``.
    """

    kind: str
    target: str = "*"
    settings: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The failures in force. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Bring ``fault`` into force; it replaces one of the same kind and target."""
        with self._lock:
            self._faults = [
                other
                for other in self._faults
                if (other.kind, other.target) != (fault.kind, fault.target)
            ] + [fault]

    def clear(self) -> None:
        """End all failures."""
        with self._lock:
            self._faults = []

    def find(self, kind: str, *targets: str) -> Fault | None:
        """Return the failure of ``kind`` that meets one of ``targets``, if any."""
        with self._lock:
            for fault in self._faults:
                if fault.kind == kind and fault.target in ("*", *targets):
                    return fault
        return None

    def as_data(self) -> list[dict[str, Any]]:
        """Return the failures in force as plain data."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
