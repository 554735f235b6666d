"""Statuses answer questions, so that no caller compares strings."""

from __future__ import annotations

import pytest

from awsrules.statuses import (
    ActionStatus,
    BuildStatus,
    DeploymentStatus,
    ExecutionStatus,
    StackStatus,
)

botocore = pytest.importorskip("botocore.session")


def _enum(service: str, shape: str) -> set[str]:
    session = botocore.get_session()
    model = session.get_service_model(service)
    return set(model.shape_for(shape).enum)


def test_stack_statuses_are_those_of_the_service_model() -> None:
    assert {each.value for each in StackStatus} == _enum(
        "cloudformation", "StackStatus"
    )


def test_execution_statuses_are_the_services_and_not_started() -> None:
    known = _enum("codepipeline", "PipelineExecutionStatus")
    known |= _enum("codepipeline", "StageExecutionStatus")
    assert {each.value for each in ExecutionStatus} == known | {"NotStarted"}


def test_action_statuses_are_the_services_and_not_started() -> None:
    known = _enum("codepipeline", "ActionExecutionStatus")
    assert {each.value for each in ActionStatus} == known | {"NotStarted"}


def test_deployment_statuses_are_those_of_the_service_model() -> None:
    known = _enum("codedeploy", "DeploymentStatus")
    assert {each.value for each in DeploymentStatus} == known


def test_build_statuses_are_those_of_the_service_model() -> None:
    known = _enum("codebuild", "StatusType")
    assert known <= {each.value for each in BuildStatus}


def test_a_rolled_back_update_can_be_updated_and_a_rolled_back_create_cannot() -> None:
    assert StackStatus.UPDATE_ROLLBACK_COMPLETE.can_be_updated
    assert not StackStatus.ROLLBACK_COMPLETE.can_be_updated
    assert StackStatus.ROLLBACK_COMPLETE.must_be_deleted


def test_a_shell_under_review_is_not_busy_and_can_be_created() -> None:
    shell = StackStatus.REVIEW_IN_PROGRESS
    assert shell.settled
    assert shell.can_be_created
    assert not shell.can_be_updated


def test_cleanup_after_an_update_is_still_busy() -> None:
    assert StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS.busy


def test_a_rolled_back_update_did_not_succeed() -> None:
    assert not StackStatus.UPDATE_ROLLBACK_COMPLETE.succeeded
    assert StackStatus.UPDATE_COMPLETE.succeeded


@pytest.mark.parametrize("status", StackStatus)
def test_each_stack_status_has_exactly_one_way_on(status: StackStatus) -> None:
    ways = [
        status.busy,
        status.can_be_created,
        status.can_be_updated,
        status.must_be_deleted,
        status.needs_a_person,
    ]
    assert sum(ways) == 1


def test_executions_settle_in_all_but_three_statuses() -> None:
    moving = {each for each in ExecutionStatus if not each.settled}
    assert moving == {
        ExecutionStatus.NOT_STARTED,
        ExecutionStatus.IN_PROGRESS,
        ExecutionStatus.STOPPING,
    }
    assert ExecutionStatus.STOPPING.running
    assert not ExecutionStatus.NOT_STARTED.running


def test_actions_and_builds_settle() -> None:
    assert ActionStatus.ABANDONED.settled
    assert not ActionStatus.IN_PROGRESS.settled
    assert BuildStatus.TIMED_OUT.failed
    assert not BuildStatus.SUCCEEDED.failed
    assert not BuildStatus.IN_PROGRESS.failed
