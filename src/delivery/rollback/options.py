"""For each choice of the menu: the way it goes from here, or why it cannot go now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from awsrules.statuses import StackStatus
from delivery.rollback.situation import Known, Situation


class Choice(StrEnum):
    """What the operator can ask for."""

    STACK = "stack"
    FUNCTION = "function"
    CANCEL = "cancel"


class Way(StrEnum):
    """How it is done."""

    TRAFFIC_FIRST = "traffic_first"
    CANCEL_UPDATE = "cancel_update"
    STOP_SHIFTS = "stop_shifts"
    ROLL_BACK_STACK = "roll_back_stack"
    CONTINUE_ROLLBACK = "continue_rollback"
    AWAIT = "await"
    MOVE_ONE_ALIAS = "move_one_alias"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice with its way; without one ``reason`` says why it cannot be done now."""

    choice: Choice
    way: Way | None
    reason: str

    @property
    def possible(self) -> bool:
        """Whether it can be done now."""
        return self.way is not None


# Updated and usable; old resources are being removed.
_CLEANING = StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
_NEVER_SERVED = {
    StackStatus.REVIEW_IN_PROGRESS: "it was never deployed",
    StackStatus.CREATE_IN_PROGRESS: "it is being created; there is nothing before it",
    StackStatus.ROLLBACK_IN_PROGRESS: "its creation failed and is being taken back",
    StackStatus.ROLLBACK_COMPLETE: "its creation failed; only deleting it is possible",
    StackStatus.ROLLBACK_FAILED: "its creation failed, and so did taking that back; "
    "delete it",
    StackStatus.DELETE_IN_PROGRESS: "it is being deleted",
    StackStatus.DELETE_FAILED: "its deletion failed; delete it again",
    StackStatus.DELETE_COMPLETE: "it is deleted",
    StackStatus.IMPORT_IN_PROGRESS: "resources are being imported; wait",
    StackStatus.IMPORT_ROLLBACK_IN_PROGRESS: "an import is being taken back; wait",
    StackStatus.IMPORT_ROLLBACK_FAILED: "an import could not be taken back; "
    "CloudFormation wants a person for that",
}
# Somebody's cancelling, or a failure, leads back; it ends by itself.
_GOES_BACK = {
    StackStatus.UPDATE_ROLLBACK_IN_PROGRESS: "it is being rolled back already",
    StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: "it was just rolled back "
    "and cleans up",
}
_AWAITED = "this waits for it, and verifies"


def options_of(
    situation: Situation, target: Known | None, *, chosen: bool = False
) -> tuple[Option, ...]:
    """Return the three choices in the menu's order.

    ``target`` is where STACK would go; ``chosen`` says that the operator named it. Unnamed,
    no release is left that was just brought back: the same command, run once more by
    somebody whose first one was killed, would otherwise go one release further.
    """
    return (
        _stack(situation, target, chosen),
        _function(situation),
        _cancel(situation),
    )


def best_of(situation: Situation, options: tuple[Option, ...]) -> Choice | None:
    """Return the choice that fits best, or None when leaving is best."""
    possible = {each.choice: each for each in options if each.possible}
    if Choice.CANCEL in possible:
        return Choice.CANCEL
    whole = possible.get(Choice.STACK)
    if whole is None:
        return None
    if not situation.live_is_good or situation.unfinished is not None:
        return Choice.STACK
    stack = situation.stack
    calm = whole.way is Way.AWAIT and stack is not None and stack.status.settled
    return None if calm or whole.way is Way.TRAFFIC_FIRST else Choice.STACK


def _stack(situation: Situation, target: Known | None, chosen: bool) -> Option:
    stack = situation.stack
    if stack is None:
        return Option(Choice.STACK, None, "there is no stack")
    match stack.status:
        case StackStatus.UPDATE_IN_PROGRESS:
            return Option(Choice.STACK, Way.CANCEL_UPDATE, "an update is under way")
        case StackStatus.UPDATE_ROLLBACK_FAILED:
            return Option(
                Choice.STACK, Way.CONTINUE_ROLLBACK, "a rollback got stuck; it goes on"
            )
        case StackStatus.UPDATE_FAILED:
            return Option(
                Choice.STACK, Way.ROLL_BACK_STACK, "an update failed and was paused"
            )
        case StackStatus.CREATE_FAILED:
            return Option(
                Choice.STACK,
                Way.ROLL_BACK_STACK,
                "its creation failed and was paused: rolling back DELETES the stack",
            )
        case status if status in _NEVER_SERVED:
            return Option(Choice.STACK, None, _NEVER_SERVED[status])
        case status if status in _GOES_BACK:
            return _awaited(Choice.STACK, status)
        case status:
            back = "" if chosen else _is_back(situation, status)
            if back:
                return Option(Choice.STACK, Way.AWAIT, back)
            return _traffic_first(situation, target)


def _awaited(choice: Choice, status: StackStatus) -> Option:
    return Option(choice, Way.AWAIT, f"{_GOES_BACK[status]}; {_AWAITED}")


def _is_back(situation: Situation, status: StackStatus) -> str:
    """Say that the way back was gone already; empty when it was not."""
    if situation.unfinished is not None or situation.shifts:
        return ""
    serves = f"release {situation.live} serves; this verifies it, and --to goes further"
    if situation.live_awaits_verdict:
        return f"a rollback has ended and was not verified: {serves}"
    taken_back = status is StackStatus.UPDATE_ROLLBACK_COMPLETE
    if taken_back and situation.live_is_good:
        return f"the last update was taken back already: {serves}"
    return ""


def _traffic_first(situation: Situation, target: Known | None) -> Option:
    if target is None:
        return Option(Choice.STACK, None, "no other release was ever verified")
    if situation.unfinished is not None:
        said = f"a rollback to release {target.number} was begun and not ended"
        return Option(Choice.STACK, Way.TRAFFIC_FIRST, said)
    doubt = "" if target.good else ", which was never verified"
    return Option(Choice.STACK, Way.TRAFFIC_FIRST, f"to release {target.number}{doubt}")


def _function(situation: Situation) -> Option:
    stack = situation.stack
    if stack is None:
        return Option(Choice.FUNCTION, None, "there is no stack")
    if stack.status in _NEVER_SERVED:
        return Option(Choice.FUNCTION, None, _NEVER_SERVED[stack.status])
    if stack.status in _GOES_BACK:
        return Option(Choice.FUNCTION, None, f"{_GOES_BACK[stack.status]}; wait")
    if situation.shifts or stack.status.busy:
        said = "traffic is being shifted; cancel the update first"
        return Option(Choice.FUNCTION, None, said)
    if situation.unfinished is not None:
        said = "a rollback of the whole stack was begun; let it end first"
        return Option(Choice.FUNCTION, None, said)
    return Option(Choice.FUNCTION, Way.MOVE_ONE_ALIAS, "one alias, pinned until then")


def _cancel(situation: Situation) -> Option:
    stack = situation.stack
    if stack is not None and stack.status is StackStatus.UPDATE_IN_PROGRESS:
        return Option(Choice.CANCEL, Way.CANCEL_UPDATE, "an update is under way")
    if stack is not None and stack.status is StackStatus.UPDATE_ROLLBACK_IN_PROGRESS:
        return _awaited(Choice.CANCEL, stack.status)
    if situation.shifts:
        return Option(Choice.CANCEL, Way.STOP_SHIFTS, "traffic is being shifted")
    if stack is not None and stack.status is _CLEANING:
        said = "the update has succeeded already and only cleans up; roll it back"
        return Option(Choice.CANCEL, None, said)
    return Option(Choice.CANCEL, None, "no update is under way")
