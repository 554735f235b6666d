"""Safeguards of stored data: encryption, transport, public access, retention, keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from delivery.validate.model import Finding, Rule, SourceFile, Subject
from delivery.validate.roles import statements_of

_S3 = "Amazon S3 User Guide"
# 45 CFR 164.316(b)(2)(i): six years.
_SIX_YEARS_DAYS = 2192
_BLOCKS = (
    "BlockPublicAcls",
    "BlockPublicPolicy",
    "IgnorePublicAcls",
    "RestrictPublicBuckets",
)
# Where each type names the key that encrypts what it stores.
_KEYS: Mapping[str, str] = {
    "AWS::CloudTrail::Trail": "KMSKeyId",
    "AWS::CodeBuild::Project": "EncryptionKey",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
    "AWS::Serverless::Function": "KmsKeyArn",
}
_POLICIES = {
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket", "s3"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics", "sns"),
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues", "sqs"),
}
_USE_OF_KEYS = frozenset(
    {"kms:*", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"}
)


def buckets_encrypted(subject: Subject) -> Iterator[Finding]:
    """Check that each bucket uses our key, but the one that receives S3 access logs."""
    receivers = _log_receivers(subject)
    for template, name, properties in _all(subject, "AWS::S3::Bucket"):
        rules = properties.get("BucketEncryption", {}).get(
            "ServerSideEncryptionConfiguration", []
        )
        by_default = [each.get("ServerSideEncryptionByDefault", {}) for each in rules]
        ours = any(
            each.get("SSEAlgorithm") == "aws:kms" and "KMSMasterKeyID" in each
            for each in by_default
        )
        if name in receivers:
            if not by_default or ours:
                message = (
                    f"{name} receives access logs, which S3 delivers to SSE-S3 only"
                )
                yield template.finding("bucket-encrypted", name, message)
        elif not ours:
            message = f"{name} is not encrypted under a key of ours"
            yield template.finding("bucket-encrypted", name, message)
        elif not all(each.get("BucketKeyEnabled") for each in rules):
            message = f"{name} has no bucket key; each object would ask the key"
            yield template.finding("bucket-encrypted", name, message)


def buckets_private(subject: Subject) -> Iterator[Finding]:
    """Check that nothing in a bucket can become public, by list or by policy."""
    for template, name, properties in _all(subject, "AWS::S3::Bucket"):
        blocks = properties.get("PublicAccessBlockConfiguration", {})
        for each in _BLOCKS:
            if blocks.get(each) is not True:
                yield template.finding("public-access", name, f"{name} lacks {each}")
        owners = properties.get("OwnershipControls", {}).get("Rules", [])
        if {"ObjectOwnership": "BucketOwnerEnforced"} not in owners:
            message = f"{name} still knows access control lists"
            yield template.finding("public-access", name, message)
    for template in subject.templates:
        for statement in statements_of(template):
            anybody = statement.body.get("Principal") in ("*", {"AWS": "*"})
            if anybody and statement.body.get("Effect") == "Allow":
                message = f"{statement.resource} admits everybody"
                yield Finding("public-access", template.name, statement.line, message)


def buckets_versioned_and_logged(subject: Subject) -> Iterator[Finding]:
    """Check that buckets keep versions and log who asks them."""
    receivers = _log_receivers(subject)
    for template, name, properties in _all(subject, "AWS::S3::Bucket"):
        if properties.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield template.finding("bucket-kept", name, f"{name} keeps no versions")
        if name not in receivers and "LoggingConfiguration" not in properties:
            yield template.finding("bucket-kept", name, f"{name} logs no access")


def stores_encrypted(subject: Subject) -> Iterator[Finding]:
    """Check that logs, topics, queues, secrets, trails, builds and functions name a key."""
    for template in subject.templates:
        shared = template.section("Globals").get("Function", {})
        for name, resource in template.section("Resources").items():
            kind = resource.get("Type")
            if kind not in _KEYS:
                continue
            properties = resource.get("Properties", {})
            if kind == "AWS::Serverless::Function":
                properties = {**shared, **properties}
            if not properties.get(_KEYS[kind]):
                message = f"{name} has no {_KEYS[kind]}"
                yield template.finding("store-encrypted", name, message)
    for _, name, properties in _all(subject, "AWS::CodePipeline::Pipeline"):
        key = properties.get("ArtifactStore", {}).get("EncryptionKey", {})
        if key.get("Type") != "KMS" or not key.get("Id"):
            message = f"{name}: the artifact store has no key of ours"
            yield subject.pipeline.finding("store-encrypted", name, message)


def keys_rotate_and_are_divided(subject: Subject) -> Iterator[Finding]:
    """Check that keys rotate, and that no statement both administers and uses one."""
    for template, name, properties in _all(subject, "AWS::KMS::Key"):
        if properties.get("EnableKeyRotation") is not True:
            yield template.finding("key-kept", name, f"{name} does not rotate")
        if int(properties.get("PendingWindowInDays", 30)) < 30:
            message = f"{name} is gone sooner than 30 days after a mistake"
            yield template.finding("key-kept", name, message)
        for statement in statements_of(template):
            if statement.resource != name or statement.body.get("Effect") != "Allow":
                continue
            actions = set(statement.actions)
            if "kms:PutKeyPolicy" in actions and actions & _USE_OF_KEYS:
                message = f"{name}: a statement gives administration and use"
                yield Finding("key-kept", template.name, statement.line, message)


def only_by_tls(subject: Subject) -> Iterator[Finding]:
    """Check that each bucket, queue and topic refuses requests without TLS."""
    for template in subject.templates:
        for kind, (policy, key, service) in _POLICIES.items():
            covered = _refusing_plain_http(template, policy, key, service)
            for name, _ in template.of_type(kind):
                if name not in covered:
                    message = f"{name} takes requests without TLS"
                    yield template.finding("tls-only", name, message)
    for template, name, properties in _all(subject, "AWS::Serverless::Api"):
        policy = str(properties.get("SecurityPolicy", ""))
        if not policy.startswith(("TLS_1_2", "SecurityPolicy_TLS13")):
            message = f"{name} has no SecurityPolicy of TLS 1.2 or newer"
            yield template.finding("tls-only", name, message)
    for template, name, properties in _all(subject, "AWS::SNS::Subscription"):
        if properties.get("Protocol") == "http":
            yield template.finding("tls-only", name, f"{name} is told by plain http")


def logs_end_and_are_kept(subject: Subject) -> Iterator[Finding]:
    """Check that a log group ends at some time, and an audit log not within six years."""
    receivers = _log_receivers(subject)
    for template, name, properties in _all(subject, "AWS::Logs::LogGroup"):
        days = properties.get("RetentionInDays")
        if days is None:
            yield template.finding("log-retention", name, f"{name} never ends")
    for template, name, properties in _all(subject, "AWS::Serverless::Api"):
        setting = json.dumps(properties.get("AccessLogSetting", {}))
        for group, given in template.of_type("AWS::Logs::LogGroup"):
            if f'"{group}"' in setting:
                yield from _kept_six_years(
                    subject, template, group, given.get("RetentionInDays")
                )
    for template, name, properties in _all(subject, "AWS::S3::Bucket"):
        audit = name in receivers or "ObjectLockConfiguration" in properties
        for rule in properties.get("LifecycleConfiguration", {}).get("Rules", []):
            if audit and "ExpirationInDays" in rule:
                yield from _kept_six_years(
                    subject, template, name, rule["ExpirationInDays"]
                )


def records_never_expire(subject: Subject) -> Iterator[Finding]:
    """Check that no record and no release expires by age, and old versions stay a while."""
    artifacts = _artifact_buckets(subject)
    for template, name, properties in _all(subject, "AWS::S3::Bucket"):
        audit = (
            name in _log_receivers(subject) or "ObjectLockConfiguration" in properties
        )
        if audit or name in artifacts:
            continue
        for rule in properties.get("LifecycleConfiguration", {}).get("Rules", []):
            if rule.get("Status") == "Disabled":
                continue
            for key in ("ExpirationInDays", "ExpirationDate"):
                if key in rule:
                    message = f"{name}: what is stored there expires by age ({key})"
                    yield template.finding("record-kept", name, message)


def _kept_six_years(
    subject: Subject, template: SourceFile, name: str, days: Any
) -> Iterator[Finding]:
    for where, value in _values_of(subject, template, days):
        if value < _SIX_YEARS_DAYS:
            message = (
                f"{name} is an audit log and kept {value} days{where}; "
                f"{_SIX_YEARS_DAYS} are six years"
            )
            yield template.finding("log-retention", name, message)


def _values_of(
    subject: Subject, template: SourceFile, days: Any
) -> Iterator[tuple[str, int]]:
    match days:
        case {"Ref": str(name)} if template is subject.application:
            for environment, values in subject.values.items():
                if name in values and environment == "production":
                    yield f" in {environment}", int(values[name])
        case {"Ref": str(name)}:
            default = template.section("Parameters").get(name, {}).get("Default", 0)
            yield "", int(subject.delivery.get(name, default))
        case int() | str():
            yield "", int(days)
        case _:
            return


def _refusing_plain_http(
    template: SourceFile, policy: str, key: str, service: str
) -> set[str]:
    covered: set[str] = set()
    for _, properties in template.of_type(policy):
        given = properties.get(key)
        targets = given if isinstance(given, list) else [given]
        for statement in properties.get("PolicyDocument", {}).get("Statement", []):
            if _denies_plain_http(statement, service):
                refs = (each.get("Ref") for each in targets if isinstance(each, dict))
                covered.update(str(ref) for ref in refs)
    return covered


def _denies_plain_http(statement: Mapping[str, Any], service: str) -> bool:
    tested = statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    everything = statement.get("Action") in (f"{service}:*", "sns:Publish")
    whoever = statement.get("Principal") == "*"
    return statement.get("Effect") == "Deny" and tested and everything and whoever


def _log_receivers(subject: Subject) -> set[str]:
    """Give the buckets that receive S3 access logs."""
    found = set()
    for _, _, properties in _all(subject, "AWS::S3::Bucket"):
        name = properties.get("LoggingConfiguration", {}).get("DestinationBucketName")
        if isinstance(name, dict) and "Ref" in name:
            found.add(str(name["Ref"]))
    return found


def _artifact_buckets(subject: Subject) -> set[str]:
    """Give the buckets of the pipeline's artifacts, by the output that names them."""
    found = set()
    for _, _, properties in _all(subject, "AWS::CodePipeline::Pipeline"):
        location = properties.get("ArtifactStore", {}).get("Location", {})
        parameter = str(location.get("Ref", ""))
        output = subject.foundation.section("Outputs").get(parameter, {})
        found.add(str(output.get("Value", {}).get("Ref", "")))
    return found


