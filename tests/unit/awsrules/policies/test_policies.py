"""Decisions that the AWS IAM User Guide documents, one a line."""

from __future__ import annotations

import pytest

from awsrules.policies import Outcome, Request, evaluate, matches_action, trusts
from awsrules.policies.conditions import UnknownOperator, conditions_hold

BUCKET = "arn:aws:s3:::mra-dev-records"
ROLE = "arn:aws:iam::123456789012:role/mra-dev-analyze"


def policy(**statement) -> dict:
    return {"Statement": [{"Effect": "Allow", "Sid": "Given", **statement}]}


def decide(request: Request, *identity: dict, **others) -> str:
    return evaluate(request, identity, **others).outcome.value


@pytest.mark.parametrize(
    ("pattern", "action", "covers"),
    [
        # "IAM JSON policy elements: Action": names and prefixes ignore case.
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObjectVersion", True),
        ("*", "iam:PassRole", True),
        ("iam:*AccessKey*", "iam:DeleteAccessKey", True),
        ("s3:GetObject", "s3:GetObjectVersion", False),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get*", "sqs:GetQueueUrl", False),
    ],
)
def test_an_action_is_covered_by_its_name_or_a_wildcard(
    pattern: str, action: str, covers: bool
) -> None:
    assert matches_action(pattern, action) is covers


@pytest.mark.parametrize(
    ("statement", "resource", "outcome"),
    [
        ({"Resource": BUCKET}, BUCKET, "allowed"),
        ({"Resource": BUCKET + "*"}, BUCKET + "/a/b", "allowed"),
        ({"Resource": "*"}, BUCKET, "allowed"),
        ({"Resource": [BUCKET, "arn:aws:s3:::b"]}, "arn:aws:s3:::b", "allowed"),
        ({"Resource": "arn:aws:s3:::other"}, BUCKET, "not granted"),
        ({"NotResource": BUCKET}, BUCKET, "not granted"),
        ({"NotResource": BUCKET}, "arn:aws:s3:::other", "allowed"),
        # A wildcard in one part of an ARN does not reach into the next.
        ({"Resource": "arn:aws:*:x"}, "arn:aws:s3:r:a:x", "not granted"),
    ],
)
def test_a_resource_is_covered_by_its_arn(
    statement: dict, resource: str, outcome: str
) -> None:
    given = policy(Action="s3:GetObject", **statement)
    assert decide(Request("s3:GetObject", resource), given) == outcome


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"a:b": "x"}}, {"a:b": "x"}, True),
        ({"StringEquals": {"a:b": ["x", "y"]}}, {"A:B": "y"}, True),
        ({"StringEquals": {"a:b": "x"}}, {"a:b": "X"}, False),
        ({"StringEquals": {"a:b": "x"}}, {}, False),
        ({"StringEqualsIfExists": {"a:b": "x"}}, {}, True),
        ({"StringEqualsIfExists": {"a:b": "x"}}, {"a:b": "y"}, False),
        ({"StringEqualsIgnoreCase": {"a:b": "x"}}, {"a:b": "X"}, True),
        ({"StringNotEquals": {"a:b": "x"}}, {"a:b": "y"}, True),
        ({"StringNotEquals": {"a:b": ["x", "y"]}}, {"a:b": "y"}, False),
        ({"StringNotEquals": {"a:b": "x"}}, {}, True),
        ({"StringLike": {"s3:prefix": "ledger/*"}}, {"s3:prefix": "ledger/1"}, True),
        ({"StringLike": {"s3:prefix": "ledger/*"}}, {"s3:prefix": "secret"}, False),
        ({"StringNotLike": {"a:b": "x*"}}, {"a:b": "xyz"}, False),
        ({"ArnLike": {"a:b": "arn:aws:s3:*:1:c*"}}, {"a:b": "arn:aws:s3:r:1:cd"}, True),
        (
            {"ArnEquals": {"a:b": "arn:aws:s3:r:1:c"}},
            {"a:b": "arn:aws:s3:r:2:c"},
            False,
        ),
        (
            {"ArnNotLike": {"a:b": "arn:aws:s3:*:1:*"}},
            {"a:b": "arn:aws:s3:r:2:c"},
            True,
        ),
        (
            {"Bool": {"aws:SecureTransport": False}},
            {"aws:SecureTransport": "false"},
            True,
        ),
        ({"Bool": {"aws:SecureTransport": "true"}}, {}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, {}, True),
        ({"Null": {"a:b": "true"}}, {}, True),
        ({"Null": {"a:b": "false"}}, {"a:b": "x"}, True),
        ({"Null": {"a:b": "true"}}, {"a:b": "x"}, False),
        ({"NumericLessThan": {"a:b": "3"}}, {"a:b": "2"}, True),
        ({"NumericLessThanEquals": {"a:b": "3"}}, {"a:b": "3"}, True),
        ({"NumericGreaterThan": {"a:b": 3}}, {"a:b": "3"}, False),
        ({"NumericEquals": {"a:b": "3"}}, {"a:b": "three"}, False),
        (
            {"DateLessThan": {"a:b": "2026-01-01T00:00:00Z"}},
            {"a:b": "2025-01-01"},
            True,
        ),
        ({"DateGreaterThan": {"a:b": "2026-01-01T00:00:00Z"}}, {"a:b": "0"}, False),
        ({"IpAddress": {"a:b": "10.0.0.0/8"}}, {"a:b": "10.1.2.3"}, True),
        ({"NotIpAddress": {"a:b": "10.0.0.0/8"}}, {"a:b": "10.1.2.3"}, False),
        ({"ForAllValues:StringEquals": {"a:b": ["x", "y"]}}, {"a:b": ["x"]}, True),
        ({"ForAllValues:StringEquals": {"a:b": ["x"]}}, {"a:b": ["x", "z"]}, False),
        ({"ForAllValues:StringEquals": {"a:b": ["x"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {"a:b": ["x"]}}, {"a:b": ["x", "z"]}, True),
        ({"ForAnyValue:StringEquals": {"a:b": ["x"]}}, {}, False),
        (
            {"StringEquals": {"a:b": "${aws:name}"}},
            {"a:b": "me", "aws:name": "me"},
            True,
        ),
        ({"StringEquals": {"a:b": "${aws:name}"}}, {"a:b": "me"}, False),
        ({"StringEquals": {"a:b": "${aws:name, 'me'}"}}, {"a:b": "me"}, True),
        # A wildcard that comes from the request is a character like any other.
        (
            {"StringLike": {"a:b": "${aws:name}"}},
            {"a:b": "you", "aws:name": "*"},
            False,
        ),
        ({"StringLike": {"a:b": "a${*}"}}, {"a:b": "a*"}, True),
        ({"StringLike": {"a:b": "a${*}"}}, {"a:b": "ab"}, False),
    ],
)
def test_a_condition_holds_as_documented(
    condition: dict, context: dict, holds: bool
) -> None:
    assert conditions_hold(condition, Request("a:B", "*", context)) is holds


