"""Put together where one execution stands, from what CodePipeline says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from awsrules.statuses import ActionStatus, ExecutionStatus
from delivery.model import (
    ActionState,
    Execution,
    PipelineState,
    StageState,
    plain,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an action failed: one line, what helps to mend it, and where to look."""

    stage: str
    action: str
    cause: str
    details: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    phase: str = ""
    command: str = ""
    next_step: str = ""
    url: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "stage": self.stage,
            "action": self.action,
            "cause": self.cause,
            "phase": self.phase,
            "command": self.command,
            "tests": list(self.tests),
            "details": list(self.details),
            "next_step": self.next_step,
            "url": self.url,
        }


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """A decision that an execution waits for."""

    stage: str
    action: str
    execution_id: str
    token: str
    note: str = ""
    link: str = ""

    @property
    def approve_command(self) -> str:
        """What to type to let it pass."""
        return self._command("approve")

    @property
    def reject_command(self) -> str:
        """What to type to stop it."""
        return self._command("reject")

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON; the token stays inside."""
        return {
            "stage": self.stage,
            "action": self.action,
            "execution": self.execution_id,
            "note": self.note,
            "link": self.link,
            "approve": self.approve_command,
            "reject": self.reject_command,
        }

    def _command(self, verb: str) -> str:
        return f'./deploy_pipeline.py {verb} {self.stage} --comment "…"'


@dataclass(frozen=True, slots=True)
class Status:
    """One execution, all stages in order, and what it needs from people."""

    pipeline: str
    execution: Execution | None
    stages: tuple[StageState, ...]
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether the execution will not move any more."""
        return self.execution is not None and self.execution.status.settled

    @property
    def succeeded(self) -> bool:
        """Whether the execution went through all stages."""
        return (
            self.execution is not None
            and self.execution.status is ExecutionStatus.SUCCEEDED
        )

    @property
    def at_now(self) -> str:
        """Return the stage that runs, with its action, or nothing."""
        for stage in self.stages:
            for action in stage.actions:
                if action.status is ActionStatus.IN_PROGRESS:
                    return f"{stage.name}/{action.name}"
        return ""

    @property
    def branch(self) -> str:
        """Return the branch that the source action followed, if it is known."""
        for stage in self.stages[:1]:
            for action in stage.actions:
                found = action.configuration
                return found.get("BranchName") or found.get("Branch", "")
        return ""

    @property
    def approvals(self) -> tuple[PendingApproval, ...]:
        """Return the decisions that this execution waits for."""
        return pending_approvals(self.stages)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for ``status --output json``."""
        execution = self.execution
        return {
            "pipeline": self.pipeline,
            "execution": execution.id if execution else None,
            "status": execution.status.value if execution else "NotStarted",
            "status_summary": execution.status_summary if execution else "",
            "branch": self.branch,
            "commit": execution.commit if execution else None,
            "commit_summary": execution.commit_summary if execution else None,
            "trigger": execution.trigger if execution else None,
            "started_at": plain(execution.started_at) if execution else None,
            "stages": [_stage_data(each) for each in self.stages],
            "failures": [each.as_data() for each in self.failures],
            "approvals": [each.as_data() for each in self.approvals],
            "warnings": list(self.warnings),
        }


def status_of(
    state: PipelineState,
    execution: Execution | None,
    actions: Mapping[str, tuple[ActionState, ...]],
) -> Status:
    """Show ``state`` as it stands for one execution.

    A stage that another execution entered since keeps what ``actions``, the history of
    this execution, says of it.
    """
    execution_id = execution.id if execution else ""
    stages = tuple(
        _as_of(stage, execution_id, actions.get(stage.name, ()))
        for stage in state.stages
    )
    return Status(state.name, execution, stages)


def pending_approvals(stages: tuple[StageState, ...]) -> tuple[PendingApproval, ...]:
    """Return the actions that wait for a decision, in the order of the stages."""
    return tuple(
        PendingApproval(
            stage=stage.name,
            action=action.name,
            execution_id=stage.execution_id,
            token=action.token,
            note=action.configuration.get("CustomData", ""),
            link=action.configuration.get("ExternalEntityLink", ""),
        )
        for stage in stages
        for action in stage.actions
        if action.awaits_approval
    )


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return a duration, or None when one end is not known."""
    return None if start is None or end is None else (end - start).total_seconds()


def _as_of(
    stage: StageState, execution_id: str, history: tuple[ActionState, ...]
) -> StageState:
    if stage.execution_id == execution_id and execution_id:
        current = _of_this_execution(stage.actions, history)
        return replace(stage, actions=_merge(current, history))
    pending = tuple(
        ActionState(each.name, ActionStatus.NOT_STARTED) for each in (stage.actions)
    )
    return replace(
        stage,
        status=_status_from(history),
        execution_id=execution_id if history else "",
        actions=_merge(pending, history),
    )


def _of_this_execution(
    current: tuple[ActionState, ...], history: tuple[ActionState, ...]
) -> tuple[ActionState, ...]:
    """Reset actions that this execution has not reached.

    CodePipeline shows an action as its last execution left it, even when that is an
    earlier one than the stage's. An empty history may only be late.
    """
    reached = {each.name for each in history}
    return tuple(
        (
            each
            if not reached or each.name in reached or each.awaits_approval
            else ActionState(each.name, ActionStatus.NOT_STARTED)
        )
        for each in current
    )


def _merge(
    current: tuple[ActionState, ...], history: tuple[ActionState, ...]
) -> tuple[ActionState, ...]:
    """Add to each current action what only the history knows: kind, times, settings."""
    known = {each.name: each for each in history}
    merged = [_with_history(each, known.pop(each.name, None)) for each in current]
    return (*merged, *known.values())


def _with_history(action: ActionState, history: ActionState | None) -> ActionState:
    if history is None:
        return action
    return replace(
        history,
        status=action.status if action.token else history.status,
        token=action.token,
        summary=action.summary or history.summary,
        updated_by=action.updated_by or history.updated_by,
        url=action.url or history.url,
        external_id=action.external_id or history.external_id,
    )


def _status_from(history: tuple[ActionState, ...]) -> ExecutionStatus:
    """Derive a stage's status from its actions, for a stage overtaken since."""
    statuses = {each.status for each in history}
    if not statuses:
        return ExecutionStatus.NOT_STARTED
    for action, stage in (
        (ActionStatus.FAILED, ExecutionStatus.FAILED),
        (ActionStatus.ABANDONED, ExecutionStatus.STOPPED),
        (ActionStatus.IN_PROGRESS, ExecutionStatus.IN_PROGRESS),
    ):
        if action in statuses:
            return stage
    return ExecutionStatus.SUCCEEDED


def _stage_data(stage: StageState) -> dict[str, Any]:
    return {
        "name": stage.name,
        "status": stage.status.value,
        "actions": [_action_data(each) for each in stage.actions],
        "entry_enabled": stage.inbound_enabled,
    }


def _action_data(action: ActionState) -> dict[str, Any]:
    return {
        "name": action.name,
        "status": action.status.value,
        "category": action.category,
        "summary": action.summary,
        "external_id": action.external_id,
        "url": action.url,
        "updated_by": action.updated_by,
        "started_at": plain(action.started_at),
        "seconds": seconds_between(action.started_at, action.changed_at),
    }
