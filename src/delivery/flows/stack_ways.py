"""CloudFormation's own ways back: cancel, roll back, continue; and waiting for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from awsrules.statuses import StackStatus
from delivery.errors import OperationFailed
from delivery.flows.following import Followed, Watcher, detached, new_token
from delivery.flows.undone import Undone
from delivery.model import APPLICATION_STACK_PREFIX, RunningShift, Stack
from delivery.ports import Clock, Screen, Shifts, Stacks, StackUndo
from delivery.rollback.options import Way

PATIENCE_SECONDS = 1800.0


@dataclass(frozen=True)
class StackWays:
    """Operates one environment's stack, and waits for what it began."""

    environment: str
    stacks: Stacks
    shifts: Shifts
    undo: StackUndo
    clock: Clock
    screen: Screen
    poll_seconds: float = 5.0

    @property
    def watcher(self) -> Watcher:
        """What shows the stack's operations."""
        return Watcher(self.stacks, self.clock, self.screen, self.poll_seconds)

    @property
    def stack_name(self) -> str:
        """The environment's stack."""
        return f"{APPLICATION_STACK_PREFIX}{self.environment}"

    def cancel(self, stack: Stack, way: Way) -> Undone:
        """Stop shifts first: CloudFormation would start its own beside them."""
        self.stop_shifts(stack, self.shifts.running(stack.id))
        now = self.stacks.find(stack.id)
        if now is not None and now.status is StackStatus.UPDATE_IN_PROGRESS:
            self.undo.cancel_update(stack.id, token=new_token("cancel"))
        followed = self.wait_settled()
        done, after = self._ended(way, followed), followed.stack
        if after is None or after.status is not StackStatus.UPDATE_COMPLETE:
            return done
        return replace(
            done,
            summary="The update had succeeded before it could be cancelled.",
            next_step=f"./rollback.py {self.environment} --stack takes it back.",
        )

    def stop_shifts(self, stack: Stack, shifts: Sequence[RunningShift]) -> None:
        """Stop deployments, have their traffic returned, and wait for that."""
        for shift in shifts:
            self.shifts.stop(shift)
            self.screen.say(f"Deployment {shift.id} was stopped; its traffic returns.")
        deadline = self.clock.monotonic() + PATIENCE_SECONDS
        while shifts and self.shifts.running(stack.id):
            if self.clock.monotonic() > deadline:
                raise OperationFailed(
                    "A deployment does not end.",
                    why="It was told to stop half an hour ago.",
                    next_step=f"./rollback.py {self.environment}",
                )
            self.clock.sleep(self.poll_seconds)

    def continue_rollback(self, stack: Stack, skip: Sequence[str]) -> Undone:
        """Go on with a rollback that got stuck, without the resources in ``skip``."""
        done = self._operate(
            stack,
            Way.CONTINUE_ROLLBACK,
            lambda token: self.undo.continue_rollback(stack.id, token=token, skip=skip),
        )
        if not skip:
            return done
        return replace(
            done,
            summary=f"{done.summary} Skipped: {', '.join(skip)}.",
            next_step="CloudFormation takes what was skipped as rolled back, and did not "
            "touch it. Bring it to what the template says before the next deployment, "
            "which may fail otherwise.",
        )

    def roll_back(self, stack: Stack) -> Undone:
        """Lead a paused stack back to its last stable state."""
        return self._operate(
            stack,
            Way.ROLL_BACK_STACK,
            lambda token: self.undo.roll_back(stack.id, token=token),
        )

    def await_end(self) -> Undone:
        """Wait until a rollback that was begun has ended; it may have ended already."""
        return self._ended(Way.AWAIT, self.wait_settled())

    def wait_settled(self) -> Followed:
        """Show what is in progress until it has ended; it may have ended already."""
        stack = self.stacks.find(self.stack_name)
        if stack is None or stack.status.settled:
            return Followed(stack, [])
        return self._follow(stack, "running operation")

    def _operate(self, stack: Stack, way: Way, start: Callable[[str], None]) -> Undone:
        token = new_token("rollback")
        start(token)
        done = self._follow(stack, "rollback", token=token)
        if stack.status is StackStatus.CREATE_FAILED and done.gone:
            return Undone(self.environment, way, "The stack is deleted.")
        return self._ended(way, done)

    def _follow(self, stack: Stack, what: str, *, token: str = "") -> Followed:
        title = f"{stack.name} ({what})"
        try:
            return self.watcher.follow(title, stack.id, token=token)
        except KeyboardInterrupt as error:
            raise detached(stack.name) from error

    def _ended(self, way: Way, done: Followed) -> Undone:
        stack = done.stack
        if stack is None or done.gone or stack.status.needs_a_person:
            cause = self.watcher.cause(done.events, self.stack_name)
            raise OperationFailed(
                f"Stack {self.stack_name} is in {stack.status if stack else 'no state'}.",
                why=str(cause or (stack.reason if stack else "It is gone.")),
                next_step=f"./rollback.py {self.environment}",
            )
        return Undone(self.environment, way, f"Stack {stack.name}: {stack.status}.")
