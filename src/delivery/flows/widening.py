"""Compare a stack's permissions with those that a change set would give."""

from __future__ import annotations

from awsrules.templates import TemplateError
from delivery.deploy.widening import widened
from delivery.errors import DeliveryError
from delivery.model import ChangeSet, Stack, StackContents, StackRequest
from delivery.model.marks import changes_permissions
from delivery.ports import DeployedStacks, Screen


def widened_by(
    change_set: ChangeSet,
    request: StackRequest,
    stack: Stack | None,
    contents: DeployedStacks | None,
    screen: Screen,
) -> tuple[str, ...]:
    """Return what the stack would allow more than now; a new stack has no now.

    Nothing is read unless a change concerns permissions. What cannot be compared is
    said, and stops nothing.
    """
    if stack is None or stack.status.is_shell or contents is None:
        return ()
    if not any(changes_permissions(each) for each in change_set.changes):
        return ()
    try:
        held = contents.contents(stack.id)
        return _compared(held, request) if held else ()
    except (DeliveryError, TemplateError) as error:
        screen.warn(f"Permissions could not be compared with those before: {error}")
        return ()


def _compared(held: StackContents, request: StackRequest) -> tuple[str, ...]:
    before = held.stack.parameters
    kept = {name: before[name] for name in request.keeps if name in before}
    return widened(
        held.template,
        held.template if request.same_template else request.template,
        old_parameters=before,
        new_parameters={**kept, **request.parameters},
    )
