"""The source page brings commits into the mirror, and pushes start who listens."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plane_pipelines import (
    Aws,
    action,
    action_state,
    commit_files,
    declare,
    ended,
    git,
    github,
    latest,
    make_repository,
    make_role,
)

pytestmark = pytest.mark.plane

Control = Callable[..., Any]


@pytest.fixture
def branch() -> str:
    return f"branch-{uuid.uuid4().hex[:6]}"


@pytest.fixture
def repository(tmp_path: Path, branch: str) -> Path:
    folder = make_repository(tmp_path, {"README": "r", "bin/run": "#!/bin/sh\n"})
    git(folder, "branch", "-m", "main", branch)
    return folder


def test_a_branch_is_fetched_and_listed(
    control: Control, repository: Path, branch: str
) -> None:
    head = git(repository, "rev-parse", "HEAD")
    answer = control(
        "POST", "source", {"repository": str(repository), "branch": branch}
    )
    assert answer == {"branch": branch, "commit": head, "started": []}
    assert control("GET", "source")["branches"][branch] == head


def test_a_commit_can_stand_for_the_branch_of_a_detached_head(
    control: Control, repository: Path, branch: str
) -> None:
    first = git(repository, "rev-parse", "HEAD")
    commit_files(repository, {"README": "2"}, "Second")
    git(repository, "checkout", "-q", "--detach", first)
    where = {"repository": str(repository), "branch": branch, "commit_id": first}
    assert control("POST", "source", where)["commit"] == first


def test_a_commit_of_the_mirror_leaves_the_working_tree_alone(
    control: Control, repository: Path, branch: str
) -> None:
    control("POST", "source", {"repository": str(repository), "branch": branch})
    head = git(repository, "rev-parse", "HEAD")
    commit = {"path": "deep/RELEASE", "content": "2\n", "message": "Release 2"}

    made = control("POST", "source", {"branch": branch, "commit": commit})["commit"]

    mirror = control("GET", "source")["mirror"]
    shown = subprocess.run(
        ["git", f"--git-dir={mirror}", "show", f"{made}:deep/RELEASE"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "2\n"
    assert git(repository, "rev-parse", "HEAD") == head
    assert git(repository, "status", "--porcelain") == ""


def test_an_absent_branch_or_folder_is_an_error_that_says_so(
    control: Control, repository: Path, tmp_path: Path
) -> None:
    for where, said in (
        ({"repository": str(repository), "branch": "nowhere"}, "nowhere"),
        ({"repository": "/does/not/exist", "branch": "main"}, "is not a folder"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            control("POST", "source", where)
        assert said in json.load(refusal.value)["error"]


def connection_source(arn: str, branch: str, **more: str) -> Any:
    return action(
        "GitHub",
        "Source/AWS/CodeStarSourceConnection",
        {
            "ConnectionArn": arn,
            "FullRepositoryId": "o/r",
            "BranchName": branch,
            **more,
        },
        outputArtifacts=[{"name": "SourceOutput"}],
    )


@pytest.fixture
def connection(aws: Aws) -> str:
    answer = aws("codeconnections").create_connection(
        ConnectionName="github", ProviderType="GitHub"
    )
    return str(answer["ConnectionArn"])


def create(aws: Aws, name: str, source: Any, **more: Any) -> str:
    role, bucket = make_role(aws), f"artifacts-{name}"
    aws("s3").create_bucket(Bucket=bucket)
    approval = action("Approve", "Approval/AWS/Manual", {})
    stages = {"Source": [source], "Approve": [approval]}
    declared = {**declare(name, role, bucket, stages), **more}
    aws("codepipeline").create_pipeline(pipeline=declared)
    return name


def test_a_pending_connection_fails_the_source_until_its_handshake(
    aws: Aws, control: Control, repository: Path, branch: str, connection: str
) -> None:
    control("POST", "source", {"repository": str(repository), "branch": branch})
    create(aws, branch, connection_source(connection, branch))
    assert ended(aws, branch) == "Failed"
    message = action_state(aws, branch, "Source")["errorDetails"]["message"]
    assert "is PENDING" in message

    control("POST", "connections", {"arn": connection})
    commit_files(repository, {"README": "2"}, "Second")
    pushed = control(
        "POST", "source", {"repository": str(repository), "branch": branch}
    )

    assert pushed["started"] == [latest(aws, branch)["pipelineExecutionId"]]
    assert latest(aws, branch)["trigger"]["triggerType"] == "WebhookV2"


def test_a_declared_trigger_decides_instead_of_change_detection(
    aws: Aws, control: Control, repository: Path, branch: str, connection: str
) -> None:
    where = {"repository": str(repository), "branch": branch}
    control("POST", "source", where)
    trigger = {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {
            "sourceActionName": "GitHub",
            "push": [{"branches": {"includes": [branch]}}],
        },
    }
    source = connection_source(connection, branch, DetectChanges="false")
    create(aws, branch, source, triggers=[trigger])
    create(aws, f"{branch}-deaf", source)
    commit_files(repository, {"README": "2"}, "Second")

    started = control("POST", "source", where)["started"]

    assert started == [latest(aws, branch)["pipelineExecutionId"]]


def test_a_source_whose_branch_is_absent_says_which(aws: Aws, branch: str) -> None:
    create(aws, branch, github(f"{branch}-absent"))
    assert ended(aws, branch) == "Failed"
    message = action_state(aws, branch, "Source")["errorDetails"]["message"]
    assert message == (
        f"[GitHub] No Branch [{branch}-absent] found for FullRepositoryName [o/r]"
    )
