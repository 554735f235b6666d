"""A pipeline fetches, builds and waits for its approver, as on AWS."""

from __future__ import annotations

import io
import json
import subprocess
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.plane

Aws = Callable[..., Any]

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


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [
            "git",
            "-C",
            str(folder),
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t",
            *arguments,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    _git(folder, "init", "-q", "-b", "main")
    (folder / "buildspec.yml").write_text(BUILDSPEC)
    (folder / "src").mkdir()
    (folder / "src" / "NAME").write_text("world")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "Say hello\n\nIn full.")
    return folder


@pytest.fixture(scope="module")
def role(aws: Aws) -> str:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    name = f"PipelineRole-{uuid.uuid4().hex[:6]}"
    answer = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return str(answer["Role"]["Arn"])


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
    aws("codebuild").create_project(
        name=f"Build-{bucket}",
        source={"type": "CODEPIPELINE"},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=role,
    )
    control("POST", "source", {"repository": str(repository), "branch": "main"})
    return {
        "bucket": bucket,
        "key": key,
        "topic": topic,
        "queue": queue,
        "project": f"Build-{bucket}",
    }


def declaration(ground: dict[str, str], role: str, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "roleArn": role,
        "pipelineType": "V2",
        "artifactStore": {
            "type": "S3",
            "location": ground["bucket"],
            "encryptionKey": {"type": "KMS", "id": ground["key"]},
        },
        "stages": [
            {
                "name": "Source",
                "actions": [
                    {
                        "name": "GitHub",
                        "namespace": "Source",
                        "actionTypeId": _type("Source", "ThirdParty", "GitHub"),
                        "configuration": {
                            "Owner": "o",
                            "Repo": "r",
                            "Branch": "main",
                            "OAuthToken": "ghp_secret",
                            "PollForSourceChanges": "false",
                        },
                        "outputArtifacts": [{"name": "SourceOutput"}],
                    }
                ],
            },
            {
                "name": "Build",
                "actions": [
                    {
                        "name": "Build",
                        "namespace": "Build",
                        "actionTypeId": _type("Build", "AWS", "CodeBuild"),
                        "configuration": {"ProjectName": ground["project"]},
                        "inputArtifacts": [{"name": "SourceOutput"}],
                        "outputArtifacts": [{"name": "BuildOutput"}],
                    }
                ],
            },
            {
                "name": "Approve",
                "actions": [
                    {
                        "name": "Approval",
                        "actionTypeId": _type("Approval", "AWS", "Manual"),
                        "configuration": {
                            "NotificationArn": ground["topic"],
                            "CustomData": "#{Build.GREETING} of #{Source.CommitId}",
                        },
                    }
                ],
            },
        ],
    }


def _type(category: str, owner: str, provider: str) -> dict[str, str]:
    return {"category": category, "owner": owner, "provider": provider, "version": "1"}


@pytest.fixture
def pipeline(aws: Aws, ground: dict[str, str], role: str) -> Iterator[str]:
    name = f"Pipeline-{uuid.uuid4().hex[:6]}"
    aws("codepipeline").create_pipeline(pipeline=declaration(ground, role, name))
    yield name
    aws("codepipeline").delete_pipeline(name=name)


def until(read: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := read()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return found


def action_state(aws: Aws, pipeline: str, stage: str) -> dict[str, Any]:
    state = aws("codepipeline").get_pipeline_state(name=pipeline)
    found = next(item for item in state["stageStates"] if item["stageName"] == stage)
    latest: dict[str, Any] = found["actionStates"][0].get("latestExecution", {})
    return latest


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


def latest(aws: Aws, pipeline: str) -> dict[str, Any]:
    answer = aws("codepipeline").list_pipeline_executions(pipelineName=pipeline)
    first: dict[str, Any] = answer["pipelineExecutionSummaries"][0]
    return first


def ended(aws: Aws, pipeline: str) -> str:
    until(lambda: latest(aws, pipeline)["status"] != "InProgress")
    return str(latest(aws, pipeline)["status"])


def test_creating_a_pipeline_runs_it_to_its_approval_and_approving_ends_it(
    aws: Aws, ground: dict[str, str], pipeline: str, repository: Path
) -> None:
    token = approval_token(aws, pipeline)
    commit = _git(repository, "rev-parse", "HEAD")

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
    commit = _git(repository, "rev-parse", "HEAD")
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
    state = aws("codepipeline").get_pipeline_state(name=pipeline)
    found = next(item for item in state["stageStates"] if item["stageName"] == stage)
    inbound: str | None = found.get("inboundExecution", {}).get("pipelineExecutionId")
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
