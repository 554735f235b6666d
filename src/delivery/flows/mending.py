"""Lead a stack, from whatever status it is in, to where a change set can be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awsrules.statuses import StackStatus
from delivery.deploy.holdings import Holdings, holdings_of
from delivery.deploy.plan import Move, attention, plan_move
from delivery.errors import DeliveryError, OperationFailed, Refused
from delivery.flows.following import Followed, Watcher, detached, new_token
from delivery.model import Stack
from delivery.ports import DeployedStacks, StackUndo
from delivery.watch.causes import last_operation

# Waiting, continuing a rollback, deleting: more in a row would be a circle.
MOST_MOVES = 4


@dataclass(frozen=True, slots=True)
class Mender:
    """Asks, and does what the status calls for; without ``undo`` it only waits and deletes."""

    watcher: Watcher
    undo: StackUndo | None = None
    contents: DeployedStacks | None = None
    dry_run: bool = False

    def ready(self, name: str) -> Stack | None:
        """Return the stack, or None, once a change set can be made for it."""
        for _ in range(MOST_MOVES):
            stack = self.watcher.stacks.find(name)
            move = plan_move(stack)
            if stack is None or move in {Move.CREATE, Move.UPDATE}:
                return stack
            self._make(move, stack)
        raise OperationFailed(
            f"Stack {name} does not settle.",
            why=f"{MOST_MOVES} operations in a row led to no status that can be updated.",
            next_step="Find out who else works on it, then run the same command again.",
        )

    def _make(self, move: Move, stack: Stack) -> None:
        match move:
            case Move.WAIT:
                self._wait(stack)
            case Move.RECREATE:
                self._delete(stack)
            case Move.CONTINUE_ROLLBACK if self.undo is not None:
                self._lead_back(stack, "Continue its rollback?", self._go_on)
            case Move.ROLL_BACK if self.undo is not None:
                self._lead_back(
                    stack, "Roll it back to its last good state?", self._back
                )
            case _:
                raise attention(stack)

    def _wait(self, stack: Stack) -> None:
        """Wait for an operation that is under way, and say when it failed."""
        self.watcher.screen.say(
            f"Stack {stack.name} is in {stack.status}; waiting for it."
        )
        try:
            done = self.watcher.follow(f"{stack.name} (running operation)", stack.id)
        except KeyboardInterrupt as error:
            raise detached(stack.name) from error
        if done.stack is not None and not _went_well(done.stack):
            self._say_why(done.stack)

    def _delete(self, stack: Stack) -> None:
        """Delete what a failed create or a failed deletion left, after a question."""
        self.watcher.screen.warn(
            f"Stack {stack.name} is in {stack.status}. CloudFormation accepts nothing but "
            "its deletion."
        )
        self._say_why(stack)
        for line in self._held(stack).lines():
            self.watcher.screen.warn(line)
        self._agreed(
            stack, "Delete it and create it again?", "deleted and created again"
        )
        token = new_token("delete")
        self.watcher.stacks.delete(stack.id, token=token)
        done = self._followed(stack, f"{stack.name} (delete)", token)
        if done.stack and done.stack.status is not StackStatus.DELETE_COMPLETE:
            raise self.watcher.failure(done.stack, done.events)

    def _lead_back(
        self, stack: Stack, question: str, start: Callable[[Stack, str], None]
    ) -> None:
        self.watcher.screen.warn(f"Stack {stack.name} is in {stack.status}.")
        self._say_why(stack)
        self._agreed(stack, question, "led back to its last good state first")
        token = new_token("back")
        start(stack, token)
        done = self._followed(stack, f"{stack.name} (rollback)", token)
        if done.stack and plan_move(done.stack) not in {Move.UPDATE, Move.CREATE}:
            raise self.watcher.failure(done.stack, done.events)

    def _go_on(self, stack: Stack, token: str) -> None:
        if self.undo is not None:
            self.undo.continue_rollback(stack.id, token=token, skip=())

    def _back(self, stack: Stack, token: str) -> None:
        if self.undo is not None:
            self.undo.roll_back(stack.id, token=token)

    def _followed(self, stack: Stack, title: str, token: str) -> Followed:
        try:
            return self.watcher.follow(title, stack.id, token=token)
        except KeyboardInterrupt as error:
            raise detached(stack.name) from error

    def _agreed(self, stack: Stack, question: str, done: str) -> None:
        """Ask, or refuse in a dry run; declined is refused too."""
        if self.dry_run:
            raise Refused(
                f"Stack {stack.name} would be {done}.",
                why="That is more than a dry run may do.",
                next_step="Run it without --dry-run.",
            )
        if not self.watcher.screen.confirm(question):
            raise Refused(
                f"Stack {stack.name} stays in {stack.status}.",
                why="Nothing else leads out of it, and that was not confirmed.",
                next_step="Run the same command again when it should be done.",
            )

    def _say_why(self, stack: Stack) -> None:
        """Tell what failed first in the operation that led here, if it can be read."""
        try:
            events = last_operation(self.watcher.stacks.events(stack.id))
            cause = self.watcher.cause(events, stack.name)
        except DeliveryError:
            return
        if cause is not None:
            self.watcher.screen.warn(str(cause))

    def _held(self, stack: Stack) -> Holdings:
        """Return what the stack holds; unreadable is nothing known."""
        try:
            found = self.contents.contents(stack.id) if self.contents else None
        except DeliveryError:
            found = None
        return holdings_of(found) if found else Holdings()


def _went_well(stack: Stack) -> bool:
    return stack.status.succeeded or stack.status is StackStatus.DELETE_COMPLETE
