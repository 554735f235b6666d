"""What a verified release tells: that it was deployed, and how long its way took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from awsrules.statuses import ActionStatus
from delivery.model import (
    APPROVAL_WAIT,
    DEPLOYMENTS,
    ENVIRONMENT,
    LEAD_TIME,
    ActionState,
    DeliveryMetric,
    Measure,
)


@dataclass(frozen=True, slots=True)
class ReleaseTimes:
    """When a release was committed and verified; None where nobody told.

    ``brings_a_change`` is false for a rollback and for a commit that was released and
    verified before: neither says how long a change took.
    """

    committed_at: datetime | None
    verified_at: datetime | None
    brings_a_change: bool = True


def measures_of_release(
    environment: str, times: ReleaseTimes, approvals: Sequence[ActionState] = ()
) -> tuple[Measure, ...]:
    """Return what a release that was just verified in ``environment`` tells.

    ``approvals`` are the actions of the stage that let it in, none where nobody has to.
    The clocks of a developer's machine and of AWS may differ: a commit that is dated after
    its verification tells no lead time.
    """

    def measure(metric: DeliveryMetric, value: float) -> Measure:
        return Measure(metric, value, {ENVIRONMENT: environment})

    found = [measure(DEPLOYMENTS, 1.0)]
    waited = approval_wait_seconds(approvals)
    if waited is not None:
        found.append(measure(APPROVAL_WAIT, waited))
    lead = _lead_seconds(times)
    if lead is not None:
        found.append(measure(LEAD_TIME, lead))
    return tuple(found)


def approval_wait_seconds(approvals: Sequence[ActionState]) -> float | None:
    """Return how long the approval waited for a person, None where none was given.

    An action of CodePipeline starts when it begins to wait, and changes last when it is
    answered. Source: AWS CodePipeline API Reference, ``ActionExecutionDetail``.
    """
    for action in approvals:
        given = action.status is ActionStatus.SUCCEEDED
        if action.category == "Approval" and given:
            if action.started_at and action.changed_at:
                return (action.changed_at - action.started_at).total_seconds()
    return None


def _lead_seconds(times: ReleaseTimes) -> float | None:
    if not times.brings_a_change or not times.committed_at or not times.verified_at:
        return None
    seconds = (times.verified_at - times.committed_at).total_seconds()
    return seconds if seconds >= 0 else None
