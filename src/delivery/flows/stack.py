"""Bring one stack to what a request says: change set, confirmation, live view, outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from delivery.deploy.apply import POLL_SECONDS as CHANGE_SET_POLL_SECONDS
from delivery.deploy.apply import prepare
from delivery.deploy.plan import Move, has_no_changes, plan_move
from delivery.errors import DeliveryError, OperationFailed, Refused, Terminated
from delivery.flows.following import Followed, Watcher, detached
from delivery.flows.following import new_token as new_token
from delivery.flows.mending import Mender
from delivery.flows.widening import widened_by
from delivery.model import Cause, ChangeSet, ResourceChange, Stack, StackRequest
from delivery.ports import Clock, DeployedStacks, Screen, Stacks, StackUndo
from delivery.watch.causes import explain
from delivery.watch.events import POLL_SECONDS
from delivery.watch.history import CREATE, UPDATE

CANCEL, DETACH = "cancel", "detach"


@dataclass(frozen=True, slots=True)
class StackDeployment:
    """How a stack's deployment ended: ``stack`` is None after a dry run of a create.

    ``widened`` says what is allowed that was not before.
    """

    stack: Stack | None
    changed: bool
    changes: tuple[ResourceChange, ...] = ()
    created: bool = False
    widened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StackDeployer:
    """Deploys stacks one after the other, with the operator watching.

    ``undo`` leads stuck stacks out and cancels operations; ``contents`` tells what a
    deletion would take along.
    """

    stacks: Stacks
    clock: Clock
    screen: Screen
    dry_run: bool = False
    poll_seconds: float = POLL_SECONDS
    change_set_poll_seconds: float = CHANGE_SET_POLL_SECONDS
    undo: StackUndo | None = None
    contents: DeployedStacks | None = None

    def deploy(
        self,
        request: StackRequest,
        *,
        before_execute: Callable[[ChangeSet], None] = lambda change_set: None,
    ) -> StackDeployment:
        """Bring the stack to ``request``; ``before_execute`` may refuse the change set."""
        mender = Mender(self._watcher, self.undo, self.contents, self.dry_run)
        stack = mender.ready(request.name)
        create = plan_move(stack) is Move.CREATE
        if stack is not None and not create:
            request = replace(request, basis=str(stack.changed_at))
        change_set = self._prepared(request, create)
        if has_no_changes(change_set):
            self._remove_shell(request.name, create)
            self.screen.say(f"Stack {request.name}: no changes.")
            return StackDeployment(stack, changed=False)
        if change_set.status == "FAILED":
            self._remove_shell(request.name, create)
            raise _refused(request, change_set)
        more = widened_by(change_set, request, stack, self.contents, self.screen)
        seen = StackDeployment(stack, True, change_set.changes, widened=more)
        if not self._agreed(request, change_set, seen, create, before_execute):
            return seen
        done = self._execute(request, change_set, create)
        return replace(seen, stack=done, created=create)

    @property
    def _watcher(self) -> Watcher:
        return Watcher(self.stacks, self.clock, self.screen, self.poll_seconds)

    def _prepared(self, request: StackRequest, create: bool) -> ChangeSet:
        """Make the change set; whatever stops it leaves no empty stack."""
        title = f"Stack {request.name}: waiting for the change set"
        try:
            with self.screen.working(title):
                return prepare(
                    self.stacks,
                    self.clock,
                    request,
                    create=create,
                    poll_seconds=self.change_set_poll_seconds,
                )
        except BaseException:
            self._remove_shell(request.name, create)
            raise

    def _agreed(
        self,
        request: StackRequest,
        change_set: ChangeSet,
        seen: StackDeployment,
        create: bool,
        before_execute: Callable[[ChangeSet], None],
    ) -> bool:
        """Show the change set and ask; whatever is not agreed to is removed again."""
        agreed = False
        try:
            title = f"Stack {request.name}: {'create' if create else 'update'}"
            self.screen.changes(title, seen.changes, widened=seen.widened)
            before_execute(change_set)
            agreed = not self.dry_run and self.screen.confirm("Execute these changes?")
        finally:
            if not agreed:
                self._discard(change_set)
                self._remove_shell(request.name, create)
        if not agreed and not self.dry_run:
            raise Refused(
                f"Stack {request.name} was left as it is.",
                why="The changes were not confirmed.",
                next_step="Run it again when they should be made.",
            )
        return agreed

    def _discard(self, change_set: ChangeSet) -> None:
        try:
            self.stacks.discard(change_set)
        except DeliveryError as error:
            self.screen.warn(f"{error.what} The next deployment replaces it.")

    def _remove_shell(self, name: str, create: bool) -> None:
        """Delete the empty stack that a CREATE change set makes.

        What cannot be removed now is adopted by the next deployment.
        """
        if not create:
            return
        try:
            stack = self.stacks.find(name)
            if stack is not None and stack.status.is_shell:
                self.stacks.delete(stack.id, token=new_token("delete"))
        except DeliveryError as error:
            self.screen.warn(
                f"{error.what} The next deployment adopts the empty stack."
            )

    def _execute(
        self, request: StackRequest, change_set: ChangeSet, create: bool
    ) -> Stack:
        token = new_token("deploy")
        try:
            self.stacks.execute(change_set, token=token)
        except KeyboardInterrupt as error:
            raise detached(request.name) from error
        try:
            done = self._watcher.follow(
                request.name,
                change_set.stack_id,
                token=token,
                verb=CREATE if create else UPDATE,
            )
        except Terminated as error:
            raise detached(request.name) from error
        except KeyboardInterrupt as error:
            return self._interrupted(request.name, change_set, create, error)
        return self._ended(request.name, done)

    def _ended(self, name: str, done: Followed) -> Stack:
        """Return the stack when the operation did what it should; else say why not."""
        if done.stack is None:
            raise OperationFailed(
                f"Stack {name} disappeared while it was deployed.",
                why="Somebody deleted it.",
                next_step="Deploy again.",
            )
        if not done.stack.status.succeeded:
            raise self._watcher.failure(done.stack, done.events)
        return done.stack

    def _interrupted(
        self, name: str, change_set: ChangeSet, create: bool, cause: BaseException
    ) -> Stack:
        """Ask whether to cancel or to leave it alone; a second interrupt leaves it."""
        try:
            chosen = self.screen.choose(
                f"Stack {name} is being changed. Take it back, or leave it to go on?",
                (CANCEL, DETACH),
                default=DETACH,
            )
            if chosen == DETACH or not self._cancel(change_set, create):
                raise detached(name) from cause
            done = self._watcher.follow(f"{name} (cancel)", change_set.stack_id)
        except KeyboardInterrupt as error:
            raise detached(name) from error
        if done.stack is not None and done.stack.status.succeeded:
            self.screen.say("It was too late to cancel: the operation had ended.")
            return done.stack
        status = done.stack.status.value if done.stack else "gone"
        raise OperationFailed(
            f"The deployment of stack {name} was cancelled.",
            why=f"You cancelled it; the stack is {status}.",
            next_step="Run the same command again when it should be made.",
        )

    def _cancel(self, change_set: ChangeSet, create: bool) -> bool:
        """Start taking the operation back; False when nothing can."""
        if create:
            # A create cannot be cancelled; it is deleted.
            self.stacks.delete(change_set.stack_id, token=new_token("cancel"))
            return True
        if self.undo is None:
            return False
        self.undo.cancel_update(change_set.stack_id, token=new_token("cancel"))
        return True


def _refused(request: StackRequest, change_set: ChangeSet) -> OperationFailed:
    given = Cause(request.name, "change set", change_set.reason)
    cause = explain(next(iter(change_set.findings), given))
    first = str(cause) if change_set.findings else cause.reason
    others = [f"{each}" for each in change_set.findings[1:]]
    return OperationFailed(
        f"The change set for stack {request.name} was refused: {first}",
        why="\n".join(filter(None, [cause.meaning, *others])),
        next_step=cause.next_step,
    )
