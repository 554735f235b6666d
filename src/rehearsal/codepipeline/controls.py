"""The operations by which people steer executions: stop, retry, roll back, approve, open and close.

Errors and limits: the service model of botocore, and "How pipeline executions work", AWS
CodePipeline user guide.
"""

from __future__ import annotations

import re
from typing import Any

from rehearsal.codepipeline import records
from rehearsal.codepipeline.engine import Engine
from rehearsal.codepipeline.records import ActionRun, Execution, Pipeline
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params

_REASON = re.compile(r"[a-zA-Z0-9!@ ().*?-]{1,300}")
_STOP_REASON_CHARACTERS = 200


class ControlOperations:
    """Controls of executions; mixed into the service."""

    _plane: Plane
    _engine: Engine
    _lock: Any
    _pipelines: dict[str, Pipeline]

    def stop_pipeline_execution(self, params: Params, call: Call) -> Answer:
        """Stop an execution, abandoning its actions or waiting for them."""
        pipeline = self._pipeline(params["pipelineName"])
        execution = self._execution(pipeline, params["pipelineExecutionId"])
        reason = params.get("reason", "")
        if len(reason) > _STOP_REASON_CHARACTERS:
            raise _invalid(
                "reason", reason, "Member must have length less than or equal to 200"
            )
        abandon = params.get("abandon", False)
        if execution.status == records.STOPPING and not abandon:
            raise ApiError(
                "DuplicatedStopRequestException",
                "The pipeline execution is already in a Stopping state. If you already "
                "chose to stop and wait, you cannot make that request again.",
            )
        if not execution.active:
            raise ApiError(
                "PipelineExecutionNotStoppableException",
                f"Unable to stop the pipeline execution {execution.id}: "
                f"it is {execution.status}.",
            )
        self._engine.stop(execution, abandon=abandon, reason=reason)
        return {"pipelineExecutionId": execution.id}

    def retry_stage_execution(self, params: Params, call: Call) -> Answer:
        """Run a failed stage again: what failed of it, or all."""
        pipeline = self._pipeline(params["pipelineName"])
        stage = self._stage(pipeline, params["stageName"])
        execution = self._execution(pipeline, params["pipelineExecutionId"])
        with self._lock:
            latest = pipeline.latest_stage.get(stage)
            if latest is None or latest.execution is not execution:
                raise ApiError(
                    "NotLatestPipelineExecutionException",
                    f"The pipeline execution {execution.id} is not the latest in {stage}.",
                )
            retryable = latest.status in (records.FAILED, records.STOPPED)
            changed = execution.version != pipeline.version
            if not retryable or changed or stage in pipeline.occupied:
                raise ApiError(
                    "StageNotRetryableException",
                    "Unable to retry. The pipeline structure or stage state might have "
                    "changed while actions awaited retry, or the stage contains no failed "
                    f"actions: {stage} is {latest.status}.",
                )
        self._engine.retry(
            execution, stage, failed_only=params["retryMode"] == "FAILED_ACTIONS"
        )
        return {"pipelineExecutionId": execution.id}

    def rollback_stage(self, params: Params, call: Call) -> Answer:
        """Run a stage again with what an earlier execution brought into it."""
        pipeline = self._pipeline(params["pipelineName"])
        stage = self._stage(pipeline, params["stageName"])
        target = self._execution(pipeline, params["targetPipelineExecutionId"])
        with self._lock:
            if target.version != pipeline.version:
                raise ApiError(
                    "PipelineExecutionOutdatedException",
                    f"The pipeline execution {target.id} is outdated: it ran version "
                    f"{target.version} of the pipeline, which is at {pipeline.version}.",
                )
            run = target.stages.get(stage)
            succeeded = run is not None and run.status == records.SUCCEEDED
            first = pipeline.stages[0]["name"] == stage
            usable = succeeded and target.type == records.STANDARD and not first
            if not usable or stage in pipeline.occupied:
                raise ApiError(
                    "UnableToRollbackStageException",
                    "Unable to roll back the stage. The pipeline version has changed since "
                    "the target pipeline execution was deployed, the stage is currently "
                    "running, or an incorrect target pipeline execution was provided.",
                )
        execution = self._engine.roll_back(target, stage, call.principal.arn)
        return {"pipelineExecutionId": execution.id}

    def put_approval_result(self, params: Params, call: Call) -> Answer:
        """Decide an approval with the token of this very execution."""
        pipeline = self._pipeline(params["pipelineName"])
        stage = self._stage(pipeline, params["stageName"])
        with self._lock:
            run = self._approval(pipeline, stage, params["actionName"])
            if run is None or run.token != params["token"]:
                raise ApiError(
                    "InvalidApprovalTokenException",
                    "The approval token is not valid for this approval action.",
                )
            if run.status != records.IN_PROGRESS or run.decision is not None:
                raise ApiError(
                    "ApprovalAlreadyCompletedException",
                    "The approval action has already been approved or rejected.",
                )
            run.decision = params["result"]
            run.updated_by = call.principal.arn
        run.wake.set()
        return {"approvedAt": self._plane.clock.now()}

    def disable_stage_transition(self, params: Params, call: Call) -> Answer:
        """Close the door in front of a stage, or the one behind it."""
        reason = params["reason"]
        if not _REASON.fullmatch(reason):
            raise _invalid(
                "reason",
                reason,
                "Member must satisfy regular expression pattern: "
                r"[a-zA-Z0-9!@ \(\)\.\*\?\-]+, and have length less than or equal to 300",
            )
        return self._turn(params, call, enabled=False)

    def enable_stage_transition(self, params: Params, call: Call) -> Answer:
        """Open the door in front of a stage, or the one behind it; who waits goes in."""
        return self._turn(params, call, enabled=True)

    def _turn(self, params: Params, call: Call, *, enabled: bool) -> Answer:
        pipeline = self._pipeline(params["pipelineName"])
        stage = self._stage(pipeline, params["stageName"])
        if params["transitionType"] == "Outbound":
            stage = self._following(pipeline, stage)
        with self._lock:
            transition = pipeline.transition(stage)
            transition.enabled = enabled
            transition.reason = params.get("reason", "")
            transition.changed_by = call.principal.arn
            transition.changed_at = self._plane.clock.now()
        self._engine.admit(pipeline, stage)
        return {}

    def _following(self, pipeline: Pipeline, stage: str) -> str:
        """Return the stage after ``stage``: the way out of one is the way into the next.

        GetPipelineState tells of inbound transitions only.
        """
        names = [item["name"] for item in pipeline.stages]
        behind = names[names.index(stage) + 1 :]
        if not behind:
            raise ApiError(
                "ValidationException", f"No transition leads out of the stage {stage}."
            )
        return str(behind[0])

    def _pipeline(self, name: str) -> Pipeline:
        with self._lock:
            pipeline = self._pipelines.get(name)
        if pipeline is None:
            raise ApiError(
                "PipelineNotFoundException",
                f"Account '{self._plane.account}' does not have a pipeline "
                f"with name '{name}'",
            )
        return pipeline

    def _execution(self, pipeline: Pipeline, execution_id: str) -> Execution:
        execution = pipeline.executions.get(execution_id)
        if execution is None:
            raise ApiError(
                "PipelineExecutionNotFoundException",
                f"Pipeline execution with ID '{execution_id}' not found",
            )
        return execution

    def _stage(self, pipeline: Pipeline, name: str) -> str:
        if pipeline.stage(name) is None:
            raise ApiError(
                "StageNotFoundException",
                f"Unable to find stage '{name}' in pipeline '{pipeline.name}'",
            )
        return name

    def _approval(
        self, pipeline: Pipeline, stage: str, action: str
    ) -> ActionRun | None:
        declared = pipeline.stage(stage) or {"actions": []}
        if action not in [item["name"] for item in declared["actions"]]:
            raise ApiError(
                "ActionNotFoundException",
                f"Unable to find action '{action}' in stage '{stage}'",
            )
        return pipeline.latest_action.get((stage, action))


def _invalid(name: str, value: str, constraint: str) -> ApiError:
    return ApiError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy "
        f"constraint: {constraint}",
    )
