"""How the API tells pipelines, executions and actions."""

from __future__ import annotations

from typing import Any

from rehearsal.codepipeline import records
from rehearsal.codepipeline.records import ActionRun, Execution, Pipeline


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is None or empty, as AWS does."""
    return {k: v for k, v in fields.items() if v is not None and v not in ("", {}, [])}


def pipeline_state(pipeline: Pipeline) -> dict[str, Any]:
    """Return GetPipelineState's answer."""
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": pipeline.declaration["version"],
        "stageStates": [_stage_state(pipeline, stage) for stage in pipeline.stages],
        "created": pipeline.created,
        "updated": pipeline.updated,
    }


def _stage_state(pipeline: Pipeline, stage: dict[str, Any]) -> dict[str, Any]:
    name = stage["name"]
    transition = pipeline.transition(name)
    inbound = pipeline.waiting.get(name)
    latest = pipeline.latest_stage.get(name)
    state = {
        "stageName": name,
        "inboundTransitionState": {
            "enabled": transition.enabled,
            **present(
                {
                    "lastChangedBy": transition.changed_by,
                    "lastChangedAt": transition.changed_at,
                    "disabledReason": transition.reason,
                }
            ),
        },
        "actionStates": [
            _action_state(action, pipeline.latest_action.get((name, action["name"])))
            for action in stage["actions"]
        ],
    }
    if inbound is not None:
        waits = {
            "pipelineExecutionId": inbound.id,
            "status": records.IN_PROGRESS,
            "type": inbound.type,
        }
        state["inboundExecution"] = waits
        state["inboundExecutions"] = [waits]
    if latest is not None:
        state["latestExecution"] = {
            "pipelineExecutionId": latest.execution.id,
            "status": _stage_status(latest.execution, latest.status),
            "type": latest.execution.type,
        }
    return state


def _stage_status(execution: Execution, status: str) -> str:
    stopping = execution.status == records.STOPPING and status == records.IN_PROGRESS
    return records.STOPPING if stopping else status


def _action_state(action: dict[str, Any], run: ActionRun | None) -> dict[str, Any]:
    if run is None:
        return {"actionName": action["name"]}
    state: dict[str, Any] = {
        "actionName": action["name"],
        "latestExecution": present(
            {
                "actionExecutionId": run.id,
                "status": run.status,
                "summary": run.summary,
                "lastStatusChange": run.updated,
                "token": run.token if run.status == records.IN_PROGRESS else None,
                "lastUpdatedBy": run.updated_by,
                "externalExecutionId": run.external_id,
                "externalExecutionUrl": run.external_url,
                "errorDetails": run.error,
                "logStreamARN": run.log_stream,
            }
        ),
    }
    if run.revision is not None:
        state["currentRevision"] = {
            "revisionId": run.revision["revisionId"],
            "revisionChangeId": run.revision["revisionId"],
            "created": run.revision["created"],
        }
        if url := run.revision.get("revisionUrl"):
            state["revisionUrl"] = url
    if action["actionTypeId"]["provider"] == "CodeBuild":
        state["entityUrl"] = run.external_url.partition("/builds/")[0]
    return state


def execution_detail(execution: Execution) -> dict[str, Any]:
    """Return a ``PipelineExecution``."""
    return present(
        {
            "pipelineName": execution.pipeline.name,
            "pipelineVersion": execution.version,
            "pipelineExecutionId": execution.id,
            "status": execution.status,
            "statusSummary": execution.status_summary,
            "artifactRevisions": execution.revisions,
            "variables": [
                {"name": name, "resolvedValue": value}
                for name, value in execution.variables.items()
            ],
            "trigger": execution.trigger,
            "executionMode": execution.declaration["executionMode"],
            "executionType": execution.type,
            "rollbackMetadata": _rollback(execution),
        }
    )


def execution_summary(execution: Execution) -> dict[str, Any]:
    """Return a ``PipelineExecutionSummary``."""
    return present(
        {
            "pipelineExecutionId": execution.id,
            "status": execution.status,
            "statusSummary": execution.status_summary,
            "startTime": execution.started,
            "lastUpdateTime": execution.updated,
            "sourceRevisions": [
                _source_revision(run) for run in execution.runs if run.revision
            ],
            "trigger": execution.trigger,
            "stopTrigger": (
                {"reason": execution.stop_reason}
                if execution.stop_reason is not None
                else None
            ),
            "executionMode": execution.declaration["executionMode"],
            "executionType": execution.type,
            "rollbackMetadata": _rollback(execution),
        }
    )


def _rollback(execution: Execution) -> dict[str, str]:
    return present({"rollbackTargetPipelineExecutionId": execution.rolls_back_to})


def _source_revision(run: ActionRun) -> dict[str, Any]:
    revision = run.revision or {}
    names = ("revisionId", "revisionSummary", "revisionUrl")
    known = {key: revision[key] for key in names if key in revision}
    return {"actionName": run.name, **known}


def action_detail(run: ActionRun) -> dict[str, Any]:
    """Return an ``ActionExecutionDetail``."""
    return present(
        {
            "pipelineExecutionId": run.execution.id,
            "actionExecutionId": run.id,
            "pipelineVersion": run.execution.version,
            "stageName": run.stage,
            "actionName": run.name,
            "startTime": run.started,
            "lastUpdateTime": run.updated,
            "updatedBy": run.updated_by,
            "status": run.status,
            "input": present(
                {
                    "actionTypeId": run.action["actionTypeId"],
                    "configuration": run.action.get("configuration"),
                    "resolvedConfiguration": run.resolved,
                    "roleArn": run.action.get("roleArn"),
                    "region": run.action.get("region", run.execution.pipeline.region),
                    "inputArtifacts": _artifacts(run.inputs),
                    "namespace": run.action.get("namespace"),
                }
            ),
            "output": {
                "outputArtifacts": _artifacts(run.outputs),
                "executionResult": present(
                    {
                        "externalExecutionId": run.external_id or run.token,
                        "externalExecutionSummary": run.summary,
                        "externalExecutionUrl": run.external_url,
                        "errorDetails": run.error,
                        "logStreamARN": run.log_stream,
                    }
                ),
                "outputVariables": run.variables,
            },
        }
    )


def _artifacts(locations: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "s3location": location} for name, location in locations.items()
    ]
