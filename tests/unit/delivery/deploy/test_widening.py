"""What a template allows that the one before did not, and what is nothing new."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from delivery.deploy.widening import widened

BASE: dict[str, Any] = {
    "Parameters": {
        "Prefix": {"Type": "String", "Default": "mra"},
        "Open": {"Type": "String", "Default": "no"},
    },
    "Conditions": {"IsOpen": {"Fn::Equals": [{"Ref": "Open"}, "yes"]}},
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "PermissionsBoundary": {"Ref": "Boundary"},
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ]
                },
                "Policies": [
                    {
                        "PolicyName": "p",
                        "PolicyDocument": {
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": ["s3:GetObject", "s3:Put*"],
                                    "Resource": {
                                        "Fn::Sub": "${Bucket.Arn}/${Prefix}/*"
                                    },
                                },
                                {
                                    "Effect": "Deny",
                                    "Action": "s3:DeleteObject",
                                    "Resource": "*",
                                },
                                {
                                    "Effect": "Allow",
                                    "Action": "kms:Decrypt",
                                    "Resource": {"Fn::GetAtt": ["Key", "Arn"]},
                                    "Condition": {"StringEquals": {"a": "b"}},
                                },
                            ]
                        },
                    }
                ],
            },
        },
        "Key": {
            "Type": "AWS::KMS::Key",
            "Properties": {
                "KeyPolicy": {
                    "Statement": {
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::1:root"},
                        "Action": "kms:*",
                        "Resource": "*",
                    }
                }
            },
        },
        "Invoke": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": "F"},
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": "arn:one",
            },
        },
    },
}
Change = Callable[[dict[str, Any]], Any]


def role(document: dict[str, Any]) -> dict[str, Any]:
    return document["Resources"]["Role"]["Properties"]


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    return role(document)["Policies"][0]["PolicyDocument"]["Statement"]


def more_of(change: Change, **parameters: str) -> tuple[str, ...]:
    new = copy.deepcopy(BASE)
    change(new)
    return widened(
        json.dumps(BASE),
        json.dumps(new),
        old_parameters={},
        new_parameters=parameters,
    )


WIDER: dict[str, tuple[Change, str]] = {
    "an action more": (
        lambda d: statements(d)[0]["Action"].append("s3:GetObjectTagging"),
        "Role allows s3:GetObjectTagging on ${Bucket.Arn}/mra/*",
    ),
    "a wildcard for an action": (
        lambda d: statements(d)[0].update(Action="s3:*"),
        "Role allows s3:* on",
    ),
    "a wider resource": (
        lambda d: statements(d)[0].update(Resource="*"),
        "Role allows s3:GetObject on *",
    ),
    "a condition less": (
        lambda d: statements(d)[2].pop("Condition"),
        "Role allows kms:Decrypt on ${Key.Arn}",
    ),
    "a denial less": (
        lambda d: statements(d).pop(1),
        "Role denies no longer s3:DeleteObject on *",
    ),
    "all but some": (
        lambda d: statements(d)[0].update(NotAction="iam:*"),
        "Role allows all but iam:*",
    ),
    "somebody else may assume it": (
        lambda d: role(d)["AssumeRolePolicyDocument"]["Statement"][0].update(
            Principal={"AWS": "arn:aws:iam::2:root"}
        ),
        "Role allows sts:AssumeRole on ${Role} by {AWS: arn:aws:iam::2:root}",
    ),
    "everybody may use the key": (
        lambda d: d["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"].update(
            Principal={"AWS": "*"}
        ),
        "Key allows kms:* on * by *",
    ),
    "a managed policy": (
        lambda d: role(d).update(ManagedPolicyArns=["arn:aws:iam::aws:policy/Admin"]),
        "Role allows all that a managed policy does on arn:aws:iam::aws:policy/Admin",
    ),
    "no boundary": (
        lambda d: role(d).pop("PermissionsBoundary"),
        "Role: its permissions boundary is gone",
    ),
    "another boundary": (
        lambda d: role(d).update(PermissionsBoundary="arn:other"),
        "Role: its permissions boundary is arn:other",
    ),
    "another caller of a function": (
        lambda d: d["Resources"]["Invoke"]["Properties"].pop("SourceArn"),
        "Invoke allows lambda:InvokeFunction on ${F} by apigateway.amazonaws.com",
    ),
    "a policy of its own": (
        lambda d: d["Resources"].update(
            Extra={
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "Roles": [{"Ref": "Role"}],
                    "PolicyDocument": {
                        "Statement": {
                            "Effect": "Allow",
                            "Action": "iam:PassRole",
                            "Resource": "*",
                        }
                    },
                },
            }
        ),
        "Role allows iam:PassRole on *",
    ),
    "a function's policy in SAM's form": (
        lambda d: d["Resources"].update(
            F={
                "Type": "AWS::Serverless::Function",
                "Properties": {"Policies": [{"S3CrudPolicy": {"BucketName": "b"}}]},
            }
        ),
        "F allows all that a managed policy does on {S3CrudPolicy: {BucketName: b}}",
    ),
}


@pytest.mark.parametrize("name", WIDER)
def test_what_is_allowed_more_is_named(name) -> None:
    change, sentence = WIDER[name]
    found = more_of(change)
    assert any(each.startswith(sentence) for each in found), found


NOTHING_NEW: dict[str, Change] = {
    "nothing changed": lambda d: None,
    "an action less": lambda d: statements(d)[0]["Action"].pop(),
    "a narrower action": lambda d: statements(d)[0].update(Action="s3:PutObject"),
    "another case": lambda d: statements(d)[0].update(Action="S3:getobject"),
    "a narrower resource": lambda d: statements(d)[0].update(
        Resource={"Fn::Sub": "${Bucket.Arn}/${Prefix}/one"}
    ),
    "a condition more": lambda d: statements(d)[0].update(
        Condition={"Bool": {"a": "b"}}
    ),
    "one statement becomes two": lambda d: statements(d).append(
        {**copy.deepcopy(statements(d)[0]), "Action": "s3:GetObject"}
    ),
    "another order": lambda d: statements(d).reverse(),
    "a role less": lambda d: d["Resources"].pop("Invoke"),
    "a resource that grants nothing": lambda d: d["Resources"].update(
        Topic={"Type": "AWS::SNS::Topic"}
    ),
    "a statement under a condition that does not hold": lambda d: d["Resources"].update(
        Other={**copy.deepcopy(d["Resources"]["Role"]), "Condition": "IsOpen"}
    ),
    "a statement moves into a policy of its own": lambda d: (
        d["Resources"].update(
            Moved={
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "Roles": [{"Ref": "Role"}],
                    "PolicyDocument": {"Statement": [statements(d)[0]]},
                },
            }
        ),
        statements(d).pop(0),
    ),
}


@pytest.mark.parametrize("name", NOTHING_NEW)
def test_what_is_nothing_new_is_not_named(name) -> None:
    assert more_of(NOTHING_NEW[name]) == ()


def test_a_parameter_can_widen_what_a_statement_says() -> None:
    found = more_of(lambda d: None, Prefix="*")
    assert "Role allows s3:GetObject on ${Bucket.Arn}/*/*" in found


def test_a_condition_that_holds_now_brings_its_role() -> None:
    new = copy.deepcopy(BASE)
    new["Resources"]["Other"] = {**BASE["Resources"]["Role"], "Condition": "IsOpen"}
    text = json.dumps(new)
    found = widened(text, text, old_parameters={}, new_parameters={"Open": "yes"})
    assert found and all(each.startswith("Other ") for each in found)
