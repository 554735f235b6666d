"""Bring one stack to what a request says: change set, confirmation, live view, outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from delivery.deploy.apply import POLL_SECONDS as CHANGE_SET_POLL_SECONDS
from delivery.deploy.apply import prepare
from delivery.deploy.plan import Move, attention, has_no_changes, plan_move
from delivery.errors import Detached, OperationFailed, Refused
from delivery.model import Cause, ChangeSet, Stack, StackEvent, StackRequest
from delivery.ports import Clock, Screen, Stacks
from delivery.watch.causes import explain, failed_nested_stack, root_cause
from delivery.watch.events import POLL_SECONDS, Follower


@dataclass(frozen=True, slots=True)
class StackDeployment:
    """How a stack's deployment ended: ``stack`` is None after a dry run of a create."""

    stack: Stack | None
    changed: bool


@dataclass(frozen=True, slots=True)
class StackDeployer:
    """Deploys stacks one after the other, with the operator watching."""

    stacks: Stacks
    clock: Clock
    screen: Screen
    dry_run: bool = False
    poll_seconds: float = POLL_SECONDS
    change_set_poll_seconds: float = CHANGE_SET_POLL_SECONDS

    def deploy(
        self,
        request: StackRequest,
        *,
        before_execute: Callable[[ChangeSet], None] = lambda change_set: None,
    ) -> StackDeployment:
        """Bring the stack to ``request``; ``before_execute`` may refuse the change set."""
        stack = self._ready_stack(request.name)
        create = plan_move(stack) is not Move.UPDATE
        change_set = prepare(
            self.stacks,
            self.clock,
            request,
            create=create,
            poll_seconds=self.change_set_poll_seconds,
        )
        if has_no_changes(change_set):
            self._remove_shell(change_set, create)
            self.screen.say(f"Stack {request.name}: no changes.")
            return StackDeployment(stack, changed=False)
        if change_set.status == "FAILED":
            self._remove_shell(change_set, create)
            raise _refused(request, change_set)
        if not self._agreed(request, change_set, create, before_execute):
            return StackDeployment(stack, changed=True)
        return StackDeployment(self._execute(request, change_set), changed=True)

    def _ready_stack(self, name: str) -> Stack | None:
        """Return the stack once a change set can be made for it."""
        stack = self.stacks.find(name)
        if plan_move(stack) is Move.WAIT and stack is not None:
            self.screen.say(f"Stack {name} is in {stack.status}; waiting for it.")
            self._follow(
                f"{name} (running operation)",
                stack.id,
                token="",  # nosec B106  # no secret
            )
            stack = self.stacks.find(name)
        if plan_move(stack) is Move.RECREATE and stack is not None:
            self._delete_failed_create(stack)
            stack = None
        return stack

    def _delete_failed_create(self, stack: Stack) -> None:
        """Delete what a failed create left: a name without resources."""
        self.screen.warn(
            f"Stack {stack.name} is in {stack.status}: its creation failed and was taken "
            "back. CloudFormation accepts nothing but its deletion."
        )
        if self.dry_run:
            raise Refused(
                f"Stack {stack.name} would be deleted and created again.",
                why="That is more than a dry run may do.",
                next_step="Run it without --dry-run.",
            )
        if not self.screen.confirm("Delete it and create it again?"):
            raise attention_declined(stack)
        token = new_token("delete")
        self.stacks.delete(stack.id, token=token)
        gone = self._follow(f"{stack.name} (delete)", stack.id, token=token)
        if gone is not None and gone.status.needs_a_person:
            raise attention(gone)

    def _agreed(
        self,
        request: StackRequest,
        change_set: ChangeSet,
        create: bool,
        before_execute: Callable[[ChangeSet], None],
    ) -> bool:
        """Show the change set and ask; whatever is not agreed to is removed again."""
        agreed = False
        try:
            title = f"Stack {request.name}: {'create' if create else 'update'}"
            self.screen.changes(title, change_set.changes)
            before_execute(change_set)
            agreed = not self.dry_run and self.screen.confirm("Execute these changes?")
        finally:
            if not agreed:
                self.stacks.discard(change_set)
                self._remove_shell(change_set, create)
        if not agreed and not self.dry_run:
            raise Refused(
                f"Stack {request.name} was left as it is.",
                why="The changes were not confirmed.",
                next_step="Run it again when they should be made.",
            )
        return agreed

    def _remove_shell(self, change_set: ChangeSet, create: bool) -> None:
        """Delete the empty stack that a CREATE change set makes."""
        if not create:
            return
        stack = self.stacks.find(change_set.stack_id)
        if stack is not None and stack.status.is_shell:
            self.stacks.delete(stack.id, token=new_token("delete"))

    def _execute(self, request: StackRequest, change_set: ChangeSet) -> Stack:
        token = new_token("deploy")
        since = self.stacks.newest_event(change_set.stack_id)
        self.stacks.execute(change_set, token=token)
        try:
            stack = self._follow(request.name, change_set.stack_id, token, since)
        except KeyboardInterrupt as error:
            raise detached(request.name) from error
        if stack is None:
            raise OperationFailed(
                f"Stack {request.name} disappeared while it was deployed.",
                why="Somebody deleted it.",
                next_step="Deploy again.",
            )
        return stack

    def _follow(
        self, title: str, stack_id: str, token: str, since: str = ""
    ) -> Stack | None:
        """Show an operation until it ends; raise its root cause when it failed."""
        if not token and not since:
            since = self.stacks.newest_event(stack_id)
        with self.screen.watch(title) as live:
            follower = Follower(
                self.stacks,
                self.clock,
                stack_id,
                token=token,
                since=since,
                poll_seconds=self.poll_seconds,
                on_wait=live.tick,
                on_trouble=live.note,
            )
            for event in follower:
                live.event(event)
        stack = follower.stack
        if token and stack is not None and not _as_wanted(stack):
            raise self._failure(stack, follower.seen)
        return stack

    def _failure(self, stack: Stack, events: list[StackEvent]) -> OperationFailed:
        cause = self._root_cause(events, stack.name)
        why = "CloudFormation gave no reason." if cause is None else str(cause)
        meaning = "" if cause is None or not cause.meaning else f"\n{cause.meaning}"
        return OperationFailed(
            f"Stack {stack.name} ended in {stack.status}.",
            why=why + meaning,
            next_step=cause.next_step if cause else f"Look at stack {stack.name}.",
        )

    def _root_cause(self, events: list[StackEvent], name: str) -> Cause | None:
        """Go down into nested stacks as far as the first failure leads."""
        for _ in range(5):
            nested = failed_nested_stack(events)
            deeper = self.stacks.events(nested) if nested else []
            if not any(each.failed for each in deeper):
                break
            events = deeper
        return root_cause(events, stack_name=name)


