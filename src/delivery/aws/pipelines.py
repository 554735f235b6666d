"""CodePipeline as ``ports.Pipelines``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from awsrules.statuses import ActionStatus, ExecutionStatus
from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import (
    COMMIT_ID,
    NOT_GIVEN,
    PROMOTION_ACTION,
    ActionState,
    Execution,
    PipelineState,
    StageState,
)

# The API's limit for an approval's summary.
MOST_COMMENT_CHARACTERS = 512


@dataclass(frozen=True, slots=True)
class CodePipelines:
    """Pipelines of one account and region."""

    clients: Clients

    @property
    def _api(self) -> Any:
        return self.clients.get("codepipeline")

    def state(self, pipeline: str) -> PipelineState | None:
        with self._doing(f"read the state of pipeline {pipeline}"):
            try:
                answer = self._api.get_pipeline_state(name=pipeline)
            except ClientError as error:
                if code_of(error) == "PipelineNotFoundException":
                    return None
                raise
        return PipelineState(
            pipeline,
            answer.get("pipelineVersion", 0),
            tuple(_stage(each) for each in answer.get("stageStates", [])),
        )

    def executions(self, pipeline: str, *, limit: int = 20) -> list[Execution]:
        with self._doing(f"list the executions of pipeline {pipeline}"):
            answer = self._api.list_pipeline_executions(
                pipelineName=pipeline, maxResults=limit
            )
        return [
            as_execution(each, each.get("sourceRevisions", []))
            for each in answer["pipelineExecutionSummaries"]
        ]

    def execution(self, pipeline: str, execution_id: str) -> Execution | None:
        with self._doing(f"read execution {execution_id}"):
            try:
                answer = self._api.get_pipeline_execution(
                    pipelineName=pipeline, pipelineExecutionId=execution_id
                )
            except ClientError as error:
                if code_of(error) == "PipelineExecutionNotFoundException":
                    return None
                raise
        data = answer["pipelineExecution"]
        return as_execution(data, data.get("artifactRevisions", []))

    def actions(
        self, pipeline: str, execution_id: str
    ) -> Mapping[str, tuple[ActionState, ...]]:
        details: list[dict[str, Any]] = []
        page: dict[str, str] = {}
        while True:
            with self._doing(f"read the actions of execution {execution_id}"):
                answer = self._api.list_action_executions(
                    pipelineName=pipeline,
                    filter={"pipelineExecutionId": execution_id},
                    **page,
                )
            details.extend(answer["actionExecutionDetails"])
            if not answer.get("nextToken"):
                return _latest_by_stage(details)
            page = {"nextToken": answer["nextToken"]}

    def start(self, pipeline: str, *, token: str) -> str:
        with self._doing(f"start pipeline {pipeline}"):
            answer = self._api.start_pipeline_execution(
                name=pipeline, clientRequestToken=token
            )
        return str(answer["pipelineExecutionId"])

    def decide(
        self,
        *,
        pipeline: str,
        stage: str,
        action: str,
        token: str,
        approved: bool,
        comment: str,
    ) -> None:
        with self._doing(f"record the decision for stage {stage}"):
            self._api.put_approval_result(
                pipelineName=pipeline,
                stageName=stage,
                actionName=action,
                token=token,
                result={
                    "summary": comment[:MOST_COMMENT_CHARACTERS],
                    "status": "Approved" if approved else "Rejected",
                },
            )

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


def _stage(data: dict[str, Any]) -> StageState:
    latest = data.get("latestExecution", {})
    inbound = data.get("inboundTransitionState", {})
    return StageState(
        name=data["stageName"],
        status=ExecutionStatus(latest.get("status", ExecutionStatus.NOT_STARTED)),
        execution_id=latest.get("pipelineExecutionId", ""),
        actions=tuple(_action_state(each) for each in data.get("actionStates", [])),
        inbound_enabled=inbound.get("enabled", True),
        inbound_reason=inbound.get("disabledReason", ""),
    )


def _action_state(data: dict[str, Any]) -> ActionState:
    """Read an action as ``GetPipelineState`` has it: with the approval's token."""
    latest = data.get("latestExecution", {})
    error = latest.get("errorDetails", {})
    return ActionState(
        name=data["actionName"],
        status=ActionStatus(latest.get("status", ActionStatus.NOT_STARTED)),
        summary=error.get("message") or latest.get("summary", ""),
        error_code=error.get("code", ""),
        external_id=latest.get("externalExecutionId", ""),
        url=latest.get("externalExecutionUrl", data.get("entityUrl", "")),
        token=latest.get("token", ""),
        updated_by=latest.get("lastUpdatedBy", ""),
        changed_at=latest.get("lastStatusChange"),
    )


def _latest_by_stage(
    newest_first: list[dict[str, Any]],
) -> dict[str, tuple[ActionState, ...]]:
    """Keep each action's last run, in the order in which the actions began."""
    stages: dict[str, dict[str, ActionState]] = {}
    for data in sorted(newest_first, key=lambda each: each["startTime"]):
        stages.setdefault(data["stageName"], {})[data["actionName"]] = _action(data)
    return {name: tuple(actions.values()) for name, actions in stages.items()}


def _action(data: dict[str, Any]) -> ActionState:
    """Read an action as ``ListActionExecutions`` has it: with times and configuration."""
    given, made = data.get("input", {}), data.get("output", {})
    result = made.get("executionResult", {})
    error = result.get("errorDetails", {})
    kind = given.get("actionTypeId", {})
    return ActionState(
        name=data["actionName"],
        status=ActionStatus(data["status"]),
        category=kind.get("category", ""),
        provider=kind.get("provider", ""),
        summary=error.get("message") or result.get("externalExecutionSummary", ""),
        error_code=error.get("code", ""),
        external_id=result.get("externalExecutionId", ""),
        url=result.get("externalExecutionUrl", ""),
        updated_by=data.get("updatedBy", ""),
        started_at=data.get("startTime"),
        changed_at=data.get("lastUpdateTime"),
        configuration=given.get("resolvedConfiguration")
        or given.get("configuration", {}),
        outputs=made.get("outputVariables", {}),
    )


def _starter(trigger: dict[str, Any]) -> str:
    """Return who called StartPipelineExecution; a push is nobody's call."""
    if trigger.get("triggerType") != "StartPipelineExecution":
        return ""
    return str(trigger.get("triggerDetail", ""))


def _commit(revision: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    """Return the commit; where releases are promoted a variable holds it, else it is not known.

    The revision there is a version of an object.
    """
    if COMMIT_ID in variables or revision.get("actionName") == PROMOTION_ACTION:
        told = variables.get(COMMIT_ID, NOT_GIVEN)
        return "" if told == NOT_GIVEN else told
    return str(revision.get("revisionId", ""))


def as_execution(data: dict[str, Any], revisions: list[dict[str, Any]]) -> Execution:
    """Read an execution; only one that was asked for by its id has variables."""
    revision = revisions[0] if revisions else {}
    variables = {
        each["name"]: each["resolvedValue"] for each in data.get("variables", [])
    }
    return Execution(
        id=data["pipelineExecutionId"],
        status=ExecutionStatus(data["status"]),
        status_summary=data.get("statusSummary", ""),
        commit=_commit(revision, variables),
        commit_summary=revision.get("revisionSummary", ""),
        trigger=data.get("trigger", {}).get("triggerType", ""),
        started_by=_starter(data.get("trigger", {})),
        variables=variables,
        started_at=data.get("startTime", revision.get("created")),
        changed_at=data.get("lastUpdateTime"),
    )
