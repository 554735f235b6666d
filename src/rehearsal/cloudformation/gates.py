"""Which request a stack's status admits, and the words of the refusals.

Statuses: CloudFormation user guide, "Stack status codes", "Stack failure options", "Continue
rolling back an update". Texts as clients of CloudFormation (aws-cli, SAM CLI, CDK) match them.
"""

from __future__ import annotations

from awsrules.statuses import StackStatus as S
from awsrules.templates import TemplateError
from rehearsal.protocol import ApiError

_BUSY_DELETE = {
    S.UPDATE_IN_PROGRESS,
    S.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS,
    S.UPDATE_ROLLBACK_IN_PROGRESS,
    S.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS,
    S.ROLLBACK_IN_PROGRESS,
}


def invalid(message: str) -> ApiError:
    """Give CloudFormation's ValidationError."""
    return ApiError("ValidationError", message)


def invalid_template(error: TemplateError) -> ApiError:
    """Give a template's mistake with its place, as CloudFormation writes it."""
    place = f" (line {error.line}, column {error.column})" if error.line else ""
    return invalid(error.message + place)


def absent(name: str) -> ApiError:
    """Give the answer for a stack that is not there."""
    return invalid(f"Stack with id {name} does not exist")


def check_update(status: S, stack_id: str, *, disable_rollback: bool = False) -> None:
    """Refuse an update of a stack that cannot have one now."""
    paused = status in (S.CREATE_FAILED, S.UPDATE_FAILED)
    if status.can_be_updated or (paused and disable_rollback):
        return
    raise invalid(f"Stack:{stack_id} is in {status} state and can not be updated.")


def check_create(name: str, status: S | None) -> None:
    """Refuse to create what is there already."""
    if status is not None and not status.can_be_created:
        raise ApiError("AlreadyExistsException", f"Stack [{name}] already exists")


def check_cancel(status: S) -> None:
    """Refuse to cancel anything but an update under way."""
    if status is not S.UPDATE_IN_PROGRESS:
        raise invalid("CancelUpdateStack cannot be called from current stack status")


def check_continue(status: S) -> None:
    """Refuse to continue a rollback that did not fail."""
    if status is not S.UPDATE_ROLLBACK_FAILED:
        raise invalid(
            "ContinueUpdateRollback cannot be called from current stack status"
        )


def check_rollback(status: S) -> None:
    """Refuse to roll back anything but a paused failure."""
    if status not in (S.CREATE_FAILED, S.UPDATE_FAILED):
        raise invalid("RollbackStack cannot be called from current stack status")


def check_delete(status: S, stack_id: str, *, protected: bool) -> None:
    """Refuse to delete a protected stack, or one with an operation under way."""
    if protected:
        raise invalid(
            f"Stack [{stack_id.split('/')[1]}] cannot be deleted while "
            "TerminationProtection is enabled"
        )
    if status in _BUSY_DELETE:
        raise invalid(f"Stack [{stack_id}] cannot be deleted while in status {status}")


def check_force(status: S, stack_id: str) -> None:
    """Refuse to force the deletion of a stack whose deletion did not fail."""
    if status is not S.DELETE_FAILED:
        raise invalid(
            f"Invalid operation on stack [{stack_id}]. FORCE_DELETE_STACK can only be used "
            "with a DELETE_FAILED stack"
        )
