"""Choose what a stop, a retry or a start is about, from a state read right before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from awsrules.statuses import ActionStatus, ExecutionStatus
from delivery.errors import BadInput, Refused
from delivery.model import PROMOTION_ACTION, ActionState, Execution, PipelineState
from delivery.operate.status import Status

_EXECUTES = "CHANGE_SET_EXECUTE"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_RETRYABLE = frozenset({ExecutionStatus.FAILED, ExecutionStatus.STOPPED})


@dataclass(frozen=True, slots=True)
class Retry:
    """The stage of an execution that is tried again, and the stacks it deploys to.

    ``whole`` says that nothing less than all of it will do: a change set is executed once.
    """

    execution_id: str
    stage: str
    actions: tuple[str, ...]
    stacks: tuple[str, ...]
    whole: bool = False

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "execution": self.execution_id,
            "stage": self.stage,
            "actions": list(self.actions),
        }


def pick_retry(status: Status, *, stage_name: str = "") -> Retry:
    """Return the stage that failed or was stopped in an execution.

    Raises:
        Refused: when no stage failed, or the named one did not.
    """
    execution = status.execution
    found = [
        each
        for each in status.stages
        if each.status in _RETRYABLE
        and execution is not None
        and each.execution_id == execution.id
        and stage_name in {"", each.name}
    ]
    if execution is None or not found:
        where = f"Stage {stage_name}" if stage_name else "No stage"
        state = execution.status.value if execution else "not there"
        raise Refused(
            "There is nothing to retry.",
            why=(
                f"{where} failed in the execution, which is {state}."
                if not stage_name
                else f"{where} has not failed; the execution is {state}."
            ),
            next_step="./deploy_pipeline.py start begins a new execution.",
        )
    stage = found[0]
    failed = [each for each in stage.actions if each.status is ActionStatus.FAILED]
    return Retry(
        execution.id,
        stage.name,
        tuple(each.name for each in failed),
        tuple(dict.fromkeys(filter(None, map(_stack_of, failed)))),
        any(each.configuration.get("ActionMode") == _EXECUTES for each in failed),
    )


def pick_running(executions: list[Execution], execution_id: str) -> Execution:
    """Return the execution that is to be stopped: the named one, or the only running one.

    Raises:
        BadInput: when it is not clear which one is meant.
        Refused: when none is running.
    """
    running = [
        each
        for each in executions
        if each.status.running and each.id.startswith(execution_id)
    ]
    if not running:
        what = f"Execution {execution_id}" if execution_id else "No execution"
        raise Refused(
            "There is nothing to stop.",
            why=f"{what} is {'not ' if execution_id else ''}running.",
            next_step="./deploy_pipeline.py status",
        )
    if len(running) > 1:
        raise BadInput(
            "Several executions are running.",
            why=", ".join(each.id for each in running),
            next_step="Name one with --execution ID.",
        )
    return running[0]


def source_action(state: PipelineState) -> str:
    """Return the name of the action that reads the source."""
    for stage in state.stages[:1]:
        for action in stage.actions:
            return action.name
    raise Refused(
        f"Pipeline {state.name} has no source.",
        next_step="./deploy_pipeline.py brings the pipeline up to date.",
    )


def refuse_without_source(state: PipelineState) -> None:
    """Refuse to start what is started by promotion alone.

    Raises:
        Refused: for the pipeline of a place that others promote to.
    """
    if source_action(state) == PROMOTION_ACTION:
        raise Refused(
            f"Pipeline {state.name} is started by another place.",
            why="It deploys what was promoted to it, and has no source of its own.",
            next_step="./deploy_pipeline.py retry, for one that failed; or start a new "
            "execution where releases come from.",
        )


def checked_commit(text: str) -> str:
    """Return a full commit id.

    Raises:
        BadInput: for anything else: CodePipeline completes no abbreviation.
    """
    commit = text.strip().lower()
    if _COMMIT.fullmatch(commit):
        return commit
    raise BadInput(
        f"{text!r} is no full commit id.",
        why="CodePipeline takes the 40 hexadecimal digits, and completes nothing.",
        next_step=f"git rev-parse {text} prints them.",
    )


def _stack_of(action: ActionState) -> str:
    if action.provider != "CloudFormation":
        return ""
    return action.configuration.get("StackName", "")
