"""What a role must not become: each loosening of a template is found by its attempt."""

from __future__ import annotations

import pytest

from delivery.validate.privilege.escalation import (
    attempts_of,
    attempts_refused,
    strangers_refused,
)
from delivery.validate.privilege.proof import foundation_stack


def test_our_own_roles_refuse_every_attempt_and_every_stranger(make_subject) -> None:
    subject = make_subject()
    assert len(list(attempts_of(foundation_stack(subject)))) > 400
    assert list(attempts_refused(subject)) == []
    assert list(strangers_refused(subject)) == []


PASSED = (
    '                    "iam:PassedToService":\n'
    "                      - codedeploy.amazonaws.com\n"
)
ROLES = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${NamePrefix}-*"
BOUNDARY = (
    "                  StringEquals: "
    '{"iam:PermissionsBoundary": !Ref PermissionsBoundary}\n'
)
BUILD_LOG = (
    '                Resource: !Sub "arn:${AWS::Partition}:logs:${AWS::Region}:'
    "${AWS::AccountId}:log-group:/aws/codebuild/${ProjectLabel}Build*"
)
BUILD_TRUST = (
    '              StringEquals: {"aws:SourceAccount": !Ref AWS::AccountId}\n'
    "              ArnLike:\n"
    '                "aws:SourceArn": !Sub "arn:${AWS::Partition}:codebuild:${AWS::Region}:'
    '${AWS::AccountId}:project/${ProjectLabel}Build"\n'
)
CHECKED_PACKAGES = (
    "              - Sid: ReadPackages\n                Effect: Allow\n"
    "                Action: s3:GetObject\n"
    '                Resource: !Sub "${ReleaseBucket.Arn}/packages/*"\n'
)
EMERGENCY_READS = (
    "                  - s3:GetObject\n                  - s3:GetObjectVersion\n"
    "                  - s3:ListBucket\n"
)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            PASSED,
            PASSED + "                      - ec2.amazonaws.com\n",
            "pass a role to another",
        ),
        (
            ROLES,
            ROLES.replace("${NamePrefix}-*", "*"),
            "edit CloudFormationServiceRole",
        ),
        (
            BOUNDARY,
            "                  StringLike: {}\n",
            "change a role without the bound",
        ),
        (
            '${NamePrefix}-*"\n              # CloudFormation itself',
            '*"\n              # C',
            "act outside",
        ),
        (
            "                  - logs:PutLogEvents\n" + BUILD_LOG,
            '                  - cloudformation:*\n                Resource: !Sub "*',
            "deploy from a build",
        ),
        (
            CHECKED_PACKAGES,
            CHECKED_PACKAGES.replace(
                "s3:GetObject", "[s3:GetObject, s3:DeleteObject]"
            ).replace("packages/*", "*"),
            "CheckRole can delete from the ledger",
        ),
        (
            EMERGENCY_READS,
            EMERGENCY_READS + "                  - s3:PutObject\n",
            "BreakGlassRole can overwrite a record",
        ),
    ],
)
def test_a_loosened_policy_is_found(make_subject, old, new, says: str) -> None:
    found = [
        each.message for each in attempts_refused(make_subject(foundation={old: new}))
    ]
    assert any(says in each for each in found), found


GUARD = "      Roles: [!Ref CloudFormationServiceRole]\n"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "                  - kms:DescribeKey\n                  - kms:EnableKeyRotation\n",
            "                  - kms:ScheduleKeyDeletion\n",
            "destroy a key",
        ),
        (
            "                  - s3:DeleteBucketPolicy\n",
            "                  - s3:DeleteObject\n",
            "delete a record",
        ),
    ],
)
def test_the_guard_rail_holds_what_a_loosened_policy_allows(
    make_subject, old, new, says: str
) -> None:
    guarded = attempts_refused(make_subject(foundation={old: new}))
    assert not any(says in each.message for each in guarded)
    alone = attempts_refused(make_subject(foundation={old: new, GUARD: ""}))
    assert any(says in each.message for each in alone)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "Principal: {Service: cloudformation.amazonaws.com}",
            "Principal: {Service: [cloudformation.amazonaws.com, ec2.amazonaws.com]}",
            "CloudFormationServiceRole can be assumed by ec2.amazonaws.com",
        ),
        (
            "Principal: {Service: cloudformation.amazonaws.com}",
            "Principal: {AWS: '999988887777'}",
            "can be assumed by arn:aws:iam::999988887777:role/any",
        ),
        (
            BUILD_TRUST,
            BUILD_TRUST.replace('"aws:SourceAccount": !Ref AWS::AccountId', ""),
            "its service for another account",
        ),
        (
            BUILD_TRUST,
            BUILD_TRUST.replace('Build"', 'Builder"'),
            "CodeBuildServiceRole cannot be assumed by",
        ),
        (
            "project/${ProjectLabel}Check",
            "project/*",
            "CheckRole can be assumed by another project",
        ),
        (
            '              Bool: {"aws:MultiFactorAuthPresent": "true"}\n',
            "",
            "BreakGlassRole can be assumed by a person without a second factor",
        ),
        (
            '{"aws:MultiFactorAuthAge": "3600"}',
            '{"aws:MultiFactorAuthAge": "360000"}',
            "BreakGlassRole can be assumed by a person of yesterday",
        ),
        (
            'StringEquals: {"aws:RequestedRegion": !Ref AWS::Region}',
            'StringNotEquals: {"aws:RequestedRegion": nowhere}',
            "BreakGlassRole can be assumed by a person in another region",
        ),
    ],
)
def test_a_loosened_trust_is_found(make_subject, old, new, says: str) -> None:
    found = [
        each.message for each in strangers_refused(make_subject(foundation={old: new}))
    ]
    assert any(says in each for each in found), found
