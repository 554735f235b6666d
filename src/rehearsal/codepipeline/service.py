"""The operations of CodePipeline."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rehearsal.codepipeline import answers, records
from rehearsal.codepipeline.controls import ControlOperations
from rehearsal.codepipeline.definition import accept, check_start
from rehearsal.codepipeline.engine import Engine
from rehearsal.codepipeline.records import Execution, Pipeline
from rehearsal.codepipeline.webhooks import Webhook, masked_definition, trigger_of_push
from rehearsal.paging import Pages
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service

_PAGES = Pages("nextToken", "nextToken", "maxResults")


class CodePipeline(ControlOperations, Service):
    """Pipelines, their executions and webhooks; controls of executions are mixed in."""

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
        self._engine.cancel_all(pipeline, abandon=False)
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
            self._engine.cancel_all(pipeline, abandon=True)
        return {}

    # Executions

    def start_pipeline_execution(self, params: Params, call: Call) -> Answer:
        """Start an execution; the same request token gives the same execution."""
        pipeline = self._pipeline(params["name"])
        token = params.get("clientRequestToken", "")
        if token and token in pipeline.start_tokens:
            return {"pipelineExecutionId": pipeline.start_tokens[token]}
        variables = {v["name"]: v["value"] for v in params.get("variables", [])}
        revisions = params.get("sourceRevisions", [])
        check_start(pipeline.declaration, variables, revisions)
        trigger = ("StartPipelineExecution", call.principal.arn)
        execution = self._engine.start(
            pipeline,
            trigger,
            variables=variables,
            revisions={each["actionName"]: each["revisionValue"] for each in revisions},
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
        stage = params.get("filter", {}).get("succeededInStage", {}).get("stageName")
        with self._lock:
            found = [
                answers.execution_summary(execution)
                for execution in pipeline.executions.values()
                if stage is None or _succeeded_in(execution, stage)
            ]
        return _PAGES.cut("pipelineExecutionSummaries", found[::-1], params)

    def list_action_executions(self, params: Params, call: Call) -> Answer:
        """Return action executions, newest first."""
        pipeline = self._pipeline(params["pipelineName"])
        given = params.get("filter", {})
        given = given.get("latestInPipelineExecution", given)
        wanted = given.get("pipelineExecutionId")
        with self._lock:
            executions = list(pipeline.executions.values())
            if wanted:
                executions = [self._execution(pipeline, wanted)]
            runs = [run for execution in executions for run in execution.runs]
            runs.sort(key=lambda run: run.started, reverse=True)
            found = [answers.action_detail(run) for run in runs]
        return _PAGES.cut("actionExecutionDetails", found, params)

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


def _succeeded_in(execution: Execution, stage: str) -> bool:
    """Say whether it could be rolled back to: in this version of the pipeline, and well."""
    run = execution.stages.get(stage)
    current = execution.version == execution.pipeline.version
    return current and run is not None and run.status == records.SUCCEEDED
