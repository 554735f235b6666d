"""What CodePipeline and CodeDeploy did before, as ``ports.history`` needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from awsrules.statuses import ActionStatus, DeploymentStatus
from delivery.aws.clients import Clients
from delivery.aws.deployments import CodeDeployDeployments
from delivery.aws.errors import code_of, told_in_our_words
from delivery.aws.pipelines import as_execution
from delivery.model import ActionRun, Execution, ShiftRun

_PAGE = 100


@dataclass(frozen=True, slots=True)
class CodePipelinePast:
    """Executions and runs of actions, as far back as CodePipeline keeps them."""

    clients: Clients

    @property
    def _api(self) -> Any:
        return self.clients.get("codepipeline")

    def executions_since(
        self, pipeline: str, since: datetime
    ) -> list[Execution] | None:
        with self._doing(f"list the executions of pipeline {pipeline}"):
            try:
                return [
                    as_execution(each, each.get("sourceRevisions", []))
                    for each in _since(
                        self._api.list_pipeline_executions,
                        "pipelineExecutionSummaries",
                        pipeline,
                        since,
                    )
                ]
            except ClientError as error:
                if code_of(error) == "PipelineNotFoundException":
                    return None
                raise

    def runs_since(self, pipeline: str, since: datetime) -> list[ActionRun]:
        with self._doing(f"list what the actions of pipeline {pipeline} did"):
            return [
                _run(each)
                for each in _since(
                    self._api.list_action_executions,
                    "actionExecutionDetails",
                    pipeline,
                    since,
                )
            ]

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


@dataclass(frozen=True, slots=True)
class CodeDeployPast(CodeDeployDeployments):
    """Deployments of the stacks of one account and region."""

    def shifts_since(self, stack_id: str, since: datetime) -> list[ShiftRun]:
        api = self.clients.get("codedeploy")
        began = {"start": since}
        with told_in_our_words(
            "list the traffic shifts of a stack", local=self.clients.local
        ):
            found = self._found(api, externalId=stack_id, createTimeRange=began)
        return sorted(map(_shift, found), key=lambda each: each.began_at)


def _since(
    call: Callable[..., dict[str, Any]], field: str, pipeline: str, since: datetime
) -> Iterator[dict[str, Any]]:
    """Yield what began since; both lists are newest first, so older pages are not read.

    Sources: AWS CodePipeline API Reference, ListPipelineExecutions, ListActionExecutions.
    """
    page: dict[str, str] = {}
    while True:
        answer = call(pipelineName=pipeline, maxResults=_PAGE, **page)
        for each in answer[field]:
            if each["startTime"] < since:
                return
            yield each
        if not answer.get("nextToken"):
            return
        page = {"nextToken": answer["nextToken"]}


def _run(data: dict[str, Any]) -> ActionRun:
    given = data.get("input", {})
    result = data.get("output", {}).get("executionResult", {})
    error = result.get("errorDetails", {})
    return ActionRun(
        execution=data["pipelineExecutionId"],
        stage=data["stageName"],
        name=data["actionName"],
        status=ActionStatus(data["status"]),
        started_at=data["startTime"],
        changed_at=data.get("lastUpdateTime", data["startTime"]),
        category=given.get("actionTypeId", {}).get("category", ""),
        mode=given.get("configuration", {}).get("ActionMode", ""),
        summary=error.get("message") or result.get("externalExecutionSummary", ""),
    )


def _shift(data: dict[str, Any]) -> ShiftRun:
    return ShiftRun(
        id=data["deploymentId"],
        group=data.get("deploymentGroupName", ""),
        configuration=data.get("deploymentConfigName", ""),
        status=DeploymentStatus(data["status"]),
        began_at=data.get("startTime", data["createTime"]),
        ended_at=data.get("completeTime"),
        error=data.get("errorInformation", {}).get("message", ""),
    )
