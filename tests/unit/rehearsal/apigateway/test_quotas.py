"""Rates and quotas."""

from __future__ import annotations

from datetime import UTC, datetime

from rehearsal.apigateway.quotas import Quotas
from rehearsal.limits import Limit, Throttle


def test_a_burst_passes_and_then_only_the_rate() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    limit = Limit(rate=2.0, burst=3)
    assert [throttle.admit("api", limit) for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [throttle.admit("api", limit) for _ in range(2)] == [True, False]
    assert throttle.admit("another", limit)


def test_a_quota_begins_anew_with_its_period() -> None:
    quotas = Quotas()
    monday, sunday = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 11, tzinfo=UTC)
    following = datetime(2026, 1, 12, tzinfo=UTC)
    uses = [quotas.admit("key", 1, "WEEK", day) for day in (monday, sunday, following)]
    assert uses == [True, False, True]
