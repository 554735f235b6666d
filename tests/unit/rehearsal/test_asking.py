"""What a call asks of IAM, without a plane."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.asking import Asking, Place, questions

PLACE = Place("123456789012", "us-east-1")
HERE = "us-east-1:123456789012"


def asked(service: str, operation: str, path: str = "/", **params: Any) -> list[str]:
    """Give action and resource of each question."""
    call = Asking(service, operation, params.pop("method", "POST"), path, params)
    return [f"{each.action} {each.resource}" for each in questions(call, PLACE)]


@pytest.mark.parametrize(
    ("service", "operation", "params", "resource"),
    [
        ("lambda", "UpdateAlias", {"FunctionName": "f", "Name": "live"}, "function:f"),
        ("codebuild", "StartBuild", {"projectName": "p"}, "project/p"),
        ("codebuild", "BatchGetBuilds", {"ids": ["p:1"]}, "project/p"),
        ("cloudformation", "ExecuteChangeSet", {"StackName": "s"}, "stack/s/any"),
        ("sqs", "DeleteQueue", {"QueueUrl": "http://x/1/q"}, "q"),
        (
            "codedeploy",
            "StopDeployment",
            {"applicationName": "a", "deploymentGroupName": "g"},
            "deploymentgroup:a/g",
        ),
        ("logs", "PutLogEvents", {"logGroupName": "g"}, "log-group:g"),
        ("codepipeline", "GetPipelineState", {"name": "p"}, "p"),
        ("cloudwatch", "DeleteAlarms", {"AlarmNames": ["a"]}, "alarm:a"),
    ],
)
def test_a_call_is_about_the_resource_that_it_names(
    service: str, operation: str, params: dict[str, Any], resource: str
) -> None:
    assert asked(service, operation, **params) == [
        f"{service}:{operation} arn:aws:{service}:{HERE}:{resource}"
    ]


def test_a_call_of_a_version_is_about_the_version_and_not_about_the_function() -> None:
    params = {"FunctionName": "f", "Qualifier": "7"}
    wanted = f"lambda:InvokeFunction arn:aws:lambda:{HERE}:function:f:7"
    assert asked("lambda", "Invoke", **params) == [wanted]
    params = {"FunctionName": f"arn:aws:lambda:{HERE}:function:f:7", "Qualifier": "7"}
    assert asked("lambda", "Invoke", **params) == [wanted]


def test_who_hands_a_role_over_asks_to_pass_it() -> None:
    params = {"FunctionName": "f", "Role": "arn:aws:iam::1:role/r", "Tags": {"k": "v"}}
    assert asked("lambda", "CreateFunction", **params)[1:] == [
        "iam:PassRole arn:aws:iam::1:role/r",
        f"lambda:TagResource arn:aws:lambda:{HERE}:function:f",
    ]
    call = Asking("lambda", "CreateFunction", "POST", "/", params)
    (passing,) = [e for e in questions(call, PLACE) if e.action == "iam:PassRole"]
    assert passing.known == {"iam:PassedToService": "lambda.amazonaws.com"}


def test_a_sam_template_asks_for_its_transform_and_another_does_not() -> None:
    names = {"StackName": "s", "ChangeSetName": "c"}
    sam = "Transform: AWS::Serverless-2016-10-31"
    assert (
        len(asked("cloudformation", "CreateChangeSet", **names, TemplateBody="{}")) == 1
    )
    assert asked("cloudformation", "CreateChangeSet", **names, TemplateBody=sam)[1] == (
        "cloudformation:CreateChangeSet "
        "arn:aws:cloudformation:us-east-1:aws:transform/Serverless-2016-10-31"
    )


def test_a_version_of_an_object_and_a_listing_have_actions_of_their_own() -> None:
    path = "/bucket/a%20key"
    assert asked("s3", "HeadObject", path) == ["s3:GetObject arn:aws:s3:::bucket/a key"]
    (found,) = asked("s3", "GetObject", path, Bucket="b", VersionId="v")
    assert found.startswith("s3:GetObjectVersion ")
    call = Asking("s3", "ListObjectsV2", "GET", "/bucket", {"Bucket": "bucket"})
    (listing,) = questions(call, PLACE)
    assert (listing.action, listing.known) == ("s3:ListBucket", {"s3:prefix": None})


def test_api_gateways_actions_are_methods_on_paths() -> None:
    assert asked("apigateway", "GetStage", "/restapis/a/stages/s", method="GET") == [
        "apigateway:GET arn:aws:apigateway:us-east-1::/restapis/a/stages/s"
    ]


def test_an_alias_of_a_key_is_no_resource_so_the_key_is_not_known() -> None:
    assert asked("kms", "DescribeKey", KeyId="alias/data") == ["kms:DescribeKey "]
    assert asked("kms", "DescribeKey", KeyId="1-2") == [
        f"kms:DescribeKey arn:aws:kms:{HERE}:key/1-2"
    ]


def test_who_assumes_a_role_asks_about_the_role_with_what_the_call_carries() -> None:
    params = {"RoleArn": "arn:aws:iam::1:role/r", "RoleSessionName": "s"}
    call = Asking("sts", "AssumeRole", "POST", "/", params)
    [question] = questions(call, PLACE)
    assert (question.action, question.resource) == ("sts:AssumeRole", params["RoleArn"])
    assert question.known == {"sts:ExternalId": None, "sts:RoleSessionName": "s"}
