"""The revision: a new one for all that a version freezes, and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from awsrules.templates import effective_parameters, load_template
from delivery.render import published_functions, revisions

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Memory: {Type: Number, Default: 128}
  Concurrency: {Type: Number, Default: 0}
  Level: {Type: String, Default: INFO}
  Boundary: {Type: String}
Conditions:
  Reserves: !Not [!Equals [!Ref Concurrency, 0]]
Globals:
  Function:
    Runtime: python3.11
    AutoPublishAlias: live
    MemorySize: !Ref Memory
    Environment: {Variables: {LEVEL: !Ref Level, BUCKET: !Ref Bucket}}
    Layers: [!Ref Shared]
Resources:
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: s3://releases/packages/layer1}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "data-${AWS::Region}"
      VersioningConfiguration: {Status: Enabled}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: first
      PermissionsBoundary: !Ref Boundary
      AssumeRolePolicyDocument: {}
  First:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://releases/packages/code1
      Handler: first.handler
      Role: !GetAtt Role.Arn
      Timeout: 3
      Tags: {a: b}
      ReservedConcurrentExecutions: !If [Reserves, !Ref Concurrency, !Ref AWS::NoValue]
      DeploymentPreference: {Type: AllAtOnce, Alarms: [!Ref Alarm]}
      Events:
        Get: {Type: Api, Properties: {Path: /a, Method: get}}
  Second:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {Bucket: releases, Key: packages/code2}
      Handler: second.handler
      Environment: {Variables: {LEVEL: fixed}}
  Unpublished:
    Type: AWS::Lambda::Function
    Properties: {Handler: x.y}
"""


def made(text: str = TEMPLATE, **given: str) -> dict[str, str]:
    template: dict[str, Any] = load_template(text, name="t")
    declared = {k: v for k, v in template["Parameters"].items() if k != "Boundary"}
    return revisions(template, effective_parameters({"Parameters": declared}, given))


BEFORE = made()


def changed(after: dict[str, str]) -> set[str]:
    return {name for name in BEFORE if BEFORE[name] != after[name]}


def test_each_function_with_an_alias_has_one() -> None:
    assert set(BEFORE) == {"FirstRevision", "SecondRevision"}
    assert all(len(each) == 64 for each in BEFORE.values())


def test_the_same_content_gives_the_same_revision() -> None:
    assert made() == BEFORE


@pytest.mark.parametrize(
    ("old", "new", "functions"),
    [
        ("packages/code1", "packages/code9", {"FirstRevision"}),
        ("Key: packages/code2", "Key: packages/code9", {"SecondRevision"}),
        ("Timeout: 3", "Timeout: 4", {"FirstRevision"}),
        ("first.handler", "first.other", {"FirstRevision"}),
        ("LEVEL: fixed", "LEVEL: moved", {"SecondRevision"}),
        ("python3.11", "python3.12", {"FirstRevision", "SecondRevision"}),
        # What a referenced resource cannot change without becoming another one.
        ("data-${", "other-${", {"FirstRevision", "SecondRevision"}),
        ("RoleName: first", "RoleName: other", {"FirstRevision"}),
        ("packages/layer1", "packages/layer2", {"FirstRevision", "SecondRevision"}),
    ],
)
def test_what_a_version_freezes_publishes(
    old: str, new: str, functions: set[str]
) -> None:
    assert old in TEMPLATE
    assert changed(made(TEMPLATE.replace(old, new))) == functions


@pytest.mark.parametrize(
    ("given", "functions"),
    [
        ({"Memory": "256"}, {"FirstRevision", "SecondRevision"}),
        ({"Level": "DEBUG"}, {"FirstRevision"}),
    ],
)
def test_a_configured_value_publishes_like_a_literal(
    given: dict[str, str], functions: set[str]
) -> None:
    assert changed(made(**given)) == functions


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("s3://releases/packages/code1", "s3://elsewhere/other/code1"),
        ("Tags: {a: b}", "Tags: {a: c}"),
        ("Type: AllAtOnce", "Type: Linear10PercentEvery1Minute"),
        ("Path: /a", "Path: /b"),
        ("Status: Enabled", "Status: Suspended"),
        ("AssumeRolePolicyDocument: {}", "AssumeRolePolicyDocument: {a: b}"),
        ("Handler: x.y", "Handler: x.z"),
    ],
)
def test_what_a_version_does_not_freeze_publishes_nothing(old: str, new: str) -> None:
    assert old in TEMPLATE
    assert made(TEMPLATE.replace(old, new)) == BEFORE


def test_reserved_concurrency_publishes_nothing() -> None:
    assert made(Concurrency="5") == BEFORE


def test_globals_are_merged_as_sam_merges_them() -> None:
    first, second = published_functions(load_template(TEMPLATE, name="t"))

    assert first.properties["MemorySize"] == {"Ref": "Memory"}
    assert second.properties["Environment"]["Variables"] == {
        "LEVEL": "fixed",
        "BUCKET": {"Ref": "Bucket"},
    }
    assert first.code_key == "code1"
    assert second.code_key == "code2"
