"""Stacks that get stuck, on demand, and the ways out of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from plane_stacks import Stack, unique

pytestmark = pytest.mark.plane

TOPICS = """
Parameters:
  Label: {Type: String, Default: first}
Resources:
  First: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Label}}
  Second: {Type: AWS::SNS::Topic, DependsOn: First, Properties: {DisplayName: !Ref Label}}
"""


@pytest.fixture
def stack(aws: Callable[..., Any]) -> Stack:
    return Stack(aws("cloudformation"), unique("stuck"))


@pytest.fixture
def fault(control: Callable[..., Any], stack: Stack) -> Iterator[Callable[..., None]]:
    def add(resource: str, **settings: Any) -> None:
        target = f"{stack.name}/{resource}"
        body = {"kind": "resource", "target": target, "settings": settings}
        control("POST", "faults", body)

    yield add
    control("DELETE", "faults")


def update(stack: Stack, **request: Any) -> str:
    return stack.deploy(TOPICS, parameters={"Label": unique("label")}, **request)


def test_a_create_whose_way_back_fails_can_only_be_deleted(
    stack: Stack, fault: Callable[..., None], control: Callable[..., Any]
) -> None:
    fault("Second", when="create", reason="no")
    fault("First", when="delete", reason="it will not go")

    assert stack.deploy(TOPICS) == "ROLLBACK_FAILED"

    assert stack.reason("First", "DELETE_FAILED") == "it will not go"
    with pytest.raises(ClientError, match="ContinueUpdateRollback cannot be called"):
        stack.api.continue_update_rollback(StackName=stack.name)
    with pytest.raises(ClientError, match="ROLLBACK_FAILED state and can not be"):
        stack.api.update_stack(StackName=stack.name, TemplateBody=TOPICS)
    control("DELETE", "faults")
    by_id = Stack(stack.api, stack.describe()["StackId"])
    stack.api.delete_stack(StackName=stack.name)
    assert by_id.settled() == "DELETE_COMPLETE"


def test_a_deletion_that_fails_can_be_forced(
    stack: Stack, fault: Callable[..., None], aws: Callable[..., Any]
) -> None:
    stack.deploy(TOPICS)
    topic = stack.physical_id("First")
    by_id = Stack(stack.api, stack.describe()["StackId"])
    force = {"StackName": stack.name, "DeletionMode": "FORCE_DELETE_STACK"}
    with pytest.raises(ClientError, match="with a DELETE_FAILED stack"):
        stack.api.delete_stack(**force)
    fault("First", when="delete", reason="in use")
    stack.api.delete_stack(StackName=stack.name)
    assert by_id.settled() == "DELETE_FAILED"
    with pytest.raises(ClientError, match="DELETE_FAILED state and can not be updated"):
        update(stack)

    stack.api.delete_stack(**force)

    assert by_id.settled() == "DELETE_COMPLETE"
    assert aws("sns").get_topic_attributes(TopicArn=topic)


def test_a_rollback_hangs_until_its_cause_is_gone(
    stack: Stack, fault: Callable[..., None], control: Callable[..., Any]
) -> None:
    stack.deploy(TOPICS)
    fault("Second", when="update", reason="no")
    fault("First", when="rollback", hang=True)
    stack.execute(stack.change(TOPICS, parameters={"Label": "other"}))
    stack.reaches(stack.name, "UPDATE_ROLLBACK_IN_PROGRESS")
    for call in (stack.api.cancel_update_stack, stack.api.continue_update_rollback):
        with pytest.raises(ClientError, match="cannot be called from current stack"):
            call(StackName=stack.name)
    assert stack.describe()["StackStatus"] == "UPDATE_ROLLBACK_IN_PROGRESS"

    control("DELETE", "faults")

    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"


def test_an_update_that_hangs_is_cancelled(
    stack: Stack, fault: Callable[..., None]
) -> None:
    stack.deploy(TOPICS)
    fault("Second", when="update", hang=True)
    stack.execute(stack.change(TOPICS, parameters={"Label": "other"}))
    stack.reaches("Second", "UPDATE_IN_PROGRESS")

    stack.api.cancel_update_stack(StackName=stack.name)

    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"


def test_a_failed_rollback_is_forced_past_what_failed(
    stack: Stack, fault: Callable[..., None], aws: Callable[..., Any]
) -> None:
    stack.deploy(TOPICS)
    first = stack.physical_id("First")
    fault("Second", when="update", reason="no")
    fault("First", when="rollback", reason="access was taken away")
    stack.execute(stack.change(TOPICS, parameters={"Label": "other"}))
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    both = {"ResourcesToSkip": ["First"], "ForceRollback": True}
    with pytest.raises(ClientError, match="You cannot specify both"):
        stack.api.continue_update_rollback(StackName=stack.name, **both)
    with pytest.raises(ClientError, match="UPDATE_FAILED state because the rollback"):
        stack.api.continue_update_rollback(
            StackName=stack.name, ResourcesToSkip=["Nothing"]
        )
    # Continuing without a change of anything fails again.
    stack.api.continue_update_rollback(StackName=stack.name)
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"

    stack.api.continue_update_rollback(StackName=stack.name, ForceRollback=True)

    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    # What was skipped is not what the template says.
    found = aws("sns").get_topic_attributes(TopicArn=first)["Attributes"]
    assert found["DisplayName"] == "other"


def test_a_clean_up_that_fails_does_not_fail_the_update(
    stack: Stack, fault: Callable[..., None]
) -> None:
    stack.deploy(TOPICS)
    fault("Second", when="delete", reason="in use")
    only_first = "\n".join(TOPICS.splitlines()[:5])

    assert stack.deploy(only_first) == "UPDATE_COMPLETE"

    assert ("Second", "DELETE_FAILED") in stack.events()


def test_a_resource_fails_once_and_the_retry_goes_through(
    stack: Stack, fault: Callable[..., None]
) -> None:
    stack.deploy(TOPICS)
    fault("Second", when="update", times=1, reason="busy")

    assert update(stack, DisableRollback=True) == "UPDATE_FAILED"
    stack.api.update_stack(
        StackName=stack.name,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Label", "UsePreviousValue": True}],
        DisableRollback=True,
    )

    assert stack.settled() == "UPDATE_COMPLETE"