def _all(
    subject: Subject, kind: str
) -> Iterator[tuple[SourceFile, str, Mapping[str, Any]]]:
    for template in subject.templates:
        for name, properties in template.of_type(kind):
            yield template, name, properties


RULES = (
    Rule(
        "bucket-encrypted",
        "Buckets are encrypted under a key of ours with a bucket key; the one that receives "
        "S3 access logs by SSE-S3.",
        buckets_encrypted,
        reason="Who can read the disk, or S3 alone, could read records.",
        source=f"{_S3}, Enabling Amazon S3 server access logging; 45 CFR 164.312(a)(2)(iv)",
    ),
    Rule(
        "public-access",
        "Nothing admits everybody: four blocks on each bucket, no lists, no such statement.",
        buckets_private,
        reason="One policy or list would publish records.",
        source=f"{_S3}, Blocking public access; 45 CFR 164.312(a)(1)",
    ),
    Rule(
        "bucket-kept",
        "Buckets keep versions, and log who asks them.",
        buckets_versioned_and_logged,
        reason="What is overwritten could not be brought back.",
        source=f"{_S3}, Using versioning; 45 CFR 164.312(c)(1)",
    ),
    Rule(
        "store-encrypted",
        "Logs, topics, queues, secrets, trails, builds, functions and artifacts name a key.",
        stores_encrypted,
        reason="AWS's own keys admit whoever the service admits, and cannot be withdrawn.",
        source="45 CFR 164.312(a)(2)(iv), encryption and decryption",
    ),
    Rule(
        "key-kept",
        "Keys rotate, wait 30 days before they go, and no statement administers and uses.",
        keys_rotate_and_are_divided,
        reason="Who may change a key's policy could give themselves the records.",
        source="AWS KMS Developer Guide, Key policies; Rotating keys",
    ),
    Rule(
        "tls-only",
        "Buckets, queues and topics refuse plain http; the API speaks TLS 1.2 or newer.",
        only_by_tls,
        reason="Records would travel readable.",
        source="45 CFR 164.312(e)(1); Amazon API Gateway Developer Guide, Security policies",
    ),
    Rule(
        "log-retention",
        "Each log group ends, and audit logs of production are kept six years or more.",
        logs_end_and_are_kept,
        reason="Who read a record could no longer be told, or logs cost without an end.",
        source="45 CFR 164.316(b)(2)(i), time limit",
    ),
    Rule(
        "record-kept",
        "No record and no release expires by age.",
        records_never_expire,
        reason="A rollback needs packages of long ago, and a patient a record of long ago.",
        source=f"{_S3}, Expiring objects; 45 CFR 164.312(c)(1)",
    ),
)
