"""The events that CodePipeline sends to EventBridge.

Source: "Monitoring CodePipeline events", AWS CodePipeline user guide. A cancelled execution is
``CANCELED`` there and ``Cancelled`` in the API.
"""

from __future__ import annotations

from typing import Any

from rehearsal.codepipeline.records import ActionRun, Execution
from rehearsal.plane import Plane


def pipeline_event(plane: Plane, execution: Execution, state: str) -> None:
    """Tell that an execution changed."""
    _emit(plane, execution, "Pipeline", {"state": state})
    if state in ("SUCCEEDED", "FAILED"):
        _measure(plane, execution, failed=state == "FAILED")


def _measure(plane: Plane, execution: Execution, *, failed: bool) -> None:
    """Measure an execution that ended, as far as names are known (docs/monitoring.md)."""
    now, named = plane.clock.now(), {"PipelineName": execution.pipeline.name}
    values = {"PipelineDuration": (now - execution.started).total_seconds()}
    if failed:
        values["FailedPipelineExecutions"] = 1.0
    for name, value in values.items():
        plane.metrics.put("AWS/CodePipeline", name, named, value, at=now)


def stage_event(plane: Plane, execution: Execution, stage: str, state: str) -> None:
    """Tell that an execution's stage changed."""
    _emit(plane, execution, "Stage", {"stage": stage, "state": state})


def action_event(plane: Plane, run: ActionRun, state: str) -> None:
    """Tell that an action changed."""
    error = run.error or {}
    result = {
        "external-execution-url": run.external_url,
        "external-execution-summary": run.summary or error.get("message", ""),
        "external-execution-id": run.external_id,
        "error-code": error.get("code", ""),
    }
    detail: dict[str, Any] = {
        "stage": run.stage,
        "action": run.name,
        "state": state,
        "region": plane.region,
        "type": run.action["actionTypeId"],
        "input-artifacts": _artifacts(run.inputs),
        "output-artifacts": _artifacts(run.outputs),
    }
    if any(result.values()):
        detail["execution-result"] = {k: v for k, v in result.items() if v}
    _emit(plane, run.execution, "Action", detail)


def _artifacts(locations: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "s3location": location} for name, location in locations.items()
    ]


def _emit(
    plane: Plane, execution: Execution, kind: str, detail: dict[str, Any]
) -> None:
    common = {
        "pipeline": execution.pipeline.name,
        "execution-id": execution.id,
        "start-time": execution.started.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "execution-trigger": {
            "trigger-type": execution.trigger["triggerType"],
            "trigger-detail": execution.trigger["triggerDetail"],
        },
        "version": float(execution.version),
        "pipeline-execution-attempt": float(execution.attempt),
    }
    plane.events.emit(
        "aws.codepipeline",
        f"CodePipeline {kind} Execution State Change",
        {**common, **detail},
        (execution.pipeline.arn,),
    )
