"""CodePipeline as ``ports.Steering``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, message_of, told_in_our_words
from delivery.errors import BadInput, Refused

# The API's limit for the reason of a stop.
MOST_REASON_CHARACTERS = 200
_ENDED = {"PipelineExecutionNotStoppableException", "DuplicatedStopRequestException"}
_NOT_RETRYABLE = {
    "NotLatestPipelineExecutionException",
    "StageNotRetryableException",
    "ConflictException",
}


@dataclass(frozen=True, slots=True)
class PipelineSteering:
    """Executions of one account and region."""

    clients: Clients

    @property
    def _api(self) -> Any:
        return self.clients.get("codepipeline")

    def stop(
        self, pipeline: str, execution_id: str, *, abandon: bool, reason: str
    ) -> bool:
        with self._doing(f"stop execution {execution_id}"):
            try:
                self._api.stop_pipeline_execution(
                    pipelineName=pipeline,
                    pipelineExecutionId=execution_id,
                    abandon=abandon,
                    reason=reason[:MOST_REASON_CHARACTERS],
                )
            except ClientError as error:
                if code_of(error) in _ENDED:
                    return False
                raise
        return True

    def retry(
        self, pipeline: str, stage: str, execution_id: str, *, all_actions: bool
    ) -> None:
        with self._doing(f"retry stage {stage}"):
            try:
                self._api.retry_stage_execution(
                    pipelineName=pipeline,
                    stageName=stage,
                    pipelineExecutionId=execution_id,
                    retryMode="ALL_ACTIONS" if all_actions else "FAILED_ACTIONS",
                )
            except ClientError as error:
                if code_of(error) not in _NOT_RETRYABLE:
                    raise
                raise Refused(
                    f"Stage {stage} cannot be retried.",
                    why=message_of(error),
                    next_step="./deploy_pipeline.py start begins a new execution.",
                ) from error

    def start_with(
        self,
        pipeline: str,
        *,
        token: str,
        revisions: Mapping[str, str],
        variables: Mapping[str, str],
    ) -> str:
        given: dict[str, Any] = {}
        if revisions:
            given["sourceRevisions"] = [
                {"actionName": k, "revisionType": "COMMIT_ID", "revisionValue": v}
                for k, v in revisions.items()
            ]
        if variables:
            given["variables"] = [{"name": k, "value": v} for k, v in variables.items()]
        what = " and ".join([*revisions.values(), *variables])
        with self._doing(f"start pipeline {pipeline} with {what}"):
            try:
                answer = self._api.start_pipeline_execution(
                    name=pipeline, clientRequestToken=token, **given
                )
            except ClientError as error:
                if code_of(error) != "ValidationException":
                    raise
                raise BadInput(
                    f"The pipeline cannot be started with {what}.",
                    why=message_of(error),
                    next_step="Give a full commit id of the pipeline's branch; bring the "
                    "pipeline up to date with ./deploy_pipeline.py if it lacks a variable.",
                ) from error
        return str(answer["pipelineExecutionId"])

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)
