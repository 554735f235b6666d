"""What tests of pipelines in the plane share: a repository, declarations, waiting."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

Aws = Callable[..., Any]


def git(folder: Path, *arguments: str) -> str:
    """Run git in ``folder`` as nobody in particular."""
    who = ("-c", "user.name=t", "-c", "user.email=t@t")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def make_repository(folder: Path, files: dict[str, str]) -> Path:
    """Make a repository whose branch main has one commit of ``files``."""
    git(folder, "init", "-q", "-b", "main")
    commit_files(folder, files, "Say hello\n\nIn full.")
    return folder


def commit_files(folder: Path, files: dict[str, str], message: str) -> str:
    """Commit ``files``; returns the commit's id."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def make_role(aws: Aws) -> str:
    """Make a role; returns its ARN."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    name = f"Role-{uuid.uuid4().hex[:6]}"
    answer = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return str(answer["Role"]["Arn"])


def make_project(aws: Aws, name: str, role: str, **more: Any) -> str:
    """Make a build project of a pipeline; returns its name."""
    aws("codebuild").create_project(
        **{
            "name": name,
            "source": {"type": "CODEPIPELINE"},
            "artifacts": {"type": "CODEPIPELINE"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": role,
            **more,
        }
    )
    return name


def action(name: str, kind: str, configuration: dict[str, str], **more: Any) -> Any:
    """Declare an action; ``kind`` is ``Category/Owner/Provider``."""
    category, owner, provider = kind.split("/")
    return {
        "name": name,
        "actionTypeId": {
            "category": category,
            "owner": owner,
            "provider": provider,
            "version": "1",
        },
        "configuration": configuration,
        **more,
    }


def github(branch: str = "main", token: str = "ghp_secret") -> Any:  # nosec B107
    """Declare a source action that reads ``branch`` by a token."""
    return action(
        "GitHub",
        "Source/ThirdParty/GitHub",
        {
            "Owner": "o",
            "Repo": "r",
            "Branch": branch,
            "OAuthToken": token,
            "PollForSourceChanges": "false",
        },
        namespace="Source",
        outputArtifacts=[{"name": "SourceOutput"}],
    )


def declare(
    name: str, role: str, bucket: str, stages: dict[str, list[Any]], **more: Any
) -> dict[str, Any]:
    """Declare a pipeline of ``stages``."""
    return {
        "name": name,
        "roleArn": role,
        "pipelineType": "V2",
        "artifactStore": {"type": "S3", "location": bucket, **more},
        "stages": [
            {"name": stage, "actions": actions} for stage, actions in stages.items()
        ],
    }


def until(read: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until ``read`` gives something true; returns it."""
    deadline = time.monotonic() + seconds
    while not (found := read()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return found


def stage_state(aws: Aws, pipeline: str, stage: str) -> Any:
    """Return a stage's state."""
    state = aws("codepipeline").get_pipeline_state(name=pipeline)
    return next(item for item in state["stageStates"] if item["stageName"] == stage)


def action_state(aws: Aws, pipeline: str, stage: str, action: str | None = None) -> Any:
    """Return the latest execution of an action, by default of the stage's first."""
    for item in stage_state(aws, pipeline, stage)["actionStates"]:
        if action in (None, item["actionName"]):
            return item.get("latestExecution", {})
    raise AssertionError(f"{stage} has no action {action}")


def latest(aws: Aws, pipeline: str) -> Any:
    """Return the summary of the newest execution."""
    answer = aws("codepipeline").list_pipeline_executions(pipelineName=pipeline)
    return answer["pipelineExecutionSummaries"][0]


def ended(aws: Aws, pipeline: str, seconds: float = 60) -> str:
    """Wait until the newest execution has ended; returns its status."""
    until(lambda: latest(aws, pipeline)["status"] != "InProgress", seconds)
    return str(latest(aws, pipeline)["status"])
