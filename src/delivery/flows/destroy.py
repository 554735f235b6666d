"""Delete stacks in order, each from whatever status it is in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from awsrules.statuses import StackStatus
from delivery.deploy.holdings import Holdings, holdings_of
from delivery.deploy.plan import Removal, plan_removal
from delivery.deploy.removal import DestroyPlan, StackRemoval, in_order
from delivery.errors import OperationFailed, Refused
from delivery.flows.following import Watcher, detached, new_token
from delivery.model import Stack
from delivery.ports import DeployedStacks, Pipelines

MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Destroyer:
    """Plans deletions, and makes them with the operator watching."""

    watcher: Watcher
    contents: DeployedStacks
    pipelines: Pipelines
    pipeline: str

    def plan(self, names: Iterable[str]) -> DestroyPlan:
        """Look at the stacks that are there; absent ones need nothing."""
        found = [self._look(name) for name in in_order(names)]
        return DestroyPlan(tuple(each for each in found if each is not None))

    def destroy(self, plan: DestroyPlan) -> None:
        """Delete the stacks one after the other; the first that stays ends it.

        Raises:
            Refused: while an execution works on them.
            OperationFailed: naming what blocks a deletion.
        """
        self.spare_running(plan)
        for each in plan.removals:
            self._remove(each.stack)

    def spare_running(self, plan: DestroyPlan) -> None:
        """Refuse while an execution would lose its pipeline, its roles or its stack."""
        if not plan.touches_pipeline or self.pipelines.state(self.pipeline) is None:
            return
        runs = self.pipelines.executions(self.pipeline, limit=10)
        running = [each for each in runs if each.status.running]
        if running:
            raise Refused(
                "Nothing was deleted.",
                why=f"Execution {running[0].id} is running and works on these stacks.",
                next_step="./deploy_pipeline.py stop, wait for its end, then run it again.",
            )

    def _look(self, name: str) -> StackRemoval | None:
        stack = self.watcher.stacks.find(name)
        removal = plan_removal(stack)
        if stack is None or removal is Removal.NOTHING:
            return None
        shell = stack.status.is_shell
        found = None if shell else self.contents.contents(stack.id)
        return StackRemoval(stack, removal, holdings_of(found) if found else Holdings())

    def _remove(self, stack: Stack) -> None:
        """Delete a stack, after whatever operation runs on it now."""
        current: Stack | None = stack
        for _ in range(MOST_TRIES):
            match plan_removal(current):
                case Removal.NOTHING:
                    self.watcher.screen.say(f"Stack {stack.name} is deleted.")
                    return
                case Removal.WAIT:
                    current = self._followed(stack, token="")  # nosec B106
                case _:
                    token = new_token("destroy")
                    self.watcher.stacks.delete(stack.id, token=token)
                    current = self._followed(stack, token=token)
        raise OperationFailed(
            f"Stack {stack.name} is still there.",
            why=f"It is in {current.status if current else 'no status'}.",
            next_step="Find out who else works on it, then run the same command again.",
        )

    def _followed(self, stack: Stack, *, token: str) -> Stack | None:
        try:
            done = self.watcher.follow(f"{stack.name} (delete)", stack.id, token=token)
        except KeyboardInterrupt as error:
            raise detached(stack.name) from error
        if done.stack and done.stack.status is StackStatus.DELETE_FAILED and token:
            raise self.watcher.failure(done.stack, done.events)
        return done.stack
