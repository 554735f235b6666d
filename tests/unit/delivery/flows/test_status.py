"""Gathering a status: which execution, and why its actions failed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from delivery_fakes import (
    FakeBuilds,
    failed_build,
    make_action,
    make_event,
    make_execution,
    make_stack,
    make_stage,
    make_state,
    stack_event,
)

from awsrules.statuses import BuildStatus
from delivery.errors import BadInput, NotPermitted, Unreachable
from delivery.flows.status import StatusReader, watch_status
from delivery.model import BuildPhase, Cause

PIPELINE = "MedicalRecordAnalysisPipeline"


@pytest.fixture
def builds():
    return FakeBuilds()


@pytest.fixture
def reader(pipelines, builds, stacks):
    return StatusReader(pipelines, builds, stacks, PIPELINE)


def _failed_in(pipelines, stage: str, action) -> None:
    pipelines.runs = [make_execution(status="Failed")]
    pipelines.states = [make_state(make_stage(stage, "Failed", action))]
    pipelines.history = {"execution-1": {stage: (action,)}}


def test_without_a_pipeline_it_says_how_to_get_one(reader) -> None:
    with pytest.raises(BadInput, match="There is no pipeline"):
        reader.read()


def test_the_newest_execution_is_shown(reader, pipelines) -> None:
    pipelines.states = [make_state(make_stage("Source"))]
    pipelines.runs = [make_execution("execution-2"), make_execution("execution-1")]
    assert reader.read().execution.id == "execution-2"


def test_the_newest_that_was_promoted_tells_its_commit_when_asked_by_its_id(
    reader, pipelines
) -> None:
    pipelines.states = [make_state(make_stage("Source"))]
    pipelines.runs = [make_execution(commit="", trigger="StartPipelineExecution")]
    pipelines.execution = lambda pipeline, id: make_execution(id, commit="c0ffee")
    found = reader.read().execution
    assert (found.commit, found.trigger) == ("c0ffee", "StartPipelineExecution")


def test_a_pipeline_without_executions_has_a_status(reader, pipelines) -> None:
    pipelines.states = [make_state(make_stage("Source"))]
    assert reader.read().execution is None


def test_the_beginning_of_an_id_is_enough(reader, pipelines) -> None:
    pipelines.states = [make_state(make_stage("Source"))]
    pipelines.runs = [make_execution("aaa-1"), make_execution("bbb-1")]
    assert reader.read("bb").execution.id == "bbb-1"


def test_an_ambiguous_or_unknown_id_is_bad_input(reader, pipelines) -> None:
    pipelines.states = [make_state(make_stage("Source"))]
    pipelines.runs = [make_execution("aaa-1"), make_execution("aaa-2")]
    with pytest.raises(BadInput) as caught:
        reader.read("aaa")
    assert "Several" in caught.value.why
    with pytest.raises(BadInput):
        reader.read("f" * 36)


def test_a_failed_build_names_phase_and_test(reader, pipelines, builds) -> None:
    action = make_action("Build", "Failed", provider="CodeBuild", external_id="Build:1")
    _failed_in(pipelines, "Build", action)
    builds.builds["Build:1"] = failed_build(BuildPhase("BUILD", BuildStatus.FAILED))
    builds.log = ["FAILED tests/unit/test_a.py::test_b - assert 1 == 2"]
    (failure,) = reader.read_with_failures().failures
    assert failure.phase == "BUILD"
    assert failure.tests == ("tests/unit/test_a.py::test_b",)


def test_a_build_that_is_gone_leaves_the_actions_summary(reader, pipelines) -> None:
    action = make_action(
        "Build", "Failed", provider="CodeBuild", external_id="x:1", summary="it failed"
    )
    _failed_in(pipelines, "Build", action)
    assert reader.read_with_failures().failures[0].cause == "it failed"


def test_a_failed_stack_names_its_root_cause(reader, pipelines, stacks) -> None:
    action = make_action(
        "ExecuteChangeSet",
        "Failed",
        provider="CloudFormation",
        configuration={"StackName": "app"},
    )
    _failed_in(pipelines, "DeployStaging", action)
    stacks.stacks["app"] = make_stack(status="UPDATE_ROLLBACK_COMPLETE")
    stacks.log["app"] = [
        stack_event("UPDATE_IN_PROGRESS"),
        make_event("Function", "UPDATE_FAILED", "NoSuchKey"),
    ]
    (failure,) = reader.read_with_failures().failures
    assert failure.cause.startswith("stack app: Function (AWS::S3::Bucket): NoSuchKey")
    assert failure.details


@pytest.mark.parametrize("present", [True, False])
def test_a_stack_without_a_failure_leaves_the_summary(
    reader, pipelines, stacks, present
) -> None:
    action = make_action(
        "CreateChangeSet",
        "Failed",
        provider="CloudFormation",
        configuration={"StackName": "app"},
        summary="no such role",
    )
    _failed_in(pipelines, "DeployStaging", action)
    if present:
        stacks.stacks["app"] = make_stack()
    assert reader.read_with_failures().failures[0].cause == "no such role"


def test_what_early_validation_found_is_unpacked(reader, pipelines, stacks) -> None:
    action = make_action(
        "CreateChangeSet",
        "Failed",
        provider="CloudFormation",
        configuration={"StackName": "app", "ChangeSetName": "release"},
        summary="failed: [AWS::EarlyValidation::PropertyValidation]",
    )
    _failed_in(pipelines, "DeployStaging", action)
    stacks.stacks["app"] = make_stack()
    stacks.found = [Cause("Logs", "AWS::Logs::LogGroup", "6 is not allowed")]
    (failure,) = reader.read_with_failures().failures
    assert failure.cause == "stack app: Logs (AWS::Logs::LogGroup): 6 is not allowed"


def test_a_rejection_shows_who_and_the_comment(reader, pipelines) -> None:
    action = make_action(
        "Approve",
        "Failed",
        category="Approval",
        summary="dosage is wrong",
        updated_by="arn:aws:iam::1:user/ann",
    )
    _failed_in(pipelines, "ApproveStaging", action)
    (failure,) = reader.read_with_failures().failures
    assert failure.cause == (
        "rejected or expired by arn:aws:iam::1:user/ann: dosage is wrong"
    )


def test_an_unreadable_reason_does_not_hide_the_status(
    reader, pipelines, builds, monkeypatch
) -> None:
    action = make_action(
        "Build", "Failed", provider="CodeBuild", external_id="x:1", summary="failed"
    )
    _failed_in(pipelines, "Build", action)

    def denied(build_id):
        raise NotPermitted("The tool could not read build x:1.")

    monkeypatch.setattr(builds, "build", denied)
    (failure,) = reader.read_with_failures().failures
    assert failure.cause == "failed"
    assert "could not read build" in failure.details[0]


def test_watching_stays_with_its_execution_and_ends_when_it_settles(
    reader, pipelines, clock
) -> None:
    pipelines.states = [make_state(make_stage("Source", "InProgress"))]
    pipelines.runs = [make_execution("e" * 36)]
    seen = []
    for status in watch_status(reader, clock):
        seen.append(status.execution.status.value)
        if len(seen) == 2:
            pipelines.runs = [
                make_execution("f" * 36),
                make_execution("e" * 36, "Succeeded"),
            ]
    assert seen == ["InProgress", "InProgress", "Succeeded"]


def test_looks_become_rarer_while_nothing_changes(reader, pipelines, clock) -> None:
    pipelines.states = [make_state(make_stage("Source", "InProgress"))]
    pipelines.runs = [make_execution("e" * 36)]
    seen = []
    for status in watch_status(reader, clock, poll_seconds=10):
        seen.append((clock.seconds, status))
        if len(seen) == 5:
            pipelines.runs = [make_execution("e" * 36, "Succeeded")]
    times = [at for at, _ in seen]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits[0] == pytest.approx(10, rel=0.2)
    assert waits[3] == pytest.approx(20, rel=0.2)


def test_a_last_look_that_fails_is_tried_again(
    reader, pipelines, clock, monkeypatch
) -> None:
    pipelines.states = [make_state(make_stage("Source", "Failed"))]
    pipelines.runs = [make_execution("e" * 36, "Failed")]
    look, answered = pipelines.state, iter([True, False, False, True])

    def sometimes_lost(name):
        if not next(answered):
            raise Unreachable("Throttled.")
        return look(name)

    monkeypatch.setattr(pipelines, "state", sometimes_lost)
    statuses = list(watch_status(reader, clock))
    assert [each.warnings for each in statuses] == [("Throttled.",)] * 2 + [()]
    assert not statuses[-1].succeeded


def test_a_poll_that_fails_is_a_warning_while_watching(
    reader, pipelines, clock, monkeypatch
) -> None:
    pipelines.states = [make_state(make_stage("Source", "InProgress"))]
    pipelines.runs = [make_execution("e" * 36)]
    look, answers = pipelines.state, [Unreachable("Throttled."), None]

    def sometimes_lost(name):
        if len(statuses) == 1 and answers[0]:
            raise answers.pop(0)
        return look(name)

    monkeypatch.setattr(pipelines, "state", sometimes_lost)
    statuses = []
    for status in watch_status(reader, clock):
        statuses.append(status)
        if len(statuses) == 2:
            pipelines.runs = [make_execution("e" * 36, "Succeeded")]
    assert statuses[1].warnings == ("Throttled.",)
    assert statuses[-1].succeeded
