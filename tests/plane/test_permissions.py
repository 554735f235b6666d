"""A role's calls meet its policies: recorded when watched, refused when enforced."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from own_plane import RunningPlane, call_control

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}

TOPICS = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sns:ListTopics", "Resource": "*"},
}


def session_of(client: Callable[..., Any], name: str, *actions: str) -> Callable:
    """Make a role that may do ``actions``; give its clients."""
    role = client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    client("iam").put_role_policy(
        RoleName=name,
        PolicyName="given",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    keys = client("sts").assume_role(RoleArn=role, RoleSessionName="test")
    given = keys["Credentials"]
    return lambda service: client(
        service,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


@pytest.fixture
def client(own_plane: RunningPlane) -> Callable[..., Any]:
    import boto3

    def make(service: str, **keys: str) -> Any:
        operator = {
            "aws_access_key_id": "rehearsal",
            "aws_secret_access_key": "rehearsal",
        }
        return boto3.client(
            service,
            endpoint_url=own_plane.endpoint,
            region_name="us-east-1",
            **(operator | keys),
        )

    return make


def test_an_enforcing_plane_refuses_what_a_role_lacks_in_awss_words(
    own_plane: RunningPlane, client
) -> None:
    session = session_of(client, "reader", "sqs:ListQueues", "lambda:ListFunctions")
    managed = client("iam").create_policy(
        PolicyName="topics", PolicyDocument=json.dumps(TOPICS)
    )
    client("iam").attach_role_policy(
        RoleName="reader", PolicyArn=managed["Policy"]["Arn"]
    )
    call_control(own_plane.endpoint, "POST", "permissions", {"mode": "watch"})
    session("codepipeline").list_pipelines()
    call_control(own_plane.endpoint, "POST", "permissions", {"mode": "enforce"})

    assert session("sqs").list_queues()
    assert session("sns").list_topics()["Topics"] == []
    assert session("lambda").list_functions()["Functions"] == []
    for service, call, action in (
        ("sqs", lambda each: each.create_queue(QueueName="q"), "sqs:CreateQueue"),
        (
            "lambda",
            lambda each: each.get_function(FunctionName="f"),
            "lambda:GetFunction",
        ),
        (
            "codepipeline",
            lambda each: each.list_pipelines(),
            "codepipeline:ListPipelines",
        ),
        ("s3", lambda each: each.list_buckets(), "s3:ListAllMyBuckets"),
    ):
        with pytest.raises(ClientError) as refused:
            call(session(service))
        error = refused.value.response["Error"]
        assert error["Code"].startswith("AccessDenied")
        assert f"assumed-role/reader/test is not authorized to perform: {action}" in (
            error["Message"]
        )
        assert error["Message"].endswith(
            f"because no identity-based policy allows the {action} action"
        )
    assert client("sqs").create_queue(QueueName="the-operator-is-not-limited")

    page = call_control(own_plane.endpoint, "GET", "permissions")
    recorded = {each["action"]: each["times"] for each in page["not_allowed"]}
    assert recorded["codepipeline:ListPipelines"] == 2


def test_early_validation_finds_taken_names_that_the_caller_may_not_read(
    own_plane: RunningPlane, client
) -> None:
    client("sns").create_topic(Name="taken")
    reviewer = session_of(
        client,
        "reviewer",
        "cloudformation:CreateChangeSet",
        "cloudformation:DescribeChangeSet",
    )
    call_control(own_plane.endpoint, "POST", "permissions", {"mode": "enforce"})
    names = {"StackName": "reviewed", "ChangeSetName": "review"}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "taken"}}

    reviewer("cloudformation").create_change_set(
        **names,
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Topic": topic}}),
    )
    with pytest.raises(WaiterError):
        reviewer("cloudformation").get_waiter("change_set_create_complete").wait(
            **names, WaiterConfig={"Delay": 1, "MaxAttempts": 15}
        )

    made = reviewer("cloudformation").describe_change_set(**names)
    assert "AWS::EarlyValidation::ResourceExistenceCheck" in made["StatusReason"]
    page = call_control(own_plane.endpoint, "GET", "permissions")
    assert page["not_allowed"] == []
