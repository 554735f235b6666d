"""Decide what a stack's status allows, and what a change set says."""

from __future__ import annotations

from enum import Enum, auto

from awsrules.statuses import StackStatus
from delivery.errors import Refused
from delivery.model import APPLICATION_STACK_PREFIX, ChangeSet, Stack

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
    ROLL_BACK = auto()
    CONTINUE_ROLLBACK = auto()
    REFUSE = auto()


class Removal(Enum):
    """What leads from a stack's present status to its absence."""

    NOTHING = auto()
    DELETE = auto()
    WAIT = auto()
    DELETE_AGAIN = auto()


class Repeat(Enum):
    """Whether a deployment that failed on a stack may be tried again as it is."""

    RETRY = auto()
    WAIT = auto()
    REFUSE = auto()


class StackNeedsAttention(Refused):
    """The stack is in a status that only a person leads out of."""


# Each status, and what `deploy` does first, what `destroy` does, and what `retry` does.
# Source: AWS CloudFormation User Guide, "Stack status codes", and the API's reference of
# CancelUpdateStack, ContinueUpdateRollback, DeleteStack and RollbackStack.
_TABLE: dict[StackStatus | None, tuple[Move, Removal, Repeat]] = {
    None: (Move.CREATE, Removal.NOTHING, Repeat.RETRY),
    StackStatus.DELETE_COMPLETE: (Move.CREATE, Removal.NOTHING, Repeat.RETRY),
    StackStatus.REVIEW_IN_PROGRESS: (Move.CREATE, Removal.DELETE, Repeat.RETRY),
    StackStatus.CREATE_COMPLETE: (Move.UPDATE, Removal.DELETE, Repeat.RETRY),
    StackStatus.UPDATE_COMPLETE: (Move.UPDATE, Removal.DELETE, Repeat.RETRY),
    StackStatus.IMPORT_COMPLETE: (Move.UPDATE, Removal.DELETE, Repeat.RETRY),
    StackStatus.UPDATE_ROLLBACK_COMPLETE: (
        Move.UPDATE,
        Removal.DELETE,
        Repeat.RETRY,
    ),
    StackStatus.IMPORT_ROLLBACK_COMPLETE: (
        Move.UPDATE,
        Removal.DELETE,
        Repeat.RETRY,
    ),
    StackStatus.ROLLBACK_COMPLETE: (Move.RECREATE, Removal.DELETE, Repeat.REFUSE),
    StackStatus.ROLLBACK_FAILED: (Move.RECREATE, Removal.DELETE, Repeat.REFUSE),
    StackStatus.CREATE_FAILED: (Move.RECREATE, Removal.DELETE, Repeat.REFUSE),
    StackStatus.DELETE_FAILED: (
        Move.RECREATE,
        Removal.DELETE_AGAIN,
        Repeat.REFUSE,
    ),
    StackStatus.UPDATE_FAILED: (Move.ROLL_BACK, Removal.DELETE, Repeat.REFUSE),
    StackStatus.UPDATE_ROLLBACK_FAILED: (
        Move.CONTINUE_ROLLBACK,
        Removal.DELETE,
        Repeat.REFUSE,
    ),
    StackStatus.IMPORT_ROLLBACK_FAILED: (Move.REFUSE, Removal.DELETE, Repeat.REFUSE),
    **{
        each: (Move.WAIT, Removal.WAIT, Repeat.WAIT)
        for each in StackStatus
        if each.busy
    },
}


def plan_move(stack: Stack | None) -> Move:
    """Choose what leads from the stack's status to its deployment."""
    return _TABLE[stack.status if stack else None][0]


def plan_removal(stack: Stack | None) -> Removal:
    """Choose what leads from the stack's status to its absence."""
    return _TABLE[stack.status if stack else None][1]


def plan_repeat(stack: Stack | None) -> Repeat:
    """Tell whether a failed deployment of the stack may be tried again as it is."""
    return _TABLE[stack.status if stack else None][2]


def attention(stack: Stack, *, verb: str = "updated") -> StackNeedsAttention:
    """Say what is wrong with a stuck stack, and which command leads out."""
    since = f" since {stack.changed_at:%H:%M} UTC" if stack.changed_at else ""
    reason = f": {stack.reason}" if stack.reason else "."
    return StackNeedsAttention(
        f"Stack {stack.name} cannot be {verb}.",
        why=f"It is in {stack.status}{since}{reason}",
        next_step=way_out(stack),
    )


def way_out(stack: Stack) -> str:
    """Return the command that leads a stuck stack out of its status."""
    if stack.status is StackStatus.IMPORT_ROLLBACK_FAILED:
        return (
            "aws cloudformation describe-stack-events --stack-name "
            f"{stack.name} names what could not be put back; no command leads out "
            "in general."
        )
    environment = stack.name.removeprefix(APPLICATION_STACK_PREFIX)
    if environment == stack.name:
        return "./deploy_pipeline.py: it asks, and leads the stack out."
    if plan_move(stack) is Move.RECREATE:
        return (
            f"./deploy_pipeline.py destroy --stack-name {stack.name}, then "
            "./deploy_pipeline.py start."
        )
    return f"./rollback.py {environment} --stack, then ./deploy_pipeline.py start."


def has_no_changes(change_set: ChangeSet) -> bool:
    """Tell whether a FAILED change set failed for want of changes.

    The reason decides, not an empty list: changes of outputs alone list none and are
    executable.
    """
    return change_set.status == "FAILED" and any(
        text in change_set.reason for text in _NO_CHANGES
    )
