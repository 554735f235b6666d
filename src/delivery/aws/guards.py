"""How keys, buckets, trails and roles are set, as ``ports.Guards`` and ``ports.Roles``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import BucketGuards, HeldRole, TrailGuards

# What S3 answers where a bucket has no such setting; a refusal has another code.
_NO_ENCRYPTION = "ServerSideEncryptionConfigurationNotFoundError"
_NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
_BLOCKS = (
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
)


@dataclass(frozen=True, slots=True)
class AccountGuards:
    """Settings of KMS, S3 and CloudTrail."""

    clients: Clients

    def key_rotates(self, key_id: str) -> bool:
        with self._doing(f"read whether key {key_id} rotates"):
            answer = self.clients.get("kms").get_key_rotation_status(KeyId=key_id)
        return bool(answer["KeyRotationEnabled"])

    def bucket(self, name: str) -> BucketGuards:
        api = self.clients.get("s3")
        with self._doing(f"read the settings of bucket {name}"):
            versioning = api.get_bucket_versioning(Bucket=name)
            encryption = _or_none(api.get_bucket_encryption, name, _NO_ENCRYPTION)
            block = _or_none(api.get_public_access_block, name, _NO_BLOCK)
        return BucketGuards(
            versioning.get("Status") == "Enabled",
            _algorithm(encryption),
            all(
                block.get("PublicAccessBlockConfiguration", {}).get(each)
                for each in _BLOCKS
            ),
        )

    def trail(self, arn: str) -> TrailGuards:
        api = self.clients.get("cloudtrail")
        with self._doing(f"read trail {arn}"):
            trail = api.get_trail(Name=arn)["Trail"]
            status = api.get_trail_status(Name=arn)
        return TrailGuards(
            bool(status.get("IsLogging")),
            bool(trail.get("LogFileValidationEnabled")),
            bool(trail.get("IsMultiRegionTrail")),
        )

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


@dataclass(frozen=True, slots=True)
class AccountRoles:
    """Roles with the documents of their inline and attached policies."""

    clients: Clients

    @property
    def _api(self) -> Any:
        return self.clients.get("iam")

    def role(self, name: str) -> HeldRole | None:
        with told_in_our_words(f"read role {name}", local=self.clients.local):
            try:
                role = self._api.get_role(RoleName=name)["Role"]
            except ClientError as error:
                if code_of(error) == "NoSuchEntity":
                    return None
                raise
            attached = [
                each["PolicyArn"]
                for each in self._listed(
                    "list_attached_role_policies", "AttachedPolicies", name
                )
            ]
            by_aws = tuple(each for each in attached if each.split(":")[4] == "aws")
            own = [each for each in attached if each not in by_aws]
            return HeldRole(
                name,
                (*self._inline(name), *map(self._attached, own)),
                by_aws,
                role["AssumeRolePolicyDocument"],
                role.get("RoleLastUsed", {}).get("LastUsedDate"),
            )

    def _inline(self, name: str) -> Iterator[Mapping[str, Any]]:
        for policy in self._listed("list_role_policies", "PolicyNames", name):
            answer = self._api.get_role_policy(RoleName=name, PolicyName=policy)
            yield answer["PolicyDocument"]

    def _attached(self, arn: str) -> Mapping[str, Any]:
        version = self._api.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = self._api.get_policy_version(PolicyArn=arn, VersionId=version)
        document: Mapping[str, Any] = answer["PolicyVersion"]["Document"]
        return document

    def _listed(self, call: str, field: str, name: str) -> Iterator[Any]:
        for page in self._api.get_paginator(call).paginate(RoleName=name):
            yield from page[field]


def _or_none(call: Any, bucket: str, absent: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = call(Bucket=bucket)
    except ClientError as error:
        if code_of(error) == absent:
            return {}
        raise
    return answer


def _algorithm(answer: Mapping[str, Any]) -> str:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    for each in rules:
        found = each.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm")
        if found:
            return str(found)
    return ""
