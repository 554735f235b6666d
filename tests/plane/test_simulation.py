"""IAM simulates what a role may do from the policies that the role has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.plane

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:{}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def statement(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def role(aws: Any) -> Any:
    iam = aws("iam")
    arn = iam.create_role(
        RoleName="simulated", AssumeRolePolicyDocument=json.dumps(TRUST)
    )["Role"]["Arn"]
    statements = [
        statement("lambda:UpdateAlias", FUNCTION.format("mine-*")),
        statement("lambda:*", FUNCTION.format("mine-kept"), Effect="Deny"),
        statement(
            "iam:PassRole",
            "*",
            Condition={"StringEquals": {"iam:PassedToService": "cloudformation"}},
        ),
    ]
    iam.put_role_policy(
        RoleName="simulated",
        PolicyName="given",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    yield arn
    iam.delete_role_policy(RoleName="simulated", PolicyName="given")
    iam.delete_role(RoleName="simulated")


def simulate(aws: Any, role: str, action: str, *resources: str, **more: Any) -> list:
    pages = aws("iam").get_paginator("simulate_principal_policy")
    return [
        (each["EvalDecision"], each["MissingContextValues"])
        for page in pages.paginate(
            PolicySourceArn=role,
            ActionNames=[action],
            ResourceArns=list(resources),
            **more,
        )
        for each in page["EvaluationResults"]
    ]


def test_each_resource_is_decided_by_the_roles_policies(aws: Any, role: str) -> None:
    resources = [FUNCTION.format(name) for name in ("mine-a", "mine-kept", "other")]
    found = simulate(aws, role, "lambda:UpdateAlias", *resources)
    assert [each for each, _ in found] == ["allowed", "explicitDeny", "implicitDeny"]


def test_a_condition_holds_only_when_its_value_is_given(aws: Any, role: str) -> None:
    assert simulate(aws, role, "iam:PassRole", "arn:aws:iam::123456789012:role/r") == [
        ("implicitDeny", ["iam:PassedToService"])
    ]
    given = [
        {
            "ContextKeyName": "iam:PassedToService",
            "ContextKeyValues": ["cloudformation"],
            "ContextKeyType": "string",
        }
    ]
    found = simulate(
        aws,
        role,
        "iam:PassRole",
        "arn:aws:iam::123456789012:role/r",
        ContextEntries=given,
    )
    assert found == [("allowed", [])]


def test_a_role_that_is_not_there_is_said_so(aws: Any) -> None:
    with pytest.raises(ClientError) as refused:
        simulate(aws, "arn:aws:iam::123456789012:role/nobody", "s3:GetObject", "*")
    assert refused.value.response["Error"]["Code"] == "NoSuchEntity"
