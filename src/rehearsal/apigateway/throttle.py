"""Rates and quotas: how many requests are let through."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from datetime import datetime

from rehearsal.apigateway.recorded import Limit


class Throttle:
    """A token bucket for each key, in real time. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def admit(self, key: Hashable, limit: Limit) -> bool:
        """Take one token; False when none is left."""
        with self._lock:
            now = self._now()
            tokens, seen = self._buckets.get(key, (float(limit.burst), now))
            tokens = min(float(limit.burst), tokens + (now - seen) * limit.rate)
            admitted = tokens >= 1
            self._buckets[key] = (tokens - 1 if admitted else tokens, now)
            return admitted


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