def test_an_operator_that_iam_lacks_is_an_error_not_a_grant() -> None:
    with pytest.raises(UnknownOperator, match="StringMatches"):
        conditions_hold(
            {"StringMatches": {"a:b": "x"}}, Request("a:B", "*", {"a:b": ""})
        )


def test_a_denial_beats_every_grant_and_is_named() -> None:
    allow = policy(Action="*", Resource="*")
    deny = policy(Effect="Deny", Sid="Never", Action="s3:*", Resource=BUCKET)
    decision = evaluate(Request("s3:DeleteBucket", BUCKET), [allow, deny])
    assert decision.outcome is Outcome.DENIED
    assert decision.statement == "Never"


def test_not_action_covers_all_but_what_it_names() -> None:
    given = policy(NotAction="iam:*", Resource="*")
    assert decide(Request("s3:GetObject", BUCKET), given) == "allowed"
    assert decide(Request("iam:PassRole", ROLE), given) == "not granted"


def test_a_boundary_limits_and_grants_nothing() -> None:
    request = Request("s3:GetObject", BUCKET + "/a")
    everything = policy(Action="*", Resource="*")
    only_queues = policy(Action="sqs:*", Resource="*")
    assert decide(request, everything, boundary=everything) == "allowed"
    assert decide(request, everything, boundary=only_queues) == "not granted"
    assert decide(request, boundary=everything) == "not granted"


@pytest.mark.parametrize(
    ("principal", "outcome"),
    [
        ({"AWS": ROLE}, "allowed"),
        ({"AWS": "arn:aws:iam::123456789012:root"}, "allowed"),
        ({"AWS": "123456789012"}, "allowed"),
        ("*", "allowed"),
        ({"AWS": "arn:aws:iam::999999999999:root"}, "not granted"),
        ({"Service": "s3.amazonaws.com"}, "not granted"),
    ],
)
def test_a_resource_policy_grants_to_whom_it_names(principal, outcome: str) -> None:
    request = Request("s3:GetObject", BUCKET, principal=ROLE)
    theirs = policy(Action="s3:GetObject", Resource=BUCKET, Principal=principal)
    assert decide(request, resource=theirs) == outcome


def test_not_principal_denies_all_but_whom_it_names() -> None:
    allow = policy(Action="*", Resource="*")
    deny = policy(Effect="Deny", NotPrincipal={"AWS": ROLE}, Action="*", Resource="*")
    mine = Request("s3:GetObject", BUCKET, principal=ROLE)
    other = Request("s3:GetObject", BUCKET, principal=ROLE + "-2")
    assert decide(mine, allow, resource=deny) == "allowed"
    assert decide(other, allow, resource=deny) == "denied"


def test_a_role_trusts_a_service_under_its_conditions_only() -> None:
    trust = policy(
        Action="sts:AssumeRole",
        Principal={"Service": "codebuild.amazonaws.com"},
        Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}},
    )

    def asks(service: str, account: str) -> bool:
        context = {"aws:SourceAccount": account}
        request = Request("sts:AssumeRole", ROLE, context, service)
        return trusts(trust, request).allowed

    assert asks("codebuild.amazonaws.com", "123456789012")
    assert not asks("codebuild.amazonaws.com", "999999999999")
    assert not asks("lambda.amazonaws.com", "123456789012")
