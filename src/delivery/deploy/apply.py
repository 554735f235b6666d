"""Make a change set and wait until it says what it would do."""

from __future__ import annotations

from dataclasses import replace

from delivery.errors import DeliveryError, OperationFailed, Unreachable
from delivery.model import ChangeSet, StackRequest
from delivery.ports import Clock, Stacks

POLL_SECONDS = 2.0
PATIENCE_SECONDS = 900.0

# The marker in a change set's reason; DescribeEvents tells what was found. Source: AWS
# CloudFormation User Guide, "Validate stack deployments".
EARLY_VALIDATION = "AWS::EarlyValidation"


def prepare(
    stacks: Stacks,
    clock: Clock,
    request: StackRequest,
    *,
    create: bool,
    poll_seconds: float = POLL_SECONDS,
) -> ChangeSet:
    """Make a change set and return it CREATE_COMPLETE, or FAILED with its reason.

    One that failed, or that nobody waits for any more, is removed again.
    """
    change_set = stacks.create_change_set(request, create=create)
    try:
        change_set = _wait_until_ready(stacks, clock, change_set, poll_seconds)
    except BaseException:
        stacks.discard(change_set)
        raise
    if change_set.status != "CREATE_COMPLETE":
        change_set = _with_findings(stacks, change_set)
        stacks.discard(change_set)
    return change_set


def _with_findings(stacks: Stacks, change_set: ChangeSet) -> ChangeSet:
    """Add what early validation found; the reason itself only says that it did."""
    if EARLY_VALIDATION not in change_set.reason:
        return change_set
    try:
        found = stacks.findings(change_set.stack_id, change_set.id)
    except DeliveryError:
        return change_set
    return replace(change_set, findings=tuple(found))


def _wait_until_ready(
    stacks: Stacks, clock: Clock, change_set: ChangeSet, poll_seconds: float
) -> ChangeSet:
    deadline = clock.monotonic() + PATIENCE_SECONDS
    while True:
        # It is never ready at once: a look before the first wait would be a call for
        # nothing.
        clock.sleep(poll_seconds)
        try:
            change_set = stacks.change_set(change_set)
        except Unreachable:
            if clock.monotonic() > deadline:
                raise
        if change_set.status in {"CREATE_COMPLETE", "FAILED"}:
            return change_set
        if clock.monotonic() > deadline:
            raise OperationFailed(
                "The change set did not become ready within fifteen minutes.",
                why=f"It is in {change_set.status}.",
                next_step="Deploy again.",
            )
