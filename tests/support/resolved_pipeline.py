"""pipeline.yaml with values for its parameters: what is made of it."""

from __future__ import annotations

from typing import Any

from awsrules.templates import (
    Scope,
    effective_parameters,
    evaluate_conditions,
    resolve,
)

ARN = "arn:aws:iam::123456789012:role/r"
GIVEN = {
    "GitHubOwner": "clinic",
    "GitHubRepository": "records",
    "DeliveryKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k",
    "ArtifactBucketName": "artifacts",
    "ReleaseBucketName": "releases",
    "LogBucketName": "logs",
    "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
}
CONNECTION = {
    "SourceAccess": "connection",
    "SourceConnectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/c",
}
TOKEN = {
    "SourceAccess": "token",
    "SourceTokenSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:t-a",
    "WebhookSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:w-a",
}


def scope_of(template: dict[str, Any], given: dict[str, str]) -> Scope:
    roles = {
        name: ARN
        for name in template["Parameters"]
        if name.endswith("RoleArn") and name not in given
    }
    parameters = effective_parameters(template, {**GIVEN, **roles, **given})
    pseudo = {
        "AWS::Region": "us-east-1",
        "AWS::AccountId": "123456789012",
        "AWS::Partition": "aws",
    }
    conditions = evaluate_conditions(template, parameters, pseudo)
    return Scope(parameters, {}, conditions, pseudo)


def pipeline_of(template: dict[str, Any], **given: str) -> dict[str, Any]:
    scope = scope_of(template, {**CONNECTION, **given})
    found: dict[str, Any] = resolve(
        template["Resources"]["Pipeline"]["Properties"], scope
    )
    return found


def actions(found: dict[str, Any], stage: str) -> dict[str, dict[str, Any]]:
    (one,) = [each for each in found["Stages"] if each["Name"] == stage]
    return {each["Name"]: each for each in one["Actions"]}
