"""The operations of CodePipeline."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rehearsal.codepipeline import answers, records
from rehearsal.codepipeline.definition import accept
from rehearsal.codepipeline.engine import Engine
from rehearsal.codepipeline.records import ActionRun, Execution, Pipeline
from rehearsal.codepipeline.webhooks import Webhook, masked_definition, trigger_of_push
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service

_PAGE = 100


class CodePipeline(Service):
    """Pipelines, their executions, approvals, transitions and webhooks."""

    name: ClassVar[str] = "codepipeline"

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._engine = Engine(plane)
        self._lock = self._engine.lock
        self._pipelines: dict[str, Pipeline] = {}
        self._webhooks: dict[str, Webhook] = {}

    # Pipelines

    def create_pipeline(self, params: Params, call: Call) -> Answer:
        """Create a pipeline and start its first execution, as AWS does."""
        declaration, refused = accept(params["pipeline"], version=1)
        now = self._plane.clock.now()
        pipeline = Pipeline(
            declaration=declaration,
            arn=self._arn(declaration["name"]),
            created=now,
            updated=now,
            tags={item["key"]: item["value"] for item in params.get("tags", [])},
            refused_tokens=refused,
        )
        with self._lock:
            if pipeline.name in self._pipelines:
                raise ApiError(
                    "PipelineNameInUseException",
                    f"A pipeline with the name '{pipeline.name}' already exists",
                )
            self._pipelines[pipeline.name] = pipeline
        self._engine.start(pipeline, ("CreatePipeline", call.principal.arn))
        return {"pipeline": declaration, "tags": params.get("tags", [])}

    def update_pipeline(self, params: Params, call: Call) -> Answer:
        """Replace a pipeline's structure; what runs by the old one is cancelled."""
        pipeline = self._pipeline(params["pipeline"]["name"])
        with self._lock:
            version = pipeline.declaration["version"] + 1
            declaration, refused = accept(params["pipeline"], version)
            pipeline.declaration, pipeline.refused_tokens = declaration, refused
            pipeline.updated = self._plane.clock.now()
        self._engine.cancel_all(pipeline)
        return {"pipeline": pipeline.declaration}

    def get_pipeline(self, params: Params, call: Call) -> Answer:
        """Return the structure and its metadata."""
        pipeline = self._pipeline(params["name"])
        return {
            "pipeline": pipeline.declaration,
            "metadata": {
                "pipelineArn": pipeline.arn,
                "created": pipeline.created,
                "updated": pipeline.updated,
            },
        }

    def list_pipelines(self, params: Params, call: Call) -> Answer:
        """Return summaries, by name."""
        with self._lock:
            pipelines = [self._pipelines[name] for name in sorted(self._pipelines)]
        return {
            "pipelines": [
                {
                    "name": pipeline.name,
                    "version": pipeline.declaration["version"],
                    "pipelineType": pipeline.declaration["pipelineType"],
                    "executionMode": pipeline.declaration["executionMode"],
                    "created": pipeline.created,
                    "updated": pipeline.updated,
                }
                for pipeline in pipelines
            ]
        }

    def delete_pipeline(self, params: Params, call: Call) -> Answer:
        """Delete a pipeline; an absent one is no error."""
        with self._lock:
            pipeline = self._pipelines.pop(params["name"], None)
        if pipeline is not None:
            self._engine.cancel_all(pipeline)
        return {}

    # Executions

    def start_pipeline_execution(self, params: Params, call: Call) -> Answer:
        """Start an execution; the same request token gives the same execution."""
        pipeline = self._pipeline(params["name"])
        token = params.get("clientRequestToken", "")
        if token and token in pipeline.start_tokens:
            return {"pipelineExecutionId": pipeline.start_tokens[token]}
        execution = self._engine.start(
            pipeline,
            ("StartPipelineExecution", call.principal.arn),
            variables={v["name"]: v["value"] for v in params.get("variables", [])},
            revisions={
                item["actionName"]: item["revisionValue"]
                for item in params.get("sourceRevisions", [])
            },
        )
        pipeline.start_tokens[token] = execution.id
        return {"pipelineExecutionId": execution.id}

    def get_pipeline_state(self, params: Params, call: Call) -> Answer:
        """Return where executions are now."""
        pipeline = self._pipeline(params["name"])
        with self._lock:
            return answers.pipeline_state(pipeline)

    def get_pipeline_execution(self, params: Params, call: Call) -> Answer:
        """Return one execution."""
        pipeline = self._pipeline(params["pipelineName"])
        execution = self._execution(pipeline, params["pipelineExecutionId"])
        with self._lock:
            return {"pipelineExecution": answers.execution_detail(execution)}

    def list_pipeline_executions(self, params: Params, call: Call) -> Answer:
        """Return executions, newest first."""
        pipeline = self._pipeline(params["pipelineName"])
        with self._lock:
            found = [answers.execution_summary(e) for e in pipeline.executions.values()]
        return _page("pipelineExecutionSummaries", found[::-1], params)

    def list_action_executions(self, params: Params, call: Call) -> Answer:
        """Return action executions, newest first."""
        pipeline = self._pipeline(params["pipelineName"])
        wanted = params.get("filter", {}).get("pipelineExecutionId")
        with self._lock:
            executions = list(pipeline.executions.values())
            if wanted:
                executions = [self._execution(pipeline, wanted)]
            runs = [run for execution in executions for run in execution.runs]
            runs.sort(key=lambda run: run.started, reverse=True)
            found = [answers.action_detail(run) for run in runs]
        return _page("actionExecutionDetails", found, params)

    def stop_pipeline_execution(self, params: Params, call: Call) -> Answer:
        """Stop an execution, abandoning its actions or waiting for them."""
        pipeline = self._pipeline(params["pipelineName"])
        execution = self._execution(pipeline, params["pipelineExecutionId"])
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
        self._engine.stop(execution, abandon=abandon, reason=params.get("reason", ""))
        return {"pipelineExecutionId": execution.id}

    def retry_stage_execution(self, params: Params, call: Call) -> Answer:
        """Run a failed stage again."""
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
            if not retryable or stage in pipeline.occupied:
                raise ApiError(
                    "StageNotRetryableException",
                    f"The stage {stage} is {latest.status} and cannot be retried. "
                    "It must be in a failed state.",
                )
        self._engine.retry(
            execution, stage, failed_only=params["retryMode"] == "FAILED_ACTIONS"
        )
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

    # Transitions

    def disable_stage_transition(self, params: Params, call: Call) -> Answer:
        """Close the door in front of a stage."""
        return self._turn(params, call, enabled=False)

    def enable_stage_transition(self, params: Params, call: Call) -> Answer:
        """Open the door in front of a stage; who waits goes in."""
        return self._turn(params, call, enabled=True)

    def _turn(self, params: Params, call: Call, *, enabled: bool) -> Answer:
        pipeline = self._pipeline(params["pipelineName"])
        stage = self._stage(pipeline, params["stageName"])
        with self._lock:
            transition = pipeline.transition(stage)
            transition.enabled = enabled
            transition.reason = params.get("reason", "")
            transition.changed_by = call.principal.arn
            transition.changed_at = self._plane.clock.now()
        self._engine.admit(pipeline, stage)
        return {}

    # Webhooks

    def put_webhook(self, params: Params, call: Call) -> Answer:
        """Define a webhook; it starts nothing before it is registered."""
        wanted = params["webhook"]
        self._pipeline(wanted["targetPipeline"])
        name = wanted["name"]
        with self._lock:
            known = self._webhooks.get(name)
            self._webhooks[name] = Webhook(
                definition=masked_definition(wanted),
                arn=self._arn(f"webhook:{name}"),
                url=known.url if known else self._webhook_url(),
                registered=known.registered if known else False,
                tags=params.get("tags", []),
            )
            return {"webhook": self._webhooks[name].as_answer()}

    def register_webhook_with_third_party(self, params: Params, call: Call) -> Answer:
        """Let pushes reach the webhook."""
        self._webhook(params.get("webhookName", "")).registered = True
        return {}

    def deregister_webhook_with_third_party(self, params: Params, call: Call) -> Answer:
        """Let pushes pass the webhook by."""
        self._webhook(params.get("webhookName", "")).registered = False
        return {}

    def list_webhooks(self, params: Params, call: Call) -> Answer:
        """Return all webhooks, without their secrets."""
        with self._lock:
            return {"webhooks": [hook.as_answer() for hook in self._webhooks.values()]}

    def delete_webhook(self, params: Params, call: Call) -> Answer:
        """Delete a webhook; an absent one is no error."""
        with self._lock:
            self._webhooks.pop(params["name"], None)
        return {}

    def pushed(self, branch: str) -> list[str]:
        """Start the pipelines that listen to ``branch``; returns the executions' ids."""
        with self._lock:
            pipelines = list(self._pipelines.values())
            webhooks = list(self._webhooks.values())
        started = []
        for pipeline in pipelines:
            if (trigger := trigger_of_push(pipeline, branch, webhooks)) is not None:
                started.append(self._engine.start(pipeline, trigger).id)
        return started

    # Tags

    def tag_resource(self, params: Params, call: Call) -> Answer:
        """Add or change tags of a pipeline."""
        pipeline = self._pipeline(params["resourceArn"].rpartition(":")[2])
        pipeline.tags.update({item["key"]: item["value"] for item in params["tags"]})
        return {}

    def untag_resource(self, params: Params, call: Call) -> Answer:
        """Take tags off a pipeline."""
        pipeline = self._pipeline(params["resourceArn"].rpartition(":")[2])
        for key in params["tagKeys"]:
            pipeline.tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, params: Params, call: Call) -> Answer:
        """Return a pipeline's tags."""
        pipeline = self._pipeline(params["resourceArn"].rpartition(":")[2])
        return {"tags": [{"key": k, "value": v} for k, v in pipeline.tags.items()]}

    # Looking up

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

    def _webhook(self, name: str) -> Webhook:
        with self._lock:
            webhook = self._webhooks.get(name)
        if webhook is None:
            raise ApiError("WebhookNotFoundException", f"No webhook is called '{name}'")
        return webhook

    def _webhook_url(self) -> str:
        return f"https://{self._plane.region}.webhooks.aws/trigger?v=1&t={uuid.uuid4().hex}"

    def _arn(self, name: str) -> str:
        return f"arn:aws:codepipeline:{self._plane.region}:{self._plane.account}:{name}"


def _page(member: str, found: list[dict[str, Any]], params: Params) -> dict[str, Any]:
    start = int(params.get("nextToken") or 0)
    end = start + min(int(params.get("maxResults") or _PAGE), _PAGE)
    answer: dict[str, Any] = {member: found[start:end]}
    if end < len(found):
        answer["nextToken"] = str(end)
    return answer
