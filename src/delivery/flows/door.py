"""The way into the pipeline's deploy stage, closed while a rollback is under way."""

from __future__ import annotations

from dataclasses import dataclass

from awsrules.statuses import ExecutionStatus
from delivery.errors import Refused
from delivery.model import StageState
from delivery.ports import Pipelines, Screen, Transitions
from delivery.rollback.situation import (
    PIN_REASON,
    freeze_reason,
    is_ours,
    unfinished_release,
)


@dataclass(frozen=True)
class StageDoor:
    """Keeps executions out of one stage, and remembers there what a rollback began."""

    pipelines: Pipelines
    transitions: Transitions
    screen: Screen
    pipeline: str
    stage: str

    def look(self) -> StageState | None:
        """Return the stage as it is; None without a pipeline."""
        state = self.pipelines.state(self.pipeline)
        return state.stage(self.stage) if state else None

    def unfinished(self) -> int | None:
        """Return the release that a rollback, begun and not ended, was to bring back."""
        stage = self.look()
        if stage is None or stage.inbound_enabled:
            return None
        return unfinished_release(stage.inbound_reason)

    def close(self, number: int, *, own_execution: str = "") -> None:
        """Let nothing enter the stage until ``open``, and stop what is inside.

        ``own_execution`` is the one that the rollback itself runs in.
        """
        stage = self.look()
        if stage is None:
            self.screen.say("There is no pipeline to keep out.")
            return
        if not stage.inbound_enabled and not is_ours(stage.inbound_reason):
            self.screen.say(f"Stage {self.stage} was closed by somebody: it stays so.")
            return
        self.transitions.freeze(self.pipeline, self.stage, reason=freeze_reason(number))
        self.screen.say(f"Stage {self.stage} is closed to executions.")
        inside = (
            stage.execution_id if stage.status is ExecutionStatus.IN_PROGRESS else ""
        )
        if inside and inside != own_execution:
            self.transitions.stop_execution(
                self.pipeline, inside, reason="A rollback takes over."
            )
            self.screen.say(f"Execution {inside} was told to stop.")

    def close_for_pin(self) -> None:
        """Let no deployment over a function that is moved by hand.

        Raises:
            Refused: when an execution is inside: it would meet the alias half way.
        """
        stage = self.look()
        if stage is None:
            return
        if stage.status is ExecutionStatus.IN_PROGRESS:
            raise Refused(
                f"An execution is inside stage {self.stage}; nothing was moved.",
                why="It deploys over the function, or verifies what it deployed.",
                next_step="Wait until it has ended, or ./deploy_pipeline.py stop.",
            )
        if stage.inbound_enabled:
            self.transitions.freeze(self.pipeline, self.stage, reason=PIN_REASON)
            self.screen.say(f"Stage {self.stage} is closed until --reconcile.")

    def open(self) -> None:
        """Open the stage again, where this tool closed it."""
        stage = self.look()
        if stage is None or stage.inbound_enabled or not is_ours(stage.inbound_reason):
            return
        self.transitions.thaw(self.pipeline, self.stage)
        self.screen.say(f"Stage {self.stage} is open again.")
