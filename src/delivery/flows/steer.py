"""Stop an execution, retry a failed stage, start with one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from delivery.deploy.plan import Repeat, attention, plan_repeat
from delivery.errors import Refused
from delivery.flows.following import new_token
from delivery.flows.status import StatusReader, no_pipeline
from delivery.model import Execution
from delivery.operate.steer import (
    Retry,
    pick_retry,
    pick_running,
    refuse_without_source,
    source_action,
)
from delivery.ports import Pipelines, Stacks, Steering


@dataclass(frozen=True, slots=True)
class Steerer:
    """Steers executions of one pipeline."""

    pipelines: Pipelines
    steering: Steering
    stacks: Stacks
    reader: StatusReader
    pipeline: str

    def running(self, execution_id: str) -> Execution:
        """Return the execution that a stop would be about."""
        if self.pipelines.state(self.pipeline) is None:
            raise no_pipeline(self.pipeline)
        runs = self.pipelines.executions(self.pipeline, limit=100)
        return pick_running(runs, execution_id)

    def stop(self, execution: Execution, *, abandon: bool, reason: str) -> bool:
        """Stop it; False when it had ended by then."""
        return self.steering.stop(
            self.pipeline, execution.id, abandon=abandon, reason=reason
        )

    def failed(self, execution_id: str, stage: str) -> Retry:
        """Return the stage that a retry would be about, if its stacks allow one.

        Raises:
            Refused: when nothing failed, or a stack has to be led out of its status first.
        """
        wanted = pick_retry(self.reader.read(execution_id), stage_name=stage)
        for name in wanted.stacks:
            stack = self.stacks.find(name)
            match plan_repeat(stack):
                case Repeat.REFUSE if stack is not None:
                    raise attention(stack, verb="deployed to again as it is")
                case Repeat.WAIT if stack is not None:
                    raise Refused(
                        f"Stack {name} is still busy.",
                        why=f"It is in {stack.status}.",
                        next_step="./deploy_pipeline.py status --watch, then retry.",
                    )
        return wanted

    def retry(self, wanted: Retry, *, all_actions: bool) -> None:
        """Run the stage again."""
        self.steering.retry(
            self.pipeline,
            wanted.stage,
            wanted.execution_id,
            all_actions=all_actions or wanted.whole,
        )

    def start_with(
        self, commit: str, variables: Mapping[str, str] | None = None
    ) -> str:
        """Start an execution; an empty ``commit`` stands for the branch's newest."""
        state = self.pipelines.state(self.pipeline)
        if state is None:
            raise no_pipeline(self.pipeline)
        refuse_without_source(state)
        return self.steering.start_with(
            self.pipeline,
            token=new_token("start"),
            revisions={source_action(state): commit} if commit else {},
            variables=variables or {},
        )
