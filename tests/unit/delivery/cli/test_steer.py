"""``stop``, ``retry`` and ``start --commit``."""

from __future__ import annotations

import json

import pytest
from delivery_fakes import (
    make_action,
    make_execution,
    make_stack,
    make_stage,
    make_state,
)

from awsrules.statuses import StackStatus
from delivery.deploy.plan import Repeat, plan_repeat

COMMIT = "c0ffee0123456789c0ffee0123456789c0ffee01"
STACK = "medical-record-analysis-lambda-staging"


@pytest.fixture
def running(world):
    world.pipelines.runs = [
        make_execution("execution-2"),
        make_execution(status="Failed"),
    ]
    world.pipelines.states = [make_state(make_stage("Source", "InProgress"))]
    return world


@pytest.fixture
def failed(world):
    action = make_action(
        "ExecuteChangeSet",
        "Failed",
        provider="CloudFormation",
        configuration={"StackName": STACK},
    )
    world.pipelines.runs = [make_execution(status="Failed")]
    world.pipelines.states = [make_state(make_stage("DeployStaging", "Failed", action))]
    world.pipelines.history = {"execution-1": {"DeployStaging": (action,)}}
    world.stacks.stacks[STACK] = make_stack(STACK, "UPDATE_ROLLBACK_COMPLETE")
    return world


def test_the_running_execution_is_stopped_after_a_question(run, running) -> None:
    result = run("stop", "--yes", "--reason", "wrong branch", "--output", "json")
    assert result.exit_code == 0
    assert running.steering.stopped == [("execution-2", False, "wrong branch")]
    assert json.loads(result.stdout) == {
        "pipeline": "MedicalRecordAnalysisPipeline",
        "execution": "execution-2",
        "stopped": True,
        "dry_run": False,
    }


def test_without_a_terminal_a_stop_has_to_be_confirmed_beforehand(run, running) -> None:
    assert run("stop").exit_code == 2
    assert running.steering.stopped == []


def test_a_named_execution_is_stopped_without_a_question(run, running) -> None:
    assert run("stop", "--execution", "execution-2", "--abandon").exit_code == 0
    assert running.steering.stopped[0][:2] == ("execution-2", True)


def test_a_stop_that_comes_late_is_no_failure(run, running) -> None:
    running.steering.ended = ["execution-2"]
    result = run("stop", "--yes")
    assert result.exit_code == 0
    assert "had ended already" in result.stdout


def test_a_dry_run_stops_nothing(run, running) -> None:
    assert run("stop", "--dry-run").exit_code == 0
    assert running.steering.stopped == []


def test_nothing_running_is_refused(run, failed) -> None:
    result = run("stop", "--yes")
    assert result.exit_code == 3
    assert "nothing to stop" in result.stderr


def test_of_several_running_executions_one_has_to_be_named(run, running) -> None:
    running.pipelines.runs = [make_execution("a-1"), make_execution("a-2")]
    result = run("stop", "--yes")
    assert result.exit_code == 2
    assert "--execution" in result.stderr


def test_the_failed_stage_is_retried(run, failed) -> None:
    result = run("retry")
    assert result.exit_code == 0
    assert failed.steering.retried == [("DeployStaging", "execution-1", False)]
    assert "ExecuteChangeSet" in result.stdout


def test_a_change_set_that_was_executed_is_made_anew(run, failed) -> None:
    action = make_action(
        "ExecuteChangeSet",
        "Failed",
        provider="CloudFormation",
        configuration={"StackName": STACK, "ActionMode": "CHANGE_SET_EXECUTE"},
    )
    failed.pipelines.history = {"execution-1": {"DeployStaging": (action,)}}
    failed.pipelines.states = [
        make_state(make_stage("DeployStaging", "Failed", action))
    ]
    assert run("retry").exit_code == 0
    assert failed.steering.retried == [("DeployStaging", "execution-1", True)]


def test_all_actions_are_retried_when_asked_for(run, failed) -> None:
    run("retry", "DeployStaging", "--all-actions")
    assert failed.steering.retried == [("DeployStaging", "execution-1", True)]


def test_a_dry_run_retries_nothing_and_says_what_it_would(run, failed) -> None:
    data = json.loads(run("retry", "--dry-run", "--output", "json").stdout)
    assert data["stage"] == "DeployStaging"
    assert failed.steering.retried == []


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("ROLLBACK_COMPLETE", f"destroy --stack-name {STACK}"),
        ("UPDATE_ROLLBACK_FAILED", "./rollback.py staging --stack"),
        ("UPDATE_IN_PROGRESS", "status --watch"),
    ],
)
def test_a_stage_whose_stack_does_not_allow_it_is_not_retried(
    run, failed, status, command
) -> None:
    failed.stacks.stacks[STACK] = make_stack(STACK, status)
    result = run("retry")
    assert result.exit_code == 3
    assert command in result.stderr
    assert failed.steering.retried == []


@pytest.mark.parametrize("status", [None, *StackStatus])
def test_a_retry_on_a_stack_of_each_status_is_made_or_names_the_way_out(
    run, failed, status
) -> None:
    del failed.stacks.stacks[STACK]
    if status is not None:
        failed.stacks.stacks[STACK] = make_stack(STACK, status)
    allowed = plan_repeat(failed.stacks.stacks.get(STACK)) is Repeat.RETRY
    result = run("retry")
    assert result.exit_code == (0 if allowed else 3)
    assert len(failed.steering.retried) == allowed
    assert allowed or (
        f"It is in {status}" in result.stderr and "Next:" in result.stderr
    )


def test_a_stage_that_did_not_fail_is_not_retried(run, failed) -> None:
    result = run("retry", "Build")
    assert result.exit_code == 3
    assert "Build has not failed" in result.stderr


def test_an_execution_is_started_with_one_commit(run, running) -> None:
    running.pipelines.states = [
        make_state(make_stage("Source", "Succeeded", make_action("GitHub")))
    ]
    result = run("start", "--commit", COMMIT, "--output", "json")
    assert json.loads(result.stdout)["commit"] == COMMIT
    assert running.steering.started == [({"GitHub": COMMIT}, {})]


def test_an_abbreviated_commit_is_bad_input(run, running) -> None:
    result = run("start", "--commit", "c0ffee0")
    assert result.exit_code == 2
    assert "git rev-parse c0ffee0" in result.stderr
