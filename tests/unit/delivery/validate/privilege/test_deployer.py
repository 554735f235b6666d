"""The deployment role: what it lacks and what it has too much of, by name."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from delivery.validate.privilege.grants import grants_of
from delivery.validate.privilege.needs import Need
from delivery.validate.privilege.proof import (
    DEPLOYER,
    deployer_has_no_more,
    deployer_lacks_nothing,
    deployment_needs,
    foundation_stack,
    lacking,
    needs_of_deployer,
    surplus,
    unasked,
)

pytestmark = pytest.mark.thorough

# Another application's resources, as somebody writes them into the template.
FOREIGN = """\
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "mra-${Environment}-jobs"}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "mra-${Environment}-items"
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: !Sub "mra-${Environment}-nightly"
      ScheduleExpression: rate(1 day)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target:
        Arn: !GetAtt Jobs.Arn
        RoleArn: !GetAtt AnalyzeRole.Arn
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: !Sub "mra-${Environment}-machine"
      RoleArn: !GetAtt AnalyzeRole.Arn
      DefinitionString: '{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}'
"""

FOREIGN_LACKS = set("""
    dynamodb:CreateTable dynamodb:DeleteTable dynamodb:DescribeContinuousBackups
    dynamodb:DescribeContributorInsights dynamodb:DescribeTable
    dynamodb:DescribeTimeToLive dynamodb:ListTables dynamodb:ListTagsOfResource
    dynamodb:TagResource dynamodb:UntagResource dynamodb:UpdateTable
    iam:PassRole
    scheduler:CreateSchedule scheduler:DeleteSchedule scheduler:GetSchedule
    scheduler:ListSchedules scheduler:UpdateSchedule
    states:CreateStateMachine states:DeleteStateMachine states:DescribeStateMachine
    states:ListStateMachines states:ListTagsForResource states:TagResource
    states:UntagResource states:UpdateStateMachine
    """.split())


PROFILE = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/release/a1b2C3d4E5"
# What of signed code is asked on which kind of resource; AWS makes the ids.
SIGNING = {
    ("lambda:CreateCodeSigningConfig", "*"),
    ("lambda:ListCodeSigningConfigs", "*"),
    ("lambda:DeleteCodeSigningConfig", "code-signing-config"),
    ("lambda:GetCodeSigningConfig", "code-signing-config"),
    ("lambda:UpdateCodeSigningConfig", "code-signing-config"),
    ("lambda:PutFunctionCodeSigningConfig", "code-signing-config"),
    ("lambda:PutFunctionCodeSigningConfig", "function"),
    ("lambda:DeleteFunctionCodeSigningConfig", "function"),
    ("lambda:GetFunctionCodeSigningConfig", "function"),
}


@pytest.fixture(scope="module")
def asked(make_subject) -> dict[str, list[Need]]:
    """Give what is asked of the role, which no change of the role changes."""
    return needs_of_deployer(make_subject())


def test_our_deployment_role_holds_what_is_needed_and_no_more(make_subject) -> None:
    subject = make_subject()
    assert [str(each) for each in deployer_lacks_nothing(subject)] == []
    assert [str(each) for each in deployer_has_no_more(subject)] == []


def test_a_missing_permission_is_named_with_who_needs_it(make_subject) -> None:
    subject = make_subject(
        foundation={"                  - lambda:PublishVersion\n": ""}
    )
    first, second = sorted(each.message for each in deployer_lacks_nothing(subject))
    assert "lacks lambda:PublishVersion" in first
    assert "AWS::Lambda::Function, needs it in development, staging, produc" in first
    assert "AWS::Lambda::Version" in second


def test_a_permission_too_much_is_named_with_its_own_line(make_subject) -> None:
    added = "                  - lambda:PublishVersion\n"
    subject = make_subject(
        foundation={added: added + "                  - lambda:InvokeFunction\n"}
    )
    (finding,) = deployer_has_no_more(subject)
    assert "may lambda:InvokeFunction (ManageFunctions)" in finding.message
    lines = subject.foundation.text.splitlines()
    assert lines[(finding.line or 0) - 1].strip() == "- lambda:InvokeFunction"


def test_an_application_of_another_shape_gets_its_missing_permissions_listed(
    make_subject,
) -> None:
    subject = make_subject(template={"Resources:\n": FOREIGN})
    findings = list(deployer_lacks_nothing(subject))
    lacked = {each.message.split(" lacks ")[1].split(" on ")[0] for each in findings}
    # The queue brings nothing: its type is in use, and its name begins with the prefix.
    assert lacked == FOREIGN_LACKS
    # Each names who asks for it, where that stands, and in which environments.
    lines = subject.application.text.splitlines()
    for each in findings:
        asker = each.message.split(": ")[1].split(" (")[0]
        line = int(each.message.split("template.yaml:")[1].split(";")[0])
        assert lines[line - 1].strip() == f"{asker}:"
        assert "needs it in development, staging, production" in each.message
    passed = [each.message for each in findings if "iam:PassRole" in each.message]
    assert {each.split(": ")[1].split(" (")[0] for each in passed} == {
        "Nightly",
        "Machine",
    }


@pytest.mark.parametrize("profiles", ["", PROFILE], ids=["off", "on"])
def test_signed_code_needs_the_same_rights_whether_it_is_asked_for_or_not(
    make_subject, profiles: str
) -> None:
    subject = make_subject()
    values = {
        name: {**each, "SigningProfileVersions": profiles}
        for name, each in subject.values.items()
    }
    needs = needs_of_deployer(replace(subject, values=values))
    signing = {
        (each.action, each.resource.split(":")[-2 if ":" in each.resource else 0])
        for each in needs[DEPLOYER]
        if "CodeSigningConfig" in each.action
    }

    assert [str(each) for each in lacking("lacks", subject, needs)] == []
    assert [str(each) for each in unasked("surplus", subject, needs, "nobody")] == []
    assert signing == SIGNING


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("DeleteFunctionCodeSigningConfig", ":function:mra-development-"),
        ("UpdateCodeSigningConfig", ":code-signing-config:csc-"),
        ("GetCodeSigningConfig", ":code-signing-config:csc-"),
        ("ListTags", ":code-signing-config:csc-"),
        ("ListCodeSigningConfigs", "*"),
    ],
)
def test_a_right_that_signed_code_needs_is_named_though_nobody_asks_for_it(
    make_subject, asked: dict[str, list[Need]], action: str, resource: str
) -> None:
    subject = make_subject(foundation={f"                  - lambda:{action}\n": ""})

    told = [each.message for each in lacking("lacks", subject, asked)]

    assert [each.split(" on ")[0] for each in told] == [
        f"{DEPLOYER} lacks lambda:{action}"
    ]
    assert resource in told[0]


def test_a_narrowed_write_is_needed_again_once_its_property_is_used(
    make_subject,
) -> None:
    subject = make_subject()
    packaged = copy.deepcopy(dict(subject.packaged))
    bucket = packaged["Resources"]["RecordBucket"]["Properties"]
    bucket["CorsConfiguration"] = {"CorsRules": []}
    found = deployer_lacks_nothing(replace(subject, packaged=packaged))
    lacked = {each.message.split(" lacks ")[1].split(" on ")[0] for each in found}
    assert lacked == {"s3:PutBucketCORS", "s3:DeleteBucketCors"}


def test_a_name_outside_the_prefix_is_beyond_the_role(make_subject) -> None:
    subject = make_subject()
    packaged = copy.deepcopy(dict(subject.packaged))
    queue = packaged["Resources"]["DeadLetterQueue"]["Properties"]
    queue["QueueName"] = "somebody-elses"
    found = list(deployer_lacks_nothing(replace(subject, packaged=packaged)))
    assert any("sqs:CreateQueue on arn:aws:sqs" in each.message for each in found)


def test_surplus_looks_at_the_resource_too(make_subject) -> None:
    subject = make_subject()
    role = grants_of(foundation_stack(subject), DEPLOYER)
    elsewhere = replace(role.grants[0], resources=("arn:aws:lambda:*:*:layer:*",))
    needs = deployment_needs(subject)["production"]
    assert list(surplus(replace(role, grants=(elsewhere,)), needs)) == [elsewhere]
