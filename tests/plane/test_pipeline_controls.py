"""Who steers executions finds the doors, limits and errors of CodePipeline."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
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
    make_project,
    make_repository,
    make_role,
    stage_state,
    until,
)

pytestmark = pytest.mark.plane

BRANCH = "controls"
SLOWLY = "version: 0.2\nphases:\n  build:\n    commands: [sleep 2]\n"


@pytest.fixture(scope="module")
def role(aws: Aws) -> str:
    return make_role(aws)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, control: Any) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    make_repository(folder, {"buildspec.yml": SLOWLY})
    publish(control, folder)
    return folder


def publish(control: Any, folder: Path) -> None:
    commit = git(folder, "rev-parse", "HEAD")
    place = {"repository": str(folder), "branch": BRANCH, "commit_id": commit}
    control("POST", "source", place)


@pytest.fixture(scope="module")
def bucket(aws: Aws) -> str:
    name = f"controls-{uuid.uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=name)
    return name


def approval(name: str, order: int = 1) -> Any:
    return action(name, "Approval/AWS/Manual", {}, runOrder=order)


@pytest.fixture
def make(aws: Aws, role: str, bucket: str, repository: Path) -> Iterator[Any]:
    names = []

    def pipeline(stages: dict[str, list[Any]], **more: Any) -> str:
        name = f"Controls-{uuid.uuid4().hex[:6]}"
        source = {"Source": [github(BRANCH)]}
        declared = declare(name, role, bucket, {**source, **stages})
        aws("codepipeline").create_pipeline(pipeline={**declared, **more})
        names.append(name)
        return name

    yield pipeline
    for name in names:
        aws("codepipeline").delete_pipeline(name=name)


def token(aws: Aws, pipeline: str, stage: str, name: str) -> str:
    return str(until(lambda: action_state(aws, pipeline, stage, name).get("token")))


def decide(
    aws: Aws, pipeline: str, stage: str, name: str, status: str = "Approved"
) -> None:
    aws("codepipeline").put_approval_result(
        pipelineName=pipeline,
        stageName=stage,
        actionName=name,
        result={"summary": "seen", "status": status},
        token=token(aws, pipeline, stage, name),
    )
    until(lambda: "token" not in action_state(aws, pipeline, stage, name))


def retry(aws: Aws, pipeline: str, mode: str, execution: str | None = None) -> None:
    aws("codepipeline").retry_stage_execution(
        pipelineName=pipeline,
        stageName="Two",
        pipelineExecutionId=execution or latest(aws, pipeline)["pipelineExecutionId"],
        retryMode=mode,
    )


def test_the_way_out_of_a_stage_is_the_way_into_the_next(aws: Aws, make: Any) -> None:
    pipeline = make({"One": [approval("A")], "Two": [approval("B")]})
    door = {
        "pipelineName": pipeline,
        "stageName": "One",
        "transitionType": "Outbound",
    }
    client = aws("codepipeline")
    client.disable_stage_transition(**door, reason="rollback of production (2)")
    decide(aws, pipeline, "One", "A")
    first = latest(aws, pipeline)["pipelineExecutionId"]

    waiting = until(lambda: stage_state(aws, pipeline, "Two").get("inboundExecution"))
    closed = stage_state(aws, pipeline, "Two")["inboundTransitionState"]
    assert waiting["pipelineExecutionId"] == first
    assert not closed["enabled"]
    assert closed["disabledReason"] == "rollback of production (2)"
    assert closed["lastChangedBy"].endswith(":user/operator")
    client.start_pipeline_execution(name=pipeline)
    decide(aws, pipeline, "One", "A")
    old = {"pipelineName": pipeline, "pipelineExecutionId": first}
    until(
        lambda: client.get_pipeline_execution(**old)["pipelineExecution"]["status"]
        == "Superseded"
    )

    client.enable_stage_transition(**door)

    assert token(aws, pipeline, "Two", "B")


@pytest.mark.parametrize("reason", ["it's broken", "x" * 301, "a/b", "ä"])
def test_a_reason_that_the_api_does_not_take_closes_nothing(
    aws: Aws, make: Any, reason: str
) -> None:
    pipeline = make({"One": [approval("A")]})

    with pytest.raises(ClientError, match="ValidationException"):
        aws("codepipeline").disable_stage_transition(
            pipelineName=pipeline,
            stageName="One",
            transitionType="Inbound",
            reason=reason,
        )

    assert stage_state(aws, pipeline, "One")["inboundTransitionState"]["enabled"]


def test_a_retry_runs_what_failed_or_all_and_only_the_latest(
    aws: Aws, make: Any
) -> None:
    pipeline = make({"Two": [approval("A"), approval("B", order=2)]})
    with pytest.raises(ClientError, match="NotLatestPipelineExecutionException"):
        retry(aws, pipeline, "FAILED_ACTIONS")
    decide(aws, pipeline, "Two", "A")
    with pytest.raises(ClientError, match="StageNotRetryableException"):
        retry(aws, pipeline, "FAILED_ACTIONS")
    decide(aws, pipeline, "Two", "B", "Rejected")
    assert ended(aws, pipeline) == "Failed"

    retry(aws, pipeline, "FAILED_ACTIONS")
    decide(aws, pipeline, "Two", "B", "Rejected")
    assert ended(aws, pipeline) == "Failed"
    assert action_state(aws, pipeline, "Two", "A")["status"] == "Succeeded"

    retry(aws, pipeline, "ALL_ACTIONS")
    decide(aws, pipeline, "Two", "A")
    decide(aws, pipeline, "Two", "B")
    assert ended(aws, pipeline) == "Succeeded"


def test_a_start_takes_a_commit_and_variables_and_refuses_unknown_ones(
    aws: Aws, make: Any, repository: Path, control: Any
) -> None:
    old = commit_files(repository, {"NEWS": "old"}, "Old")
    commit_files(repository, {"NEWS": "new"}, "New")
    publish(control, repository)
    stages = {"One": [action("A", "Approval/AWS/Manual", {"CustomData": SAID})]}
    declared = [{"name": "Level", "defaultValue": "low"}]
    pipeline = make(stages, variables=declared)
    token(aws, pipeline, "One", "A")
    start = aws("codepipeline").start_pipeline_execution
    for wrong in (
        {"variables": [{"name": "Depth", "value": "1"}]},
        {"sourceRevisions": [revision("Elsewhere", old)]},
        {
            "sourceRevisions": [
                {**revision("GitHub", old), "revisionType": "S3_OBJECT_VERSION_ID"}
            ]
        },
    ):
        with pytest.raises(ClientError, match="ValidationException"):
            start(name=pipeline, **wrong)
    stop(aws, pipeline, abandon=True)

    started = start(
        name=pipeline,
        variables=[{"name": "Level", "value": "high"}],
        sourceRevisions=[revision("GitHub", old)],
    )
    token(aws, pipeline, "One", "A")

    wanted = {"pipelineExecutionId": started["pipelineExecutionId"]}
    details = aws("codepipeline").list_action_executions(
        pipelineName=pipeline, filter=wanted
    )["actionExecutionDetails"]
    ran = {item["actionName"]: item for item in details}
    assert ran["GitHub"]["output"]["outputVariables"]["CommitId"] == old
    assert ran["GitHub"]["output"]["executionResult"]["externalExecutionId"] == old
    trail = aws("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": pipeline}]
    )["Events"]
    assert [event["EventName"] for event in trail].count("StartPipelineExecution") == 4
    said = ran["A"]["input"]["resolvedConfiguration"]["CustomData"]
    assert said == f"high {old}"


SAID = "#{variables.Level} #{Source.CommitId}"


def revision(name: str, commit: str) -> dict[str, str]:
    return {
        "actionName": name,
        "revisionType": "COMMIT_ID",
        "revisionValue": commit,
    }


def stop(aws: Aws, pipeline: str, *, abandon: bool) -> None:
    names = {
        "pipelineName": pipeline,
        "pipelineExecutionId": latest(aws, pipeline)["pipelineExecutionId"],
    }
    aws("codepipeline").stop_pipeline_execution(**names, abandon=abandon)


def test_an_update_cancels_executions_after_the_action_in_progress(
    aws: Aws, make: Any, role: str
) -> None:
    project = make_project(aws, f"Slowly-{uuid.uuid4().hex[:6]}", role)
    build = action(
        "Build",
        "Build/AWS/CodeBuild",
        {"ProjectName": project},
        inputArtifacts=[{"name": "SourceOutput"}],
    )
    pipeline = make({"One": [build], "Two": [approval("A")]})
    until(lambda: action_state(aws, pipeline, "One").get("externalExecutionId"))
    client = aws("codepipeline")
    declared = client.get_pipeline(name=pipeline)["pipeline"]
    declared["stages"][0]["actions"][0]["configuration"]["OAuthToken"] = "ghp_new"

    updated = client.update_pipeline(pipeline=declared)["pipeline"]

    assert updated["version"] == 2
    assert latest(aws, pipeline)["status"] == "InProgress"
    assert ended(aws, pipeline) == "Cancelled"
    assert action_state(aws, pipeline, "One")["status"] == "Succeeded"
    assert "latestExecution" not in stage_state(aws, pipeline, "Two")


def test_a_stage_rolls_back_to_what_succeeded_in_it_until_the_pipeline_changes(
    aws: Aws, make: Any
) -> None:
    client = aws("codepipeline")
    pipeline = make({"One": [approval("A")], "Two": [approval("B")]})
    decide(aws, pipeline, "One", "A")
    decide(aws, pipeline, "Two", "B")
    assert ended(aws, pipeline) == "Succeeded"
    good = latest(aws, pipeline)["pipelineExecutionId"]
    target = {
        "pipelineName": pipeline,
        "stageName": "Two",
        "targetPipelineExecutionId": good,
    }

    back = client.rollback_stage(**target)["pipelineExecutionId"]

    found = client.get_pipeline_execution(
        pipelineName=pipeline, pipelineExecutionId=back
    )["pipelineExecution"]
    assert found["executionType"] == "ROLLBACK"
    assert found["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": good}
    assert found["trigger"]["triggerType"] == "ManualRollback"
    with pytest.raises(ClientError, match="UnableToRollbackStageException"):
        client.rollback_stage(**target)
    decide(aws, pipeline, "Two", "B")
    assert ended(aws, pipeline) == "Succeeded"
    declared = client.get_pipeline(name=pipeline)["pipeline"]
    client.update_pipeline(pipeline=declared)
    with pytest.raises(ClientError, match="PipelineExecutionOutdatedException"):
        client.rollback_stage(**target)
    in_stage = {"succeededInStage": {"stageName": "Two"}}
    assert not client.list_pipeline_executions(pipelineName=pipeline, filter=in_stage)[
        "pipelineExecutionSummaries"
    ]
