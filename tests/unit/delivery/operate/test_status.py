"""Where one execution stands, put together from state and history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from delivery_fakes import (
    START,
    make_action,
    make_execution,
    make_stage,
    make_state,
    waiting_stage,
)

from delivery.operate.status import Status, seconds_between, status_of


def _status(state, execution_id="execution-1", history=None, status="InProgress"):
    return status_of(state, make_execution(execution_id, status), history or {})


def test_stages_not_entered_are_not_started() -> None:
    state = make_state(
        make_stage("Source", "Succeeded", make_action("GitHub")),
        make_stage("Build", "NotStarted", make_action("Build", "NotStarted")),
    )
    assert [each.status for each in _status(state).stages] == [
        "Succeeded",
        "NotStarted",
    ]


def test_a_stage_of_an_earlier_execution_is_not_started_for_this_one() -> None:
    earlier = make_stage(
        "Build", "Succeeded", make_action("Build"), execution="execution-0"
    )
    (stage,) = _status(make_state(earlier)).stages
    assert stage.status == "NotStarted"
    assert stage.execution_id == ""
    assert [each.status for each in stage.actions] == ["NotStarted"]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["Succeeded", "Succeeded"], "Succeeded"),
        (["Succeeded", "Failed"], "Failed"),
        (["Succeeded", "Abandoned"], "Stopped"),
        (["Succeeded", "InProgress"], "InProgress"),
    ],
)
def test_a_stage_overtaken_by_a_newer_execution_keeps_its_history(
    actions, expected
) -> None:
    newer = make_stage("Build", "InProgress", execution="execution-2")
    history = {
        "Build": tuple(
            make_action(f"action-{number}", status)
            for number, status in enumerate(actions)
        )
    }
    (stage,) = _status(make_state(newer), history=history).stages
    assert stage.status == expected
    assert stage.execution_id == "execution-1"


def test_history_adds_kind_times_and_settings_to_the_state() -> None:
    state = make_state(
        make_stage("Build", "Failed", make_action("Build", "Failed", summary="why"))
    )
    history = {
        "Build": (
            make_action(
                "Build",
                "Failed",
                provider="CodeBuild",
                started_at=START,
                changed_at=START + timedelta(seconds=9),
            ),
        )
    }
    (action,) = _status(state, history=history).stages[0].actions
    assert action.provider == "CodeBuild"
    assert action.summary == "why"
    assert seconds_between(action.started_at, action.changed_at) == 9


def test_a_waiting_approval_says_what_to_type() -> None:
    history = {
        "ApproveStaging": (
            make_action("Approve", "InProgress", configuration={"CustomData": "Look"}),
        )
    }
    status = _status(make_state(waiting_stage()), history=history)
    (approval,) = status.approvals
    assert approval.approve_command.startswith(
        "./deploy_pipeline.py approve ApproveStaging"
    )
    assert approval.note == "Look"
    assert "token-execution-1" not in str(status.as_data())


def test_data_for_scripts_has_stages_with_name_and_status() -> None:
    state = make_state(make_stage("Source", "Succeeded", make_action("GitHub")))
    data = _status(state, status="Succeeded").as_data()
    assert data["status"] == "Succeeded"
    assert data["commit"] == "c0ffee0123456789"
    assert data["stages"][0]["name"] == "Source"
    assert data["stages"][0]["status"] == "Succeeded"
    assert data["stages"][0]["actions"][0]["name"] == "GitHub"


def test_without_an_execution_nothing_has_settled() -> None:
    status = status_of(make_state(make_stage("Source")), None, {})
    assert not status.settled
    assert not status.succeeded
    data = status.as_data()
    assert data["execution"] is None
    assert data["stages"][0]["status"] == "NotStarted"


def test_a_duration_needs_both_ends() -> None:
    assert seconds_between(START, None) is None


def test_actions_left_by_an_earlier_execution_are_not_this_ones() -> None:
    """CodePipeline keeps showing how an action ended last, in whichever execution."""
    stage = make_stage(
        "DeployStaging",
        "Failed",
        make_action("CreateChangeSet", "Failed"),
        make_action("ExecuteChangeSet", "Succeeded"),
    )
    history = {"DeployStaging": (make_action("CreateChangeSet", "Failed"),)}
    (shown,) = _status(make_state(stage), history=history).stages
    assert [each.status for each in shown.actions] == ["Failed", "NotStarted"]


def test_a_history_that_is_late_hides_no_action() -> None:
    stage = make_stage("Build", "InProgress", make_action("Build", "InProgress"))
    (shown,) = _status(make_state(stage)).stages
    assert [each.status for each in shown.actions] == ["InProgress"]


def test_the_branch_is_what_the_source_action_followed() -> None:
    source = make_stage("Source", "Succeeded", make_action("GitHub"))
    for key in ("Branch", "BranchName"):
        action = make_action("GitHub", configuration={key: "main"})
        status = _status(make_state(source), history={"Source": (action,)})
        assert status.branch == "main"
    assert _status(make_state()).branch == ""


def test_what_an_execution_is_at_is_its_running_action() -> None:
    running = make_action("ShiftTraffic", "InProgress")
    stages = (make_stage("Source", "Succeeded", make_action("GitHub")),)
    assert Status("p", None, stages).at_now == ""
    more = (*stages, make_stage("DeployProduction", "InProgress", running))
    assert Status("p", None, more).at_now == "DeployProduction/ShiftTraffic"
