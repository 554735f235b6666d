"""Roles with policies of their own on a plane that enforces, and clients in any region."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3

Aws = Callable[..., Any]
Allowed = tuple[str | list[str], str]


def operator_of(
    endpoint: str, region: str = "us-east-1", key: str = "rehearsal"
) -> Aws:
    """Give ``aws("lambda")``: new clients to the plane, as the operator."""
    return functools.partial(
        boto3.client,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="rehearsal",
    )


def role_trusting(
    aws: Aws,
    name: str,
    principal: Mapping[str, str],
    *allowed: Allowed,
    when: Mapping[str, Any] | None = None,
) -> str:
    """Make a role that ``principal`` may take; returns its ARN."""
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "sts:AssumeRole",
        "Condition": when or {},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    grant(aws, name, *allowed)
    return str(made["Role"]["Arn"])


def grant(aws: Aws, name: str, *allowed: Allowed) -> None:
    """Let the role do these actions on these resources, and nothing else."""
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": resource}
        for action, resource in allowed
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    if statements:
        aws("iam").put_role_policy(
            RoleName=name, PolicyName="given", PolicyDocument=document
        )


def make_bucket(aws: Aws, name: str, region: str, *, versioned: bool = False) -> None:
    """Make a bucket in the region that ``aws`` is for."""
    more: dict[str, Any] = {}
    if region != "us-east-1":
        more["CreateBucketConfiguration"] = {"LocationConstraint": region}
    aws("s3").create_bucket(Bucket=name, **more)
    if versioned:
        aws("s3").put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}
        )


def taking(arn: str) -> dict[str, str]:
    """Give the parameters by which ``test`` assumes a role."""
    return {"RoleArn": arn, "RoleSessionName": "test"}


def keys_of(answer: Any) -> dict[str, str]:
    """Give the keys of an assumed role's session, for a client."""
    given = answer["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
