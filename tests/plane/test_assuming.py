"""A role assumes another one, where both its policies and the other's trust allow it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from own_plane import call_control
from plane_pipelines import Aws
from plane_roles import grant, keys_of, make_bucket, operator_of, role_trusting, taking
from plane_stacks import unique

pytestmark = pytest.mark.plane

ACCOUNT = "123456789012"
WHOLE = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ANYBODY = {"Service": "codebuild.amazonaws.com"}


@pytest.fixture(scope="module")
def aws(enforcing: str) -> Aws:
    return operator_of(enforcing)


class Caller:
    """A session of a role that may do nothing until it is granted."""

    def __init__(self, aws: Aws) -> None:
        self.aws, self.name = aws, unique("caller")
        self.arn = role_trusting(aws, self.name, ANYBODY)
        self.keys = keys_of(aws("sts").assume_role(**taking(self.arn)))

    def may(self, *resources: str) -> None:
        grant(self.aws, self.name, *((["sts:AssumeRole"], each) for each in resources))

    def assume(self, arn: str, **more: Any) -> Any:
        sts = self.aws("sts", **self.keys)
        return keys_of(sts.assume_role(**taking(arn), **more))

    def is_refused(self, arn: str, **more: Any) -> bool:
        with pytest.raises(ClientError) as refused:
            self.assume(arn, **more)
        error = refused.value.response["Error"]
        assert error["Code"] == "AccessDenied"
        assert error["Message"] == (
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{self.name}/test is not "
            f"authorized to perform: sts:AssumeRole on resource: {arn}"
        )
        return True


@pytest.fixture
def caller(aws: Aws) -> Caller:
    return Caller(aws)


@pytest.fixture
def role(aws: Aws) -> Callable[..., str]:
    def make(principal: dict[str, str], **when: Any) -> str:
        return role_trusting(aws, unique("target"), principal, when=when or None)

    return make


def test_a_role_whose_account_is_trusted_needs_a_policy_of_its_own(
    aws: Aws, caller: Caller, role: Any
) -> None:
    target = role(WHOLE)
    assert caller.is_refused(target)
    caller.may("arn:aws:iam::*:role/another")
    assert caller.is_refused(target)
    caller.may(target)
    session = aws("sts", **caller.assume(target)).get_caller_identity()["Arn"]
    name = target.rpartition("/")[2]
    assert session == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/test"


def test_a_role_that_is_trusted_by_name_needs_none_within_its_account(
    caller: Caller, role: Any
) -> None:
    assert caller.assume(role({"AWS": caller.arn}))
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{caller.name}/test"
    assert caller.assume(role({"AWS": session}))


def test_a_role_that_is_not_trusted_may_not_whatever_its_policies_say(
    enforcing: str, aws: Aws, caller: Caller, role: Any
) -> None:
    caller.may("*")
    target = role({"AWS": Caller(aws).arn})
    assert caller.is_refused(target)
    assert caller.is_refused(f"arn:aws:iam::{ACCOUNT}:role/nobody")
    assert caller.is_refused("arn:aws:nobody/of/no/account")
    listed = call_control(enforcing, "GET", "permissions")["not_allowed"]
    reasons = {each["resource"]: each["reason"] for each in listed}
    assert reasons[target] == "because the role's trust policy does not allow it"
    assert reasons[f"arn:aws:iam::{ACCOUNT}:role/nobody"] == (
        "because there is no such role"
    )


def test_a_denial_in_either_policy_is_final(
    aws: Aws, caller: Caller, role: Any
) -> None:
    target = role({"AWS": caller.arn})
    deny = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": target}
    aws("iam").put_role_policy(
        RoleName=caller.name,
        PolicyName="denied",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    )
    assert caller.is_refused(target)

    other = Caller(aws)
    other.may("*")
    target = role(WHOLE)
    trust = aws("iam").get_role(RoleName=target.rpartition("/")[2])["Role"]
    document = trust["AssumeRolePolicyDocument"]
    document["Statement"].append(
        {"Effect": "Deny", "Principal": {"AWS": other.arn}, "Action": "sts:AssumeRole"}
    )
    aws("iam").update_assume_role_policy(
        RoleName=trust["RoleName"], PolicyDocument=json.dumps(document)
    )
    assert other.is_refused(target)


@pytest.mark.parametrize(
    ("when", "given"),
    [
        ({"StringEquals": {"sts:ExternalId": "right"}}, {"ExternalId": "right"}),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, {}),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/caller-*"}}, {}),
    ],
)
def test_conditions_of_the_trust_that_hold_let_the_caller_in(
    caller: Caller, role: Any, when: Any, given: dict[str, str]
) -> None:
    caller.may("*")
    assert caller.assume(role(WHOLE, **when), **given)


@pytest.mark.parametrize(
    ("when", "given"),
    [
        ({"StringEquals": {"sts:ExternalId": "right"}}, {"ExternalId": "wrong"}),
        ({"StringEquals": {"sts:ExternalId": "right"}}, {}),
        ({"StringEquals": {"aws:PrincipalAccount": "210987654321"}}, {}),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other-*"}}, {}),
    ],
)
def test_conditions_of_the_trust_that_do_not_hold_keep_the_caller_out(
    caller: Caller, role: Any, when: Any, given: dict[str, str]
) -> None:
    caller.may("*")
    assert caller.is_refused(role(WHOLE, **when), **given)


def test_a_permissions_boundary_binds_a_role_that_is_trusted_by_name(
    aws: Aws, caller: Caller, role: Any
) -> None:
    target = role({"AWS": caller.arn})
    bound = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = aws("iam").create_policy(
        PolicyName=unique("boundary"),
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [bound]}),
    )
    aws("iam").put_role_permissions_boundary(
        RoleName=caller.name, PermissionsBoundary=policy["Policy"]["Arn"]
    )
    assert caller.is_refused(target)


def test_the_operator_and_a_watching_plane_stop_nobody(
    enforcing: str, aws: Aws, caller: Caller, role: Any
) -> None:
    target = role(ANYBODY)
    assert aws("sts").assume_role(**taking(target))
    try:
        call_control(enforcing, "POST", "permissions", {"mode": "watch"})
        assert caller.assume(target)
    finally:
        call_control(enforcing, "POST", "permissions", {"mode": "enforce"})


def test_a_release_is_handed_over_by_a_role_of_the_other_region(
    enforcing: str, aws: Aws, caller: Caller
) -> None:
    away, name = operator_of(enforcing, "eu-west-1"), unique("handed-over")
    make_bucket(away, name, "eu-west-1", versioned=True)
    key = away("kms").create_key()["KeyMetadata"]["Arn"]
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    away("s3").put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": rule}]
        },
    )
    taker = role_trusting(
        aws,
        f"{name}-taker",
        {"AWS": caller.arn},
        ("s3:PutObject", f"arn:aws:s3:::{name}/*"),
    )
    session = caller.assume(taker)
    # S3 acts where the bucket is, whichever region is asked.
    with pytest.raises(ClientError, match=f"kms:GenerateDataKey on resource: {key}"):
        aws("s3", **session).put_object(Bucket=name, Key="release.zip", Body=b"zip")
    allow = {
        "Effect": "Allow",
        "Action": "kms:GenerateDataKey",
        "Resource": key,
        "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
    }
    aws("iam").put_role_policy(
        RoleName=f"{name}-taker",
        PolicyName="key",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    put = aws("s3", **session).put_object(Bucket=name, Key="release.zip", Body=b"zip")
    assert put["VersionId"]
