"""Find out whether a name that a template chose is taken already.

Some APIs answer a second create as if it were the first (buckets in us-east-1, topics, queues,
alarms, rules), where CloudFormation refuses to take over what it did not make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str], Any]

# Type → the property that names it, the service, and a call that finds it, or raises.
_CHECKS: Mapping[str, tuple[str, str, Check]] = {
    "AWS::CloudTrail::Trail": (
        "TrailName",
        "cloudtrail",
        lambda api, name: api.get_trail(Name=name),
    ),
    "AWS::CloudWatch::Alarm": (
        "AlarmName",
        "cloudwatch",
        lambda api, name: api.describe_alarms(AlarmNames=[name])["MetricAlarms"],
    ),
    "AWS::CloudWatch::Dashboard": (
        "DashboardName",
        "cloudwatch",
        lambda api, name: api.get_dashboard(DashboardName=name),
    ),
    "AWS::CodeBuild::Project": (
        "Name",
        "codebuild",
        lambda api, name: api.batch_get_projects(names=[name])["projects"],
    ),
    "AWS::CodePipeline::Pipeline": (
        "Name",
        "codepipeline",
        lambda api, name: api.get_pipeline(name=name),
    ),
    "AWS::Events::Rule": (
        "Name",
        "events",
        lambda api, name: api.describe_rule(Name=name),
    ),
    "AWS::IAM::Role": (
        "RoleName",
        "iam",
        lambda api, name: api.get_role(RoleName=name),
    ),
    "AWS::KMS::Alias": (
        "AliasName",
        "kms",
        lambda api, name: api.describe_key(KeyId=name),
    ),
    "AWS::Lambda::Function": (
        "FunctionName",
        "lambda",
        lambda api, name: api.get_function(FunctionName=name),
    ),
    "AWS::Logs::LogGroup": (
        "LogGroupName",
        "logs",
        lambda api, name: [
            each
            for each in api.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
            if each["logGroupName"] == name
        ],
    ),
    "AWS::S3::Bucket": (
        "BucketName",
        "s3",
        lambda api, name: api.head_bucket(Bucket=name),
    ),
    "AWS::SecretsManager::Secret": (
        "Name",
        "secretsmanager",
        lambda api, name: api.describe_secret(SecretId=name),
    ),
    "AWS::SNS::Topic": (
        "TopicName",
        "sns",
        lambda api, name: [
            each
            for page in api.get_paginator("list_topics").paginate()
            for each in page["Topics"]
            if each["TopicArn"].endswith(f":{name}")
        ],
    ),
    "AWS::SQS::Queue": (
        "QueueName",
        "sqs",
        lambda api, name: api.get_queue_url(QueueName=name),
    ),
}


def given_name(type_name: str, properties: Mapping[str, Any]) -> str:
    """Give the name that the template chose, or nothing."""
    name = properties.get(_CHECKS[type_name][0]) if type_name in _CHECKS else None
    return name if isinstance(name, str) else ""


def conflict(
    type_name: str, properties: Mapping[str, Any], client: Callable[[str], Any]
) -> str:
    """Give CloudFormation's words if the chosen name is taken, else nothing."""
    from botocore.exceptions import ClientError

    name = given_name(type_name, properties)
    if not name:
        return ""
    _, service, find = _CHECKS[type_name]
    try:
        found = find(client(service), name)
    except ClientError:
        # Not there, or not ours to see: creating it will tell.
        return ""
    if not found:
        return ""
    return f"Resource of type '{type_name}' with identifier '{name}' already exists."
