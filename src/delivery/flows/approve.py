"""Approve or reject: wait for the question, answer it, with the comment on record."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.errors import AlreadyDecided, DeliveryError, Unreachable
from delivery.flows.status import no_pipeline
from delivery.operate.approve import NothingAwaitsApproval, pick_approval
from delivery.operate.status import PendingApproval
from delivery.ports import Clock, Pipelines

POLL_SECONDS = 2.0
# An execution that was started just now may not be listed yet.
SETTLING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Decider:
    """Answers the approvals of one pipeline."""

    pipelines: Pipelines
    clock: Clock
    pipeline: str
    poll_seconds: float = POLL_SECONDS

    def wait_for(
        self, stage: str, *, execution_id: str = "", wait_seconds: float = 0
    ) -> PendingApproval:
        """Return what awaits a decision, waiting for it up to ``wait_seconds``.

        Raises:
            NothingAwaitsApproval: when the time is over, or nothing is on its way.
        """
        began = self.clock.monotonic()
        while True:
            try:
                return self._read(stage, execution_id)
            except (NothingAwaitsApproval, Unreachable) as error:
                waited = self.clock.monotonic() - began
                if waited >= wait_seconds:
                    raise
                if waited >= SETTLING_SECONDS:
                    self._refuse_when_nothing_comes(stage, error)
            self.clock.sleep(self.poll_seconds)

    def _refuse_when_nothing_comes(self, stage: str, error: DeliveryError) -> None:
        """Stop waiting once no execution runs that could arrive at the stage."""
        try:
            newest = next(iter(self.pipelines.executions(self.pipeline, limit=1)), None)
        except Unreachable:
            return
        if newest is None or not newest.status.settled:
            return
        raise NothingAwaitsApproval(
            f"Nothing will await approval in stage {stage}.",
            why=f"Execution {newest.id} is {newest.status.value}; none is on its way.",
            next_step="./deploy_pipeline.py status shows why; ./deploy_pipeline.py start "
            "begins another.",
        ) from error

    def decide(
        self, seen: PendingApproval, *, approved: bool, comment: str
    ) -> PendingApproval:
        """Record the decision for the execution that was seen, and no other.

        The state is read once more, because the token is of one execution and the
        execution in the stage may have been superseded meanwhile.
        """
        now = self._read(seen.stage, seen.execution_id)
        try:
            self._put(now, approved=approved, comment=comment)
        except Unreachable:
            # The answer was lost, perhaps not the decision: a second try tells.
            try:
                self._put(now, approved=approved, comment=comment)
            except AlreadyDecided:
                return now
        return now

    def _put(self, approval: PendingApproval, *, approved: bool, comment: str) -> None:
        self.pipelines.decide(
            pipeline=self.pipeline,
            stage=approval.stage,
            action=approval.action,
            token=approval.token,
            approved=approved,
            comment=comment,
        )

    def _read(self, stage: str, execution_id: str) -> PendingApproval:
        state = self.pipelines.state(self.pipeline)
        if state is None:
            raise no_pipeline(self.pipeline)
        return pick_approval(state, stage, execution_id=execution_id)
