"""Quotas: how many requests of a key are let through in a day, week or month."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from datetime import datetime


class Quotas:
    """How often a key was used in the running day, week or month. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[Hashable, tuple[str, int]] = {}

    def admit(self, key: Hashable, limit: int, period: str, now: datetime) -> bool:
        """Count one use; False when the quota of the period is used up."""
        name = _period_name(period, now)
        with self._lock:
            running, used = self._used.get(key, (name, 0))
            if running != name:
                used = 0
            if used >= limit:
                return False
            self._used[key] = (name, used + 1)
            return True


def _period_name(period: str, now: datetime) -> str:
    match period:
        case "WEEK":
            return now.strftime("%G-%V")
        case "MONTH":
            return now.strftime("%Y-%m")
        case _:
            return now.strftime("%Y-%m-%d")
