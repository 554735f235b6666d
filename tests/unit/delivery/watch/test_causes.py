"""The root cause is the first failure that is nobody's consequence."""

from __future__ import annotations

import pytest
from delivery_fakes import make_event, stack_event, stack_id

from delivery.watch.causes import failed_nested_stack, last_operation, root_cause


def test_the_first_failing_resource_is_the_cause_not_the_stack() -> None:
    events = [
        stack_event("CREATE_IN_PROGRESS", "User Initiated"),
        make_event("Role", "CREATE_FAILED", "AccessDenied for iam:CreateRole"),
        make_event("Bucket", "CREATE_FAILED", "Resource creation cancelled"),
        stack_event("CREATE_FAILED", "The following resource(s) failed to create"),
    ]
    cause = root_cause(events)
    assert cause is not None
    assert cause.logical_id == "Role"
    assert str(cause) == "Role (AWS::S3::Bucket): AccessDenied for iam:CreateRole"


def test_a_cancellation_that_comes_first_is_not_the_cause() -> None:
    events = [
        make_event("Bucket", "UPDATE_FAILED", "Resource update cancelled"),
        make_event("Function", "UPDATE_FAILED", "NoSuchKey: the package is gone"),
    ]
    assert root_cause(events).logical_id == "Function"


def test_the_stack_itself_is_the_cause_when_no_resource_failed() -> None:
    events = [stack_event("UPDATE_FAILED", "Role cannot be assumed")]
    assert root_cause(events).logical_id == "app"


def test_nothing_failed_gives_no_cause() -> None:
    assert root_cause([make_event()]) is None


def test_only_consequences_still_give_the_first_of_them() -> None:
    events = [make_event("Bucket", "UPDATE_FAILED", "Resource update cancelled")]
    assert root_cause(events).logical_id == "Bucket"


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("User is not authorized to perform: iam:PassRole on x", "iam:PassRole"),
        ("AccessDenied", "permission"),
        ("mra-records already exists in stack x", "name exists"),
        ("Secrets Manager can't find the specified secret value", "secret"),
        ("does not match the current version in AppSpec file", "alias"),
        ("Deployment failed: ALARM_ACTIVE", "alarm"),
        ("NoSuchKey", "bucket"),
        ("Rate exceeded", "quota"),
        ("ExpiredToken", "Credentials"),
        ("Resource did not stabilize", "ready in time"),
        ("Properties validation failed for resource", "property"),
        (
            'Resource handler returned message: "Lambda cannot deploy the function. The '
            "function or layer might be signed using a signature that the client is not "
            "configured to accept. Check the provided signature for mra-staging-analyze."
            '" (RequestToken: 1, HandlerErrorCode: InvalidRequest)',
            "accepted signature",
        ),
        (
            "AWS::Lambda::CodeSigningConfig is not rehearsed: the plane verifies no "
            "signature, and Lambda would refuse code that has none.",
            "signed code",
        ),
    ],
)
def test_a_known_reason_says_what_it_means_and_what_to_do(reason, word) -> None:
    cause = root_cause([make_event("Thing", "CREATE_FAILED", reason)])
    assert word in cause.meaning
    assert cause.next_step


def test_an_unknown_reason_still_has_a_next_step() -> None:
    cause = root_cause([make_event("Thing", "CREATE_FAILED", "Kaboom")])
    assert cause.meaning == ""
    assert "deploy again" in cause.next_step


def test_a_failed_nested_stack_leads_to_its_own_events() -> None:
    nested = stack_id("nested")
    events = [
        make_event(
            "Network",
            "CREATE_FAILED",
            "Embedded stack failed",
            type="AWS::CloudFormation::Stack",
            physical_id=nested,
        ),
    ]
    assert failed_nested_stack(events) == nested
    assert failed_nested_stack([make_event("B", "CREATE_FAILED", "x")]) == ""
    assert failed_nested_stack([]) == ""


def test_only_the_last_operation_counts() -> None:
    events = [
        stack_event("UPDATE_IN_PROGRESS", "User Initiated"),
        make_event("Old", "UPDATE_FAILED", "old"),
        stack_event("UPDATE_ROLLBACK_COMPLETE"),
        stack_event("UPDATE_IN_PROGRESS", "User Initiated"),
        make_event("New", "UPDATE_FAILED", "new"),
        stack_event("UPDATE_ROLLBACK_IN_PROGRESS"),
    ]
    assert root_cause(last_operation(events)).logical_id == "New"


def test_request_ids_are_left_out_of_the_cause() -> None:
    reason = (
        "Policy x does not exist. (Service: IAM, Status Code: 404, Request ID: 1-a) "
        "(HandlerErrorCode: NotFound)"
    )
    cause = root_cause([make_event("Role", "CREATE_FAILED", reason)])
    assert cause.reason == "Policy x does not exist."
    assert "not there" in cause.meaning
