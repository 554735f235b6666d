"""S3 buckets with all that is configured on them, and their policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.cloudformation.resources.base import Ask, Kind, Made, NotRehearsed, fit

# Property → (operation that puts it, its parameter, operation that removes it).
_PUTS: Mapping[str, tuple[str, str, str]] = {
    "VersioningConfiguration": (
        "put_bucket_versioning",
        "VersioningConfiguration",
        "",
    ),
    "BucketEncryption": (
        "put_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        "delete_bucket_encryption",
    ),
    "PublicAccessBlockConfiguration": (
        "put_public_access_block",
        "PublicAccessBlockConfiguration",
        "delete_public_access_block",
    ),
    "LifecycleConfiguration": (
        "put_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        "delete_bucket_lifecycle",
    ),
    "LoggingConfiguration": ("put_bucket_logging", "BucketLoggingStatus", ""),
    "ObjectLockConfiguration": (
        "put_object_lock_configuration",
        "ObjectLockConfiguration",
        "",
    ),
    "OwnershipControls": (
        "put_bucket_ownership_controls",
        "OwnershipControls",
        "delete_bucket_ownership_controls",
    ),
    "NotificationConfiguration": (
        "put_bucket_notification_configuration",
        "NotificationConfiguration",
        "",
    ),
    "Tags": ("put_bucket_tagging", "Tagging", "delete_bucket_tagging"),
}


class Bucket(Kind):
    """AWS::S3::Bucket."""

    def create(self, ask: Ask) -> Made:
        name = ask.name("BucketName", limit=63, lower=True)
        lock = ask.properties.get("ObjectLockEnabled")
        settings: dict[str, Any] = {"ObjectLockEnabledForBucket": True} if lock else {}
        if ask.plane.region != "us-east-1":  # which S3 takes no constraint for
            where = {"LocationConstraint": ask.plane.region}
            settings["CreateBucketConfiguration"] = where
        ask.client("s3").create_bucket(Bucket=name, **settings)
        ask.claimed.append(name)
        return self._configure(ask, name)

    def update(self, ask: Ask) -> Made:
        return self._configure(ask, ask.physical_id)

    def delete(self, ask: Ask) -> None:
        ask.client("s3").delete_bucket(Bucket=ask.physical_id)

    def _configure(self, ask: Ask, name: str) -> Made:
        s3 = ask.client("s3")
        ignored = set(ask.properties) - set(_PUTS) - {"BucketName", "ObjectLockEnabled"}
        for key, (put, parameter, remove) in _PUTS.items():
            if not ask.changed(key):
                continue
            if key in ask.properties:
                wanted = _translated(key, ask.properties[key])
                shape = _shape(s3, put, parameter)
                getattr(s3, put)(Bucket=name, **{parameter: fit(wanted, shape)})
            elif remove:
                getattr(s3, remove)(Bucket=name)
        host = f"{name}.s3.amazonaws.com"
        regional = f"{name}.s3.{ask.plane.region}.amazonaws.com"
        found = {"DomainName": host, "RegionalDomainName": regional}
        return Made(
            name,
            {"Arn": f"arn:aws:s3:::{name}", **found},
            not_rehearsed=", ".join(sorted(ignored)),
        )


class BucketPolicy(Kind):
    """AWS::S3::BucketPolicy."""

    def create(self, ask: Ask) -> Made:
        bucket = ask.properties["Bucket"]
        ask.client("s3").put_bucket_policy(
            Bucket=bucket, Policy=json.dumps(ask.properties["PolicyDocument"])
        )
        return Made(bucket)

    def delete(self, ask: Ask) -> None:
        ask.client("s3").delete_bucket_policy(Bucket=ask.physical_id)


def _shape(client: Any, operation: str, parameter: str) -> Any:
    name = client.meta.method_to_api_mapping[operation]
    model = client.meta.service_model.operation_model(name)
    return model.input_shape.members[parameter]


def _translated(key: str, value: Any) -> Any:
    """Give a bucket property the form of S3's own API, where the two differ."""
    match key:
        case "Tags":
            return {"TagSet": value}
        case "LoggingConfiguration":
            return {
                "LoggingEnabled": {
                    "TargetBucket": value.get("DestinationBucketName", ""),
                    "TargetPrefix": value.get("LogFilePrefix", ""),
                }
            }
        case "BucketEncryption":
            rules = value["ServerSideEncryptionConfiguration"]
            return {"Rules": [_encryption_rule(each) for each in rules]}
        case "LifecycleConfiguration":
            return {"Rules": [_lifecycle_rule(each) for each in value["Rules"]]}
        case "NotificationConfiguration" if set(value) - {"EventBridgeConfiguration"}:
            raise NotRehearsed("bucket notifications other than to EventBridge")
        case "NotificationConfiguration":
            return {"EventBridgeConfiguration": {}}
        case _:
            return value


def _encryption_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        ("ApplyServerSideEncryptionByDefault" if key == _BY_DEFAULT else key): value
        for key, value in rule.items()
    }


_BY_DEFAULT = "ServerSideEncryptionByDefault"


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite one lifecycle rule: CloudFormation flattens what S3 nests."""
    made: dict[str, Any] = {"Status": rule["Status"]}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    made["Filter"] = {"Prefix": rule.get("Prefix", "")}
    expiration = {
        parameter: rule[key]
        for key, parameter in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if key in rule
    }
    if expiration:
        made["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rule:
        days = rule["NoncurrentVersionExpirationInDays"]
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if "Transitions" in rule:
        made["Transitions"] = [
            {"Days": each.get("TransitionInDays"), "StorageClass": each["StorageClass"]}
            for each in rule["Transitions"]
        ]
    for key in ("AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"):
        if key in rule:
            made[key] = rule[key]
    return made


KINDS: dict[str, Kind] = {
    "AWS::S3::Bucket": Bucket(),
    "AWS::S3::BucketPolicy": BucketPolicy(),
}
