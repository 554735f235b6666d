"""How many requests a second AWS takes of an account, in real time.

Lambda: "Lambda quotas", API requests: 15 a second across all control plane APIs but Invoke,
GetFunction and GetPolicy, which have quotas of their own. CloudTrail: LookupEvents, two a
second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate in requests a second, and how many may come at once."""

    rate: float
    burst: float


class Throttle:
    """A token bucket for each key. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def admit(self, key: Hashable, limit: Limit) -> bool:
        """Take one token; False when none is left."""
        with self._lock:
            now = self._now()
            tokens, seen = self._buckets.get(key, (limit.burst, now))
            tokens = min(limit.burst, tokens + (now - seen) * limit.rate)
            admitted = tokens >= 1
            self._buckets[key] = (tokens - 1 if admitted else tokens, now)
            return admitted

    def forget(self, key: Hashable) -> None:
        """Begin anew with a full bucket."""
        with self._lock:
            self._buckets.pop(key, None)


_LAMBDA_APART = frozenset({"Invoke", "InvokeAsync", "GetFunction", "GetPolicy"})
_DEFAULTS = {
    "lambda": Limit(rate=15, burst=15),
    "cloudtrail": Limit(rate=2, burst=2),
}


class Limits:
    """The limits in force, by service; ``{"lambda": null}`` takes one away."""

    def __init__(self) -> None:
        self._limits: dict[str, Limit | None] = dict(_DEFAULTS)
        self._throttle = Throttle()

    def admit(self, service: str, operation: str) -> bool:
        """Count a request; False when it comes too soon."""
        if service == "lambda" and operation in _LAMBDA_APART:
            return True
        if service == "cloudtrail" and operation != "LookupEvents":
            return True
        limit = self._limits.get(service)
        return limit is None or self._throttle.admit(service, limit)

    def page(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ``/_rehearsal/limits``: a POST changes those it names."""
        if method == "POST":
            for service, given in body.items():
                self._limits[service] = Limit(**given) if given else None
                self._throttle.forget(service)
        return {
            service: asdict(limit) if limit else None
            for service, limit in self._limits.items()
        }
