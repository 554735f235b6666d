"""What is replaced, what is kept, how failures are worded, how an alias is to move."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from rehearsal.cloudformation.failures import failure_text, handler_code
from rehearsal.cloudformation.model import Operation, Resource
from rehearsal.cloudformation.provision import keeps, needs_replacement
from rehearsal.cloudformation.requests import bucket_and_key
from rehearsal.cloudformation.resources.base import Ask
from rehearsal.cloudformation.resources.shifting import app_spec, deployment_request
from rehearsal.plane import Plane
from rehearsal.protocol import ApiError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def resource(policies: dict[str, str] | None = None, **properties: Any) -> Resource:
    return Resource(
        "Queue",
        "AWS::SQS::Queue",
        "CREATE_COMPLETE",
        NOW,
        properties=properties,
        body=policies or {},
    )


def test_a_create_only_property_takes_a_new_resource_and_others_do_not() -> None:
    old = resource(QueueName="a", DelaySeconds=1)
    assert needs_replacement(old, resource(QueueName="b", DelaySeconds=1))
    assert not needs_replacement(old, resource(QueueName="a", DelaySeconds=2))


RETAIN = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Delete"}
EXCEPT = {"DeletionPolicy": "RetainExceptOnCreate"}


@pytest.mark.parametrize(
    ("policies", "replaced", "new", "asked", "kept"),
    [
        ({}, False, False, False, False),
        (RETAIN, False, False, False, True),
        (RETAIN, True, False, False, False),
        (RETAIN, False, True, False, True),
        (RETAIN, False, True, True, False),
        (EXCEPT, False, True, False, False),
        (EXCEPT, False, False, False, True),
        # The new one of a replacement that is rolled back goes by its DeletionPolicy.
        (RETAIN, True, True, False, True),
    ],
)
def test_what_stays_in_the_account(
    policies: dict[str, str], replaced: bool, new: bool, asked: bool, kept: bool
) -> None:
    assert (
        keeps(
            resource(policies),
            replaced=replaced,
            created_by_this=new,
            retain_except_on_create=asked,
        )
        is kept
    )


def test_a_failure_is_worded_as_events_have_it() -> None:
    error = ClientError(
        {
            "Error": {"Code": "AccessDenied", "Message": "User is not authorized"},
            "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "r-1"},
        },
        "CreateRole",
    )
    text = failure_text(error, "AWS::IAM::Role")
    assert text.startswith(
        'Resource handler returned message: "User is not authorized (Service: IAM, Status '
        'Code: 403, Request ID: r-1) (SDK Attempt Count: 1)" (RequestToken: '
    )
    assert text.endswith("HandlerErrorCode: AccessDenied)")


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("ResourceAlreadyExistsException", "AlreadyExists"),
        ("NoSuchBucket", "NotFound"),
        ("ThrottlingException", "Throttling"),
        ("ResourceConflictException", "ResourceConflict"),
        ("InvalidParameterValueException", "InvalidRequest"),
    ],
)
def test_service_codes_have_a_word_of_cloudformations(code: str, word: str) -> None:
    assert handler_code(code) == word


POLICY = {
    "ApplicationName": "app",
    "DeploymentGroupName": "group",
    "BeforeAllowTrafficHook": "hook",
}


def alias(**more: Any) -> Ask:
    return Ask(
        plane=cast(Plane, None),
        operation=Operation("UPDATE_STACK", None, None),
        stack_name="stack",
        stack_id="arn:stack",
        logical_id="FunctionAliaslive",
        type="AWS::Lambda::Alias",
        properties={"FunctionName": "f", "Name": "live", "FunctionVersion": "8"},
        previous={"FunctionName": "f", "Name": "live", "FunctionVersion": "7"},
        **more,
    )


def test_an_alias_moves_from_the_version_that_cloudformation_recorded() -> None:
    assert app_spec(alias(), POLICY) == {
        "version": "0.0",
        "Resources": [
            {
                "FunctionAliaslive": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Name": "f",
                        "Alias": "live",
                        "CurrentVersion": "7",
                        "TargetVersion": "8",
                    },
                }
            }
        ],
        "Hooks": [{"BeforeAllowTraffic": "hook"}],
    }


def test_a_deployment_says_which_stack_it_is_for_and_which_way_it_goes() -> None:
    there = deployment_request(alias(), POLICY)
    back = deployment_request(alias(rolling_back=True), POLICY)
    assert there["description"] == "arn:stack"
    assert back["description"] == "arn:stack rollback"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://b.s3.amazonaws.com/k/x.yaml", ("b", "k/x.yaml", None)),
        ("https://b.s3.us-east-1.amazonaws.com/k?versionId=v", ("b", "k", "v")),
        ("https://s3.us-east-1.amazonaws.com/b/k%20x", ("b", "k x", None)),
        ("http://127.0.0.1:4599/b/k", ("b", "k", None)),
    ],
)
def test_addresses_of_templates(url: str, found: tuple[str, str, str | None]) -> None:
    assert bucket_and_key(url, "127.0.0.1:4599") == found


def test_an_address_that_is_not_s3s_is_refused() -> None:
    with pytest.raises(ApiError):
        bucket_and_key("https://example.com/b/k", "127.0.0.1:4599")
