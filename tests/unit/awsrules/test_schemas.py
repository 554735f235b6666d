"""Provider schemas: what recreates, what is unknown, what breaks a constraint."""

from __future__ import annotations

from typing import Any

import pytest

from awsrules.schemas import (
    ResourceSchema,
    broken_constraints,
    missing_properties,
    read_only_given,
    schema_of,
    unknown_properties,
)


def schema(type_name: str) -> ResourceSchema:
    found = schema_of(type_name)
    assert found is not None
    return found


def test_cfn_lint_itself_is_not_imported() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from awsrules.schemas import schema_of; schema_of('AWS::S3::Bucket');"
        "sys.exit('cfnlint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": "src"})
    assert done.returncode == 0


def test_a_type_that_the_region_does_not_have_has_no_schema() -> None:
    assert schema_of("AWS::S3::Bukket") is None


@pytest.mark.parametrize(
    ("type_name", "name", "recreation"),
    [
        ("AWS::S3::Bucket", "BucketName", "Always"),
        ("AWS::S3::Bucket", "VersioningConfiguration", "Never"),
        ("AWS::Events::Rule", "EventBusName", "Conditionally"),
        ("AWS::Lambda::Version", "FunctionName", "Always"),
        ("AWS::Lambda::Alias", "FunctionVersion", "Never"),
    ],
)
def test_which_property_makes_a_new_resource(
    type_name: str, name: str, recreation: str
) -> None:
    assert schema(type_name).recreation_for(name) == recreation


def test_where_a_type_keeps_its_tags_is_known() -> None:
    bucket = schema("AWS::S3::Bucket")
    assert bucket.tag_property == "Tags"
    assert schema("AWS::IAM::ManagedPolicy").tag_property == ""


@pytest.mark.parametrize(
    ("type_name", "properties", "unknown"),
    [
        ("AWS::SNS::Topic", {"TopicName": "a", "Nope": 1}, ["Nope"]),
        (
            "AWS::CodePipeline::Pipeline",
            {"Stages": [{"Name": "Build", "Actions": [{"Nmae": "x"}]}]},
            ["Stages/Actions/Nmae"],
        ),
        # Free-form documents and maps are nobody's business here.
        ("AWS::KMS::Key", {"KeyPolicy": {"Statement": [{"Sid": "any"}]}}, []),
        ("AWS::Lambda::Function", {"Environment": {"Variables": {"ANY": "x"}}}, []),
        # What is not resolved yet is not looked into.
        ("AWS::SNS::Topic", {"Tags": {"Fn::If": ["C", [], []]}}, []),
    ],
)
def test_properties_that_no_schema_knows(
    type_name: str, properties: dict[str, Any], unknown: list[str]
) -> None:
    assert unknown_properties(schema(type_name), properties) == unknown


def test_required_and_read_only_properties() -> None:
    alias = schema("AWS::KMS::Alias")
    assert missing_properties(alias, {"AliasName": "alias/a"}) == ["TargetKeyId"]
    assert read_only_given(schema("AWS::SNS::Topic"), {"TopicArn": "x"}) == ["TopicArn"]


@pytest.mark.parametrize(
    ("type_name", "properties", "broken"),
    [
        (
            "AWS::Lambda::Alias",
            {"Name": ""},
            ["#/Name: failed validation constraint for keyword [minLength]"],
        ),
        (
            "AWS::Lambda::Function",
            {"MemorySize": "64"},
            ["#/MemorySize: failed validation constraint for keyword [minimum]"],
        ),
        (
            "AWS::Logs::LogGroup",
            {"RetentionInDays": 31},
            ["#/RetentionInDays: failed validation constraint for keyword [enum]"],
        ),
        ("AWS::Logs::LogGroup", {"RetentionInDays": "30"}, []),
        ("AWS::Logs::LogGroup", {"LogGroupName": "{{resolve:ssm:name}}"}, []),
        ("AWS::Logs::LogGroup", {"RetentionInDays": {"Ref": "Days"}}, []),
    ],
)
def test_values_that_break_a_constraint(
    type_name: str, properties: dict[str, Any], broken: list[str]
) -> None:
    found = broken_constraints(schema(type_name), properties)
    assert [each for each in found if each in broken] == broken
    assert bool(found) == bool(broken)
