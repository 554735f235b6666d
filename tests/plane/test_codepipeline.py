"""A pipeline fetches, builds and waits for its approver, as on AWS."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from plane_pipelines import (
    Aws,
    action,
    action_state,
    declare,
    ended,
    git,
    github,
    latest,
    make_project,
    make_repository,
    make_role,
    stage_state,
    until,
)

pytestmark = pytest.mark.plane

BUILDSPEC = """\
version: 0.2
env:
  shell: bash
  exported-variables: [GREETING]
phases:
  pre_build:
    commands:
      - cd src
      - export GREETING="hello $(cat NAME)"
  build:
    commands:
      - test ! -e BROKEN
      - python -c 'print("built by python", 6 * 7)'
      - pwd
      - echo "$GREETING" > ../greeting.txt
artifacts:
  files: [greeting.txt]
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"buildspec.yml": BUILDSPEC, "src/NAME": "world"}
    return make_repository(tmp_path_factory.mktemp("repository"), files)


@pytest.fixture(scope="module")
def role(aws: Aws) -> str:
    return make_role(aws)


@pytest.fixture(scope="module")
def ground(aws: Aws, role: str, control: Any, repository: Path) -> dict[str, str]:
    """A bucket, a topic with a listening queue, a build project and a branch."""
    bucket = f"artifacts-{uuid.uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=bucket)
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    topic = aws("sns").create_topic(Name=f"approvals-{bucket}")["TopicArn"]
    queue = aws("sqs").create_queue(QueueName=f"approvals-{bucket}")["QueueUrl"]
    aws("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:us-east-1:123456789012:approvals-{bucket}",
    )
    project = make_project(aws, f"Build-{bucket}", role)
    control("POST", "source", {"repository": str(repository), "branch": "main"})
    return {
        "bucket": bucket,
        "key": key,
        "topic": topic,
        "queue": queue,
        "project": project,
    }


def declaration(ground: dict[str, str], role: str, name: str) -> dict[str, Any]:
    build = action(
        "Build",
        "Build/AWS/CodeBuild",
        {"ProjectName": ground["project"]},
        namespace="Build",
        inputArtifacts=[{"name": "SourceOutput"}],
        outputArtifacts=[{"name": "BuildOutput"}],
    )
    approval = action(
        "Approval",
        "Approval/AWS/Manual",
        {
            "NotificationArn": ground["topic"],
            "CustomData": "#{Build.GREETING} of #{Source.CommitId}",
        },
    )
    stages = {"Source": [github()], "Build": [build], "Approve": [approval]}
    key = {"type": "KMS", "id": ground["key"]}
    return declare(name, role, ground["bucket"], stages, encryptionKey=key)


@pytest.fixture
def pipeline(aws: Aws, ground: dict[str, str], role: str) -> Iterator[str]:
    name = f"Pipeline-{uuid.uuid4().hex[:6]}"
    aws("codepipeline").create_pipeline(pipeline=declaration(ground, role, name))
    yield name
    aws("codepipeline").delete_pipeline(name=name)


def approval_token(aws: Aws, pipeline: str) -> str:
    return str(until(lambda: action_state(aws, pipeline, "Approve").get("token")))


def decide(aws: Aws, pipeline: str, token: str, status: str = "Approved") -> None:
    aws("codepipeline").put_approval_result(
        pipelineName=pipeline,
        stageName="Approve",
        actionName="Approval",
        result={"summary": "seen by Ada", "status": status},
        token=token,
    )


def test_creating_a_pipeline_runs_it_to_its_approval_and_approving_ends_it(
    aws: Aws, ground: dict[str, str], pipeline: str, repository: Path
) -> None:
    token = approval_token(aws, pipeline)
    commit = git(repository, "rev-parse", "HEAD")

    assert latest(aws, pipeline)["trigger"]["triggerType"] == "CreatePipeline"
    assert latest(aws, pipeline)["sourceRevisions"][0]["revisionId"] == commit
    decide(aws, pipeline, token)

    assert ended(aws, pipeline) == "Succeeded"
    assert action_state(aws, pipeline, "Approve")["summary"] == "seen by Ada"
    details = aws("codepipeline").list_action_executions(pipelineName=pipeline)
    by_name = {item["actionName"]: item for item in details["actionExecutionDetails"]}
    assert by_name["Build"]["output"]["outputVariables"] == {"GREETING": "hello world"}
    assert by_name["GitHub"]["output"]["outputVariables"]["CommitMessage"] == (
        "Say hello\n\nIn full."
    )
    place = by_name["Build"]["output"]["outputArtifacts"][0]["s3location"]
    stored = aws("s3").get_object(Bucket=place["bucket"], Key=place["key"])
    assert stored["SSEKMSKeyId"] == ground["key"]
    with zipfile.ZipFile(io.BytesIO(stored["Body"].read())) as archive:
        assert archive.read("greeting.txt") == b"hello world\n"


