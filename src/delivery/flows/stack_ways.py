"""CloudFormation's own ways back: cancel, roll back, continue; and waiting for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from awsrules.statuses import StackStatus
from delivery.errors import OperationFailed
from delivery.flows.stack import new_token
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
    def stack_name(self) -> str:
        """The environment's stack."""
        return f"{APPLICATION_STACK_PREFIX}{self.environment}"

    def cancel(self, stack: Stack, way: Way) -> Undone:
        """Stop shifts first: CloudFormation would start its own beside them."""
        self.stop_shifts(stack, self.shifts.running(stack.id))
        now = self.stacks.find(stack.id)
        if now is not None and now.status is StackStatus.UPDATE_IN_PROGRESS:
            self.undo.cancel_update(stack.id, token=new_token("cancel"))
        done = self._ended(way)
        after = self.stacks.find(stack.id)
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
        return self._ended(Way.AWAIT)

    def wait_settled(self) -> Stack | None:
        """Return the stack when nothing is in progress any more.

        Raises:
            OperationFailed: when that takes longer than half an hour.
        """
        deadline = self.clock.monotonic() + PATIENCE_SECONDS
        while True:
            stack = self.stacks.find(self.stack_name)
            if stack is None or stack.status.settled:
                return stack
            if self.clock.monotonic() > deadline:
                raise OperationFailed(
                    f"Stack {stack.name} is still in {stack.status}.",
                    why="It did not end within half an hour.",
                    next_step=f"./rollback.py {self.environment}, when it has.",
                )
            self.clock.sleep(self.poll_seconds)

    def _operate(self, stack: Stack, way: Way, start: Callable[[str], None]) -> Undone:
        start(new_token("rollback"))
        return self._ended(way, gone_is_fine=stack.status is StackStatus.CREATE_FAILED)

    def _ended(self, way: Way, *, gone_is_fine: bool = False) -> Undone:
        stack = self.wait_settled()
        if stack is None and gone_is_fine:
            return Undone(self.environment, way, "The stack is deleted.")
        if stack is None or stack.status.needs_a_person:
            raise OperationFailed(
                f"Stack {self.stack_name} is in {stack.status if stack else 'no state'}.",
                why=stack.reason if stack else "It is gone.",
                next_step=f"./rollback.py {self.environment}",
            )
        return Undone(self.environment, way, f"Stack {stack.name}: {stack.status}.")
