"""What a verified release tells: that it came, how long its approval and its way took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from delivery_fakes import make_action

from delivery.measure import ReleaseTimes, measures_of_release

COMMITTED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ASKED = COMMITTED + timedelta(minutes=20)
VERIFIED = COMMITTED + timedelta(hours=6)
TIMES = ReleaseTimes(COMMITTED, VERIFIED)


def approval(status: str = "Succeeded", *, hours: float = 5, **more):
    given = ASKED + timedelta(hours=hours)
    facts = {"category": "Approval", "started_at": ASKED, "changed_at": given, **more}
    return make_action("Approve", status, **facts)


def told(environment: str, times: ReleaseTimes = TIMES, *approvals) -> dict[str, float]:
    found = measures_of_release(environment, times, approvals)
    assert all(each.dimensions == {"Environment": environment} for each in found)
    return {each.metric.name: each.value for each in found}


def test_a_release_tells_its_deployment_its_wait_and_its_lead_time() -> None:
    assert told("production", TIMES, approval()) == {
        "Deployments": 1.0,
        "ApprovalWaitSeconds": 5 * 3600.0,
        "LeadTimeSeconds": 6 * 3600.0,
    }


def test_development_waits_for_nobody() -> None:
    assert "ApprovalWaitSeconds" not in told("development")


@pytest.mark.parametrize(
    "action",
    [
        approval("Failed"),
        approval("InProgress"),
        approval(started_at=None),
        approval(changed_at=None),
        approval(category="Test"),
    ],
    ids=["rejected", "open", "begun at no time", "given at no time", "no approval"],
)
def test_what_was_not_approved_tells_no_wait(action) -> None:
    assert "ApprovalWaitSeconds" not in told("staging", TIMES, action)


@pytest.mark.parametrize(
    "times",
    [
        ReleaseTimes(None, VERIFIED),
        ReleaseTimes(COMMITTED, None),
        ReleaseTimes(VERIFIED, COMMITTED),
        ReleaseTimes(COMMITTED, VERIFIED, brings_a_change=False),
    ],
    ids=["no commit time", "no verdict", "a wrong clock", "nothing new"],
)
def test_a_lead_time_that_nobody_knows_is_not_told(times: ReleaseTimes) -> None:
    assert told("development", times) == {"Deployments": 1.0}