def test_the_notice_of_an_approval_has_the_documented_shape(
    aws: Aws, ground: dict[str, str], pipeline: str, repository: Path
) -> None:
    token = approval_token(aws, pipeline)

    def find() -> dict[str, Any] | None:
        received = aws("sqs").receive_message(
            QueueUrl=ground["queue"], MaxNumberOfMessages=10
        )
        for message in received.get("Messages", []):
            notice: dict[str, Any] = json.loads(json.loads(message["Body"])["Message"])
            if notice["approval"]["token"] == token:
                return notice["approval"]
        return None

    approval = until(find)
    commit = git(repository, "rev-parse", "HEAD")
    assert approval["pipelineName"] == pipeline
    assert approval["customData"] == f"hello world of {commit}"


def test_a_rejection_fails_the_execution_and_keeps_the_comment(
    aws: Aws, pipeline: str
) -> None:
    decide(aws, pipeline, approval_token(aws, pipeline), "Rejected")

    assert ended(aws, pipeline) == "Failed"
    state = action_state(aws, pipeline, "Approve")
    assert (state["status"], state["summary"]) == ("Failed", "seen by Ada")


def test_a_token_decides_once_and_only_its_own_approval(
    aws: Aws, pipeline: str
) -> None:
    token = approval_token(aws, pipeline)
    with pytest.raises(ClientError, match="InvalidApprovalTokenException"):
        decide(aws, pipeline, str(uuid.uuid4()))
    decide(aws, pipeline, token)
    ended(aws, pipeline)

    with pytest.raises(ClientError, match="ApprovalAlreadyCompletedException"):
        decide(aws, pipeline, token)


def test_a_failed_build_fails_the_execution_and_says_which_command(
    aws: Aws, pipeline: str, control: Any
) -> None:
    approval_token(aws, pipeline)
    control(
        "POST",
        "faults",
        {"kind": "action", "target": "Build", "settings": {"message": "no capacity"}},
    )
    try:
        aws("codepipeline").start_pipeline_execution(name=pipeline)
        assert ended(aws, pipeline) == "Failed"
    finally:
        control("DELETE", "faults")
    error = action_state(aws, pipeline, "Build")["errorDetails"]
    assert error["message"] == "no capacity"


def test_the_token_is_masked_and_sending_the_mask_back_breaks_the_source(
    aws: Aws, pipeline: str
) -> None:
    approval_token(aws, pipeline)
    declared = aws("codepipeline").get_pipeline(name=pipeline)["pipeline"]
    source = declared["stages"][0]["actions"][0]["configuration"]
    assert source["OAuthToken"] == "****"

    updated = aws("codepipeline").update_pipeline(pipeline=declared)["pipeline"]
    assert updated["version"] == 2
    assert ended(aws, pipeline) == "Cancelled"
    aws("codepipeline").start_pipeline_execution(name=pipeline)

    assert ended(aws, pipeline) == "Failed"
    error = action_state(aws, pipeline, "Source")["errorDetails"]
    assert "access token provided has insufficient permissions" in error["message"]


def test_a_newer_execution_supersedes_one_that_waits(aws: Aws, pipeline: str) -> None:
    client = aws("codepipeline")
    approval_token(aws, pipeline)
    second = client.start_pipeline_execution(name=pipeline)["pipelineExecutionId"]
    until(lambda: _inbound(aws, pipeline, "Approve") == second)
    third = client.start_pipeline_execution(name=pipeline)["pipelineExecutionId"]
    until(lambda: _inbound(aws, pipeline, "Approve") == third)

    overtaken = client.get_pipeline_execution(
        pipelineName=pipeline, pipelineExecutionId=second
    )
    assert overtaken["pipelineExecution"]["status"] == "Superseded"


def _inbound(aws: Aws, pipeline: str, stage: str) -> str | None:
    waiting = stage_state(aws, pipeline, stage).get("inboundExecution", {})
    inbound: str | None = waiting.get("pipelineExecutionId")
    return inbound


