"""``start --past-alarm``: one release past an alarm that fires, and never a habit."""

from __future__ import annotations

import json

import pytest
from delivery_fakes import (
    make_action,
    make_execution,
    make_stack,
    make_stage,
    make_state,
    waiting_stage,
)
from watched_stack import ALARM, watched_stack

from delivery.errors import NotPermitted
from delivery.model import override_variables

STACK = "medical-record-analysis-lambda-production"
COMMIT = "c0ffee0123456789c0ffee0123456789c0ffee01"
REASON = "mends the parser"
PAST = ("start", "--past-alarm", "--reason", REASON)


@pytest.fixture
def burning(world):
    """Production, an alarm that fires there, and an approval that waits."""
    world.deployed_stacks.found[STACK] = watched_stack()
    world.alarm_states.found = {ALARM: "ALARM", "shared-alarm": "OK"}
    world.pipelines.runs = [make_execution()]
    world.pipelines.states = [
        make_state(
            make_stage("Source", "Succeeded", make_action("GitHub")),
            waiting_stage("ApproveProduction"),
        )
    ]
    return world


def _reviewed(world, **facts) -> None:
    content = json.dumps(facts).encode()
    world.release_store.objects["reviews/execution-1/production.json"] = [content]


def test_the_execution_is_started_with_the_choice_and_its_reason(run, burning) -> None:
    result = run(*PAST, "--output", "json")
    assert result.exit_code == 0, result.stderr
    assert burning.steering.started == [({}, override_variables(REASON))]
    assert json.loads(result.stdout) == {
        "pipeline": "MedicalRecordAnalysisPipeline",
        "execution": "execution-9",
        "commit": None,
        "past_alarms": ["WorkErrors"],
        "reason": REASON,
    }


def test_an_execution_that_holds_a_stage_on_the_way_is_told(run, burning) -> None:
    result = run(*PAST)
    assert "execution-1 waits in ApproveProduction and holds it" in result.stderr


def test_one_commit_may_be_named(run, burning) -> None:
    assert run(*PAST, "--commit", COMMIT).exit_code == 0
    assert burning.steering.started[0][0] == {"GitHub": COMMIT}


@pytest.mark.parametrize(
    "words",
    [
        ("start", "--past-alarm"),
        ("start", "--past-alarm", "--reason", "  "),
        ("start", "--reason", REASON),
    ],
)
def test_without_a_reason_or_without_the_flag_it_is_bad_input(
    run, burning, words
) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert burning.steering.started == []


def test_while_no_alarm_fires_it_is_refused(run, burning) -> None:
    burning.alarm_states.found = {ALARM: "OK", "unwatched": "ALARM"}
    result = run(*PAST)
    assert result.exit_code == 3
    assert "No alarm fires" in result.stderr
    assert burning.steering.started == []


def test_an_alarm_that_may_not_be_read_is_no_quiet_alarm(run, burning) -> None:
    burning.alarm_states.refuses = NotPermitted("no", why="cloudwatch:DescribeAlarms")
    assert run(*PAST).exit_code == 4
    assert burning.steering.started == []


def test_a_dry_run_starts_nothing(run, burning) -> None:
    result = run(*PAST, "--dry-run")
    assert "past WorkErrors" in result.stdout
    assert burning.steering.started == []


def test_an_ordinary_start_says_early_what_will_stop_it(run, burning) -> None:
    result = run("start")
    assert result.exit_code == 0
    assert "WorkErrors fires in production" in result.stderr
    assert "start --past-alarm --reason TEXT" in result.stderr


def test_a_retry_says_early_what_will_stop_it(run, burning) -> None:
    action = make_action(
        "ExecuteChangeSet",
        "Failed",
        provider="CloudFormation",
        configuration={"StackName": STACK, "ActionMode": "CHANGE_SET_EXECUTE"},
    )
    stage = make_stage("DeployProduction", "Failed", action)
    burning.pipelines.runs = [make_execution(status="Failed")]
    burning.pipelines.states = [make_state(stage)]
    burning.pipelines.history = {"execution-1": {"DeployProduction": (action,)}}
    burning.stacks.stacks[STACK] = make_stack(STACK, "UPDATE_ROLLBACK_COMPLETE")
    result = run("retry")
    assert result.exit_code == 0, result.stderr
    assert "WorkErrors fires in production" in result.stderr
    assert burning.steering.retried == [("DeployProduction", "execution-1", True)]


def test_a_start_goes_on_when_alarms_may_not_be_read(run, burning) -> None:
    burning.alarm_states.refuses = NotPermitted("The tool may not read the alarms.")
    result = run("start")
    assert result.exit_code == 0
    assert "could not be read" in result.stderr


def test_a_shift_is_not_approved_while_its_alarm_fires(run, burning) -> None:
    _reviewed(burning, shifts=True)
    result = run("approve", "ApproveProduction", "--comment", "go")
    assert result.exit_code == 3
    assert "WorkErrors fires in production" in result.stderr
    assert "reject ApproveProduction, which it holds, and then" in result.stderr
    assert "start --past-alarm --reason TEXT" in result.stderr
    assert burning.pipelines.decisions == []


def test_a_release_that_shifts_nothing_is_approved(run, burning) -> None:
    _reviewed(burning, shifts=False)
    assert run("approve", "ApproveProduction", "--comment", "go").exit_code == 0


def test_a_release_with_the_override_is_approved(run, burning) -> None:
    _reviewed(burning, shifts=True)
    burning.pipelines.runs = [make_execution(variables=override_variables(REASON))]
    assert run("approve", "ApproveProduction", "--comment", "go").exit_code == 0


def test_what_an_alarm_stops_may_be_rejected(run, burning) -> None:
    assert run("reject", "ApproveProduction", "--comment", "no").exit_code == 0
