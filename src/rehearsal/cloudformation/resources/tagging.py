"""Change the tags of what exists: the stack's tags reach every resource that bears any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.cloudformation.resources.base import Ask


@dataclass(frozen=True, slots=True)
class Tagger:
    """How a service tags: its two operations, whom they name, and the form of tags."""

    service: str
    resource: str
    of: Callable[[Ask], str]
    form: str = "list"
    tags: str = "Tags"
    keys: str = "TagKeys"
    put: str = "tag_resource"
    drop: str = "untag_resource"


def _id(ask: Ask) -> str:
    return ask.physical_id


def _arn(ask: Ask) -> str:
    return str(ask.attributes["Arn"])


_ALARM = Tagger("cloudwatch", "ResourceARN", _arn)
_TAGGERS: Mapping[str, Tagger] = {
    "AWS::CloudWatch::Alarm": _ALARM,
    "AWS::CloudWatch::CompositeAlarm": _ALARM,
    "AWS::CodePipeline::Pipeline": Tagger(
        "codepipeline", "resourceArn", _arn, "lower", "tags", "tagKeys"
    ),
    "AWS::Events::Rule": Tagger("events", "ResourceARN", _arn),
    "AWS::IAM::Role": Tagger("iam", "RoleName", _id, put="tag_role", drop="untag_role"),
    "AWS::KMS::Key": Tagger("kms", "KeyId", _id, "kms"),
    "AWS::Lambda::Function": Tagger("lambda", "Resource", _arn, "map"),
    "AWS::Logs::LogGroup": Tagger(
        *("logs", "logGroupName", _id, "map", "tags", "tags"),
        put="tag_log_group",
        drop="untag_log_group",
    ),
    "AWS::SecretsManager::Secret": Tagger("secretsmanager", "SecretId", _id),
    "AWS::SNS::Topic": Tagger("sns", "ResourceArn", _id),
    "AWS::SQS::Queue": Tagger(
        "sqs", "QueueUrl", _id, "map", put="tag_queue", drop="untag_queue"
    ),
    "AWS::WAFv2::WebACL": Tagger("wafv2", "ResourceARN", _arn),
}
# Types whose own update puts the tags.
_PUT_ALREADY = {
    "AWS::CodeBuild::Project",
    "AWS::CodeBuild::ReportGroup",
    "AWS::S3::Bucket",
}


def retag(ask: Ask, before: Any, after: Any) -> str:
    """Give a resource the tags of ``after``; give what of it the plane cannot do."""
    if before == after or ask.type in _PUT_ALREADY:
        return ""
    tagger = _TAGGERS.get(ask.type)
    if tagger is None:
        return "the tags of a resource that exists"
    old, new = as_map(before), as_map(after)
    client, key = ask.client(tagger.service), {tagger.resource: tagger.of(ask)}
    if gone := sorted(old.keys() - new.keys()):
        getattr(client, tagger.drop)(**key, **{tagger.keys: gone})
    if new:
        getattr(client, tagger.put)(**key, **{tagger.tags: _formed(tagger.form, new)})
    return ""


def as_map(tags: Any) -> dict[str, str]:
    """Give tags as a mapping, however the template writes them."""
    if isinstance(tags, dict):
        return {key: str(value) for key, value in tags.items()}
    return {each["Key"]: str(each["Value"]) for each in tags or []}


def _formed(form: str, tags: Mapping[str, str]) -> Any:
    match form:
        case "map":
            return dict(tags)
        case "kms":
            return [{"TagKey": k, "TagValue": v} for k, v in tags.items()]
        case "lower":
            return [{"key": k, "value": v} for k, v in tags.items()]
        case _:
            return [{"Key": k, "Value": v} for k, v in tags.items()]