def test_a_disabled_transition_holds_executions_until_it_is_enabled(
    aws: Aws, pipeline: str
) -> None:
    client = aws("codepipeline")
    names = {
        "pipelineName": pipeline,
        "stageName": "Build",
        "transitionType": "Inbound",
    }
    token = approval_token(aws, pipeline)
    client.disable_stage_transition(**names, reason="freeze")
    second = client.start_pipeline_execution(name=pipeline)["pipelineExecutionId"]
    until(lambda: _inbound(aws, pipeline, "Build") == second)
    state = client.get_pipeline_state(name=pipeline)["stageStates"][1]
    assert state["inboundTransitionState"]["disabledReason"] == "freeze"

    decide(aws, pipeline, token)
    client.enable_stage_transition(**names)

    until(lambda: approval_token(aws, pipeline) != token)


def test_stopping_with_abandon_ends_at_once_and_stopping_again_is_refused(
    aws: Aws, pipeline: str
) -> None:
    approval_token(aws, pipeline)
    execution = latest(aws, pipeline)["pipelineExecutionId"]
    names = {"pipelineName": pipeline, "pipelineExecutionId": execution}

    aws("codepipeline").stop_pipeline_execution(**names, abandon=True, reason="wrong")

    until(lambda: latest(aws, pipeline)["status"] == "Stopped")
    assert latest(aws, pipeline)["stopTrigger"] == {"reason": "wrong"}
    assert action_state(aws, pipeline, "Approve")["status"] == "Abandoned"
    with pytest.raises(ClientError, match="PipelineExecutionNotStoppableException"):
        aws("codepipeline").stop_pipeline_execution(**names, abandon=True)
    with pytest.raises(ClientError, match="less than or equal to 200"):
        aws("codepipeline").stop_pipeline_execution(**names, reason="x" * 201)


def test_stopping_and_waiting_lets_the_action_end_first(
    aws: Aws, pipeline: str
) -> None:
    token = approval_token(aws, pipeline)
    execution = latest(aws, pipeline)["pipelineExecutionId"]
    names = {"pipelineName": pipeline, "pipelineExecutionId": execution}

    aws("codepipeline").stop_pipeline_execution(**names, abandon=False)

    assert latest(aws, pipeline)["status"] == "Stopping"
    with pytest.raises(ClientError, match="DuplicatedStopRequestException"):
        aws("codepipeline").stop_pipeline_execution(**names, abandon=False)
    decide(aws, pipeline, token)
    until(lambda: latest(aws, pipeline)["status"] == "Stopped")
    assert action_state(aws, pipeline, "Approve")["status"] == "Succeeded"


def test_retrying_a_failed_stage_goes_on_from_there(aws: Aws, pipeline: str) -> None:
    decide(aws, pipeline, approval_token(aws, pipeline), "Rejected")
    assert ended(aws, pipeline) == "Failed"

    aws("codepipeline").retry_stage_execution(
        pipelineName=pipeline,
        stageName="Approve",
        pipelineExecutionId=latest(aws, pipeline)["pipelineExecutionId"],
        retryMode="FAILED_ACTIONS",
    )
    decide(aws, pipeline, approval_token(aws, pipeline))

    until(lambda: latest(aws, pipeline)["status"] == "Succeeded")


def test_a_push_starts_pipelines_with_a_registered_webhook_only(
    aws: Aws, pipeline: str, control: Any
) -> None:
    approval_token(aws, pipeline)
    commit = {"path": "src/functions/RELEASE", "content": "2\n", "message": "Release 2"}
    push = {"branch": "main", "commit": commit}
    assert control("POST", "source", push)["started"] == []
    webhook = aws("codepipeline").put_webhook(
        webhook={
            "name": f"hook-{pipeline}",
            "targetPipeline": pipeline,
            "targetAction": "GitHub",
            "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}],
            "authentication": "GITHUB_HMAC",
            "authenticationConfiguration": {"SecretToken": "hush"},
        }
    )["webhook"]
    settings = webhook["definition"]["authenticationConfiguration"]
    assert settings == {"SecretToken": "****"}
    aws("codepipeline").register_webhook_with_third_party(
        webhookName=f"hook-{pipeline}"
    )

    pushed = control("POST", "source", {**push, "commit": {**commit, "content": "3\n"}})

    assert len(pushed["started"]) == 1
    execution = latest(aws, pipeline)
    assert execution["trigger"] == {
        "triggerType": "Webhook",
        "triggerDetail": webhook["arn"],
    }
    until(lambda: latest(aws, pipeline).get("sourceRevisions"))
    revision = latest(aws, pipeline)["sourceRevisions"][0]
    assert revision["revisionId"] == pushed["commit"]
    assert revision["revisionSummary"] == "Release 2"
    aws("codepipeline").delete_webhook(name=f"hook-{pipeline}")
