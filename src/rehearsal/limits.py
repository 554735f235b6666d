"""How many requests a second AWS takes of an account, in real time.

Lambda: "Lambda quotas", API requests: 15 a second across all control plane APIs but Invoke,
GetFunction and GetPolicy, which have quotas of their own. CloudTrail: LookupEvents, two a
second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate in requests a second, and how many may come at once."""

    rate: float
    burst: float


class Bucket:
    """Tokens that come back at a limit's rate. Thread-safe."""

    def __init__(self, limit: Limit, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._limit = limit
        self._lock = threading.Lock()
        self._tokens, self._seen = limit.burst, now()

    def admit(self) -> bool:
        """Take one token; False when none is left."""
        with self._lock:
            now, limit = self._now(), self._limit
            back = (now - self._seen) * limit.rate
            self._tokens, self._seen = min(limit.burst, self._tokens + back), now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


_LAMBDA_APART = frozenset({"Invoke", "InvokeAsync", "GetFunction", "GetPolicy"})
_DEFAULTS = {
    "lambda": Limit(rate=15, burst=15),
    "cloudtrail": Limit(rate=2, burst=2),
}


class Limits:
    """The limits in force, by service; ``{"lambda": null}`` takes one away."""

    def __init__(self) -> None:
        self._limits: dict[str, Limit | None] = dict(_DEFAULTS)
        self._buckets: dict[str, Bucket] = {}

    def admit(self, service: str, operation: str) -> bool:
        """Count a request; False when it comes too soon."""
        if service == "lambda" and operation in _LAMBDA_APART:
            return True
        if service == "cloudtrail" and operation != "LookupEvents":
            return True
        limit = self._limits.get(service)
        if limit is None:
            return True
        return self._buckets.setdefault(service, Bucket(limit)).admit()

    def page(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ``/_rehearsal/limits``: a POST changes those it names."""
        if method == "POST":
            for service, given in body.items():
                self._limits[service] = Limit(**given) if given else None
                self._buckets.pop(service, None)
        return {
            service: asdict(limit) if limit else None
            for service, limit in self._limits.items()
        }
