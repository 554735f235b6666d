"""Decide what a stack's status allows, and what a change set says."""

from __future__ import annotations

from enum import Enum, auto

from awsrules.statuses import StackStatus
from delivery.errors import Refused
from delivery.model import ChangeSet, Stack

# Change sets without changes end FAILED with one of two texts; the second when a transform
# is involved. Source: aws-cdk toolkit-lib, `changeSetHasNoChanges`.
_NO_CHANGES = (
    "The submitted information didn't contain changes.",
    "No updates are to be performed.",
)


class Move(Enum):
    """What to do first with a stack in its present status."""

    CREATE = auto()
    UPDATE = auto()
    WAIT = auto()
    RECREATE = auto()


class StackNeedsAttention(Refused):
    """The stack is in a status that only a person leads out of."""


def plan_move(stack: Stack | None) -> Move:
    """Choose what leads from the stack's status to its deployment.

    Raises:
        StackNeedsAttention: when neither a change set nor waiting helps.
    """
    if stack is None:
        return Move.CREATE
    status = stack.status
    if status.can_be_created:
        return Move.CREATE
    if status.busy:
        return Move.WAIT
    if status.can_be_updated:
        return Move.UPDATE
    if status.must_be_deleted:
        return Move.RECREATE
    raise attention(stack)


def attention(stack: Stack) -> StackNeedsAttention:
    """Say what is wrong with a stuck stack, and which command leads out."""
    since = f" since {stack.changed_at:%H:%M} UTC" if stack.changed_at else ""
    reason = f": {stack.reason}" if stack.reason else "."
    return StackNeedsAttention(
        f"Stack {stack.name} cannot be updated.",
        why=f"It is in {stack.status}{since}{reason}",
        next_step=_WAY_OUT[stack.status].format(name=stack.name),
    )


_DELETE = "aws cloudformation delete-stack --stack-name {name}, then deploy again."
_EVENTS = "aws cloudformation describe-stack-events --stack-name {name}"

_WAY_OUT = {
    StackStatus.CREATE_FAILED: "aws cloudformation rollback-stack --stack-name {name} "
    "(it removes what was created), then deploy again.",
    StackStatus.ROLLBACK_FAILED: "Remove what blocks it (" + _EVENTS + "), then "
    "" + _DELETE,
    StackStatus.DELETE_FAILED: "Remove what blocks the deletion ("
    + _EVENTS
    + "), then "
    "" + _DELETE,
    StackStatus.UPDATE_FAILED: "aws cloudformation rollback-stack --stack-name {name}, "
    "then deploy again.",
    StackStatus.UPDATE_ROLLBACK_FAILED: "Mend the cause (" + _EVENTS + "), then aws "
    "cloudformation continue-update-rollback --stack-name {name}.",
    StackStatus.IMPORT_ROLLBACK_FAILED: "Look at " + _EVENTS + "; no command leads out "
    "of it in general.",
}


def has_no_changes(change_set: ChangeSet) -> bool:
    """Tell whether a FAILED change set failed for want of changes.

    The reason decides, not an empty list: changes of outputs alone list none and are
    executable.
    """
    return change_set.status == "FAILED" and any(
        text in change_set.reason for text in _NO_CHANGES
    )