def new_token(verb: str) -> str:
    """Return a request token: letters, digits and hyphens, new for each operation."""
    return f"{verb}-{uuid4()}"


def detached(name: str) -> Detached:
    """Say that the operation goes on, and how to come back to it."""
    return Detached(
        f"Stack {name} goes on without us.",
        why="You interrupted the watching, not the operation.",
        next_step="Run the same command again: it waits for the operation and goes on.",
    )


def attention_declined(stack: Stack) -> Refused:
    """Say what to do with a failed create that was not to be deleted."""
    return Refused(
        f"Stack {stack.name} stays in {stack.status}.",
        why="Nothing but its deletion is possible, and that was not confirmed.",
        next_step=f"aws cloudformation delete-stack --stack-name {stack.name}",
    )


def _as_wanted(stack: Stack) -> bool:
    return stack.status.succeeded or stack.status.value == "DELETE_COMPLETE"


def _refused(request: StackRequest, change_set: ChangeSet) -> OperationFailed:
    given = Cause(request.name, "change set", change_set.reason)
    cause = explain(next(iter(change_set.findings), given))
    found = [f"{each}" for each in change_set.findings] or [change_set.reason]
    return OperationFailed(
        f"CloudFormation refused the change set for stack {request.name}.",
        why="\n".join(filter(None, [*found, cause.meaning])),
        next_step=cause.next_step,
    )
