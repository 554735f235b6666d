"""Calls that are refused, slow, cut off or recorded on their way to a service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from plane_stacks import Stack, unique

pytestmark = pytest.mark.plane

MISSING = "arn:aws:lambda:us-east-1:123456789012:function:"


@pytest.fixture
def fault(control: Callable[..., Any]) -> Iterator[Callable[..., None]]:
    def add(kind: str, target: str = "*", **settings: Any) -> None:
        body = {"kind": kind, "target": target, "settings": settings}
        control("POST", "faults", body)

    yield add
    control("DELETE", "faults")


def move(aws: Callable[..., Any], function: str) -> tuple[str, int]:
    """Ask for a move of an alias that does not exist; give the code and the status."""
    with pytest.raises(ClientError) as caught:
        aws("lambda").update_alias(
            FunctionName=function, Name="live", FunctionVersion="1"
        )
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


GONE = ("ResourceNotFoundException", 404)


def test_one_operation_on_one_function_is_throttled_so_many_times(
    aws: Callable[..., Any], fault: Callable[..., None]
) -> None:
    fault("throttled", "lambda:UpdateAlias", resource="ninth", times=2)

    assert move(aws, "eighth") == GONE
    throttled = ("TooManyRequestsException", 429)
    assert [move(aws, "ninth") for _ in range(3)] == [throttled, throttled, GONE]


def test_one_operation_is_denied_after_so_many_calls(
    aws: Callable[..., Any], fault: Callable[..., None]
) -> None:
    fault("denied", "lambda:UpdateAlias", after=1)

    assert move(aws, "first") == GONE
    assert move(aws, MISSING + "second") == ("AccessDeniedException", 403)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        aws("lambda").get_alias(FunctionName="second", Name="live")


def test_services_of_the_plane_are_denied_only_when_the_fault_says_inside(
    aws: Callable[..., Any], fault: Callable[..., None]
) -> None:
    template = "Resources: {Topic: {Type: AWS::SNS::Topic}}"
    fault("denied", "sns")
    assert (
        Stack(aws("cloudformation"), unique("wire")).deploy(template)
        == "CREATE_COMPLETE"
    )
    with pytest.raises(ClientError, match="not authorized to perform: sns:ListTopics"):
        aws("sns").list_topics()

    fault("denied", "sns", inside=True)
    stack = Stack(aws("cloudformation"), unique("wire"))
    assert stack.deploy(template) == "ROLLBACK_COMPLETE"
    assert "sns:CreateTopic" in stack.reason("Topic", "CREATE_FAILED")


def test_a_share_of_all_calls_is_throttled_the_same_ones_for_the_same_seed(
    aws: Callable[..., Any], fault: Callable[..., None]
) -> None:
    def outcomes(seed: int) -> list[bool]:
        fault("throttled", rate=0.3, seed=seed)
        return [_throttled(aws("cloudformation").list_stacks) for _ in range(30)]

    first = outcomes(7)

    assert 3 <= sum(first) <= 15
    assert outcomes(7) == first
    assert outcomes(8) != first


def _throttled(call: Callable[..., Any]) -> bool:
    try:
        call()
    except ClientError as error:
        assert error.response["Error"] == {
            "Type": "Sender",
            "Code": "Throttling",
            "Message": "Rate exceeded",
        }
        return True
    return False


@pytest.mark.parametrize("service", ["cloudformation", "sns"])
def test_a_connection_breaks(
    aws: Callable[..., Any], fault: Callable[..., None], service: str
) -> None:
    fault("connection-reset", service, times=1)
    call = {"cloudformation": "list_stacks", "sns": "list_topics"}[service]

    with pytest.raises(ConnectionClosedError):
        getattr(aws(service), call)()

    getattr(aws(service), call)()


def test_an_answer_is_lost_after_the_work_was_done(
    aws: Callable[..., Any], fault: Callable[..., None]
) -> None:
    stack = Stack(aws("cloudformation"), unique("wire"))
    fault("connection-reset", "cloudformation:CreateStack", answered=True)

    with pytest.raises(ConnectionClosedError):
        stack.api.create_stack(
            StackName=stack.name,
            TemplateBody="Resources: {Topic: {Type: AWS::SNS::Topic}}",
        )

    assert stack.settled() == "CREATE_COMPLETE"


def test_calls_take_longer(aws: Callable[..., Any], fault: Callable[..., None]) -> None:
    fault("api-latency", "lambda", seconds=0.2)
    begun = time.monotonic()
    aws("lambda").list_functions()
    assert time.monotonic() - begun >= 0.2


def test_lambda_takes_fifteen_control_plane_requests_a_second(
    aws: Callable[..., Any], control: Callable[..., Any]
) -> None:
    control("POST", "limits", {"lambda": {"rate": 15, "burst": 15}})
    try:
        begun = time.monotonic()
        refused = [_refused(aws("lambda").list_functions) for _ in range(40)]
        allowed = 15 + 15 * (time.monotonic() - begun) + 1
    finally:
        control("POST", "limits", {"lambda": None})

    assert not any(refused[:15]) and any(refused)
    assert refused.count(False) <= allowed


def _refused(call: Callable[..., Any]) -> bool:
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] == "TooManyRequestsException"
        assert error.response["Reason"] == "CallerRateLimitExceeded"
        return True
    return False


def test_events_come_late_and_twice(
    aws: Callable[..., Any], fault: Callable[..., None]
) -> None:
    stack = Stack(aws("cloudformation"), unique("wire"))
    assert stack.deploy("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    plain = stack.raw_events()

    fault("stack-events", stack.name, twice=1.0)
    assert [one["EventId"] for one in stack.raw_events()] == [
        each["EventId"] for each in plain for _ in range(2)
    ]
    fault("stack-events", stack.name, seconds=3600)
    assert stack.raw_events() == []


def lookup(aws: Callable[..., Any], key: str, value: str, **more: Any) -> Any:
    return aws("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **more
    )["Events"]


def test_the_trail_tells_who_moved_an_alias_and_who_was_refused(
    aws: Callable[..., Any], fault: Callable[..., None]
) -> None:
    function = unique("recorded")
    begun = datetime.now(UTC) - timedelta(hours=1)
    fault("denied", "lambda:UpdateAlias", resource=function)
    move(aws, function)

    (event,) = lookup(aws, "ResourceName", function, StartTime=begun)

    assert event["EventName"] == "UpdateAlias20150331"
    assert event["EventSource"] == "lambda.amazonaws.com"
    assert event["Username"] == "operator"
    whole = json.loads(event["CloudTrailEvent"])
    assert whole["errorCode"] == "AccessDeniedException"
    assert whole["requestParameters"] == {
        "functionName": function,
        "name": "live",
        "functionVersion": "1",
    }
    assert event in lookup(aws, "EventName", "UpdateAlias20150331")


def test_the_trail_holds_no_secret_and_no_read(aws: Callable[..., Any]) -> None:
    stack = Stack(aws("cloudformation"), unique("wire"))
    template = """
Parameters: {Word: {Type: String, NoEcho: true}}
Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Word}}}
"""
    stack.api.create_stack(
        StackName=stack.name,
        TemplateBody=template,
        ClientRequestToken="token-1",
        Parameters=[{"ParameterKey": "Word", "ParameterValue": "synthetic-secret"}],
    )
    stack.settled()

    events = lookup(aws, "ResourceName", stack.name)

    assert [event["EventName"] for event in events] == ["CreateStack"]
    assert "token-1" in events[0]["CloudTrailEvent"]
    assert "synthetic-secret" not in json.dumps(events, default=str)


def test_the_trail_can_be_late(
    aws: Callable[..., Any], fault: Callable[..., None]
) -> None:
    stack = Stack(aws("cloudformation"), unique("wire"))
    stack.deploy("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    assert lookup(aws, "ResourceName", stack.name)

    fault("late-trail", seconds=3600)

    assert lookup(aws, "ResourceName", stack.name) == []
