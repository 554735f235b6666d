"""Choose the approval that a decision is about, from a state read right before."""

from __future__ import annotations

from delivery.errors import BadInput, Refused
from delivery.model import PipelineState
from delivery.operate.status import PendingApproval, pending_approvals


class NothingAwaitsApproval(Refused):
    """The stage waits for no decision now."""


def pick_approval(
    state: PipelineState, stage_name: str, *, execution_id: str = ""
) -> PendingApproval:
    """Return what awaits a decision in ``stage_name``.

    ``execution_id``, or the beginning of it, binds the decision to one execution: if
    another one stands there by now, nothing is decided.

    Raises:
        BadInput: when the pipeline has no such stage, or no approval in it.
        NothingAwaitsApproval: when the stage waits for nothing, or for another execution.
    """
    stage = state.stage(stage_name)
    if stage is None:
        known = ", ".join(each.name for each in state.stages)
        raise BadInput(
            f"Pipeline {state.name} has no stage {stage_name}.",
            why=f"Its stages are {known}.",
            next_step="Name the stage as `./deploy_pipeline.py status` shows it.",
        )
    waiting = pending_approvals((stage,))
    if not waiting:
        raise NothingAwaitsApproval(
            f"Nothing awaits approval in stage {stage_name}.",
            why=_why_not(state, stage_name),
            next_step="./deploy_pipeline.py status --watch",
        )
    approval = waiting[0]
    if execution_id and not approval.execution_id.startswith(execution_id):
        raise NothingAwaitsApproval(
            f"Stage {stage_name} does not wait for execution {execution_id}.",
            why=f"Execution {approval.execution_id} waits there now.",
            next_step="Look at what it brings (./deploy_pipeline.py status), then decide "
            "about it.",
        )
    return approval


def _why_not(state: PipelineState, stage_name: str) -> str:
    elsewhere = [each.stage for each in pending_approvals(state.stages)]
    if elsewhere:
        return f"An execution waits in {', '.join(elsewhere)}."
    stage = state.stage(stage_name)
    if stage is None or not stage.execution_id:
        return "No execution has reached it yet."
    return f"It is {stage.status.value} for execution {stage.execution_id}."
