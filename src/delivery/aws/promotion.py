"""Home's packages and other places as ``ports.promotion`` has them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256 as hash_of
from typing import Any

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, message_of, told_in_our_words
from delivery.aws.stacks import is_absent
from delivery.errors import NotPermitted, OperationFailed, Unreachable
from delivery.model import (
    FOUNDATION_STACK,
    PIPELINE_NAME,
    PROMOTED_KEY,
    PROMOTION_ACTION,
    PlaceStores,
)

# What S3 answers to a conditional put when something is there; and when another writer of
# the same key is at it. Source: Amazon S3 User Guide, "How to prevent object overwrites
# with conditional writes".
_THERE = frozenset({"PreconditionFailed", "412"})
_BEING_PUT = frozenset({"ConditionalRequestConflict", "409"})
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_TAKES_NOTHING_IN = frozenset({"ValidationException", "PipelineNotFoundException"})


@dataclass(frozen=True, slots=True)
class BucketHomePackages:
    """Packages of this account and region."""

    clients: Clients

    def read(self, bucket: str, key: str) -> bytes:
        what = f"read {key} in bucket {bucket}"
        with told_in_our_words(what, local=self.clients.local):
            answer = self.clients.get("s3").get_object(Bucket=bucket, Key=key)
            return bytes(answer["Body"].read())


@dataclass(frozen=True, slots=True)
class RolePlaces:
    """Places by their receivers' roles; ``clients`` are home's."""

    clients: Clients

    def at(self, role_arn: str, *, region: str, session: str) -> ReceivingPlace:
        account = role_arn.split(":")[4]
        try:
            there = self.clients.acting_as(role_arn, region=region, session=session)
        except NotPermitted as error:
            if not error.why.startswith("AccessDenied"):
                raise
            # STS does not tell a role that is not there from one that may not be taken.
            raise NotPermitted(
                error.what,
                why=error.why,
                next_step=f"{_deploy(account, region)} makes the role, and lets in the "
                "promoter that the place's configuration names; run this again afterwards.",
            ) from error
        return ReceivingPlace(there, account)


@dataclass(frozen=True, slots=True)
class Found:
    """An object of a place: the hash of its content, and its version."""

    sha256: str
    version_id: str


@dataclass
class ReceivingPlace:
    """One place, with the permissions of its receiver's role."""

    clients: Clients
    account: str
    _stores: PlaceStores | None = None

    def stores(self) -> PlaceStores:
        if self._stores is None:
            self._stores = self._read_stores()
        return self._stores

    def has_package(self, key: str, sha256: str) -> bool:
        there = self._look(self.stores().releases, key)
        if there is None or there.sha256 == sha256:
            return there is not None
        raise OperationFailed(
            f"{key} in bucket {self.stores().releases} is not the package that was "
            "built.",
            why=f"Its content has the hash {there.sha256}, and the build's had {sha256}. A "
            "package is never put over another.",
            next_step="Find out in CloudTrail who put it, delete it, and run this again.",
        )

    def put_package(self, key: str, content: bytes) -> None:
        bucket = self.stores().releases
        with self._doing(f"put {key} into bucket {bucket}"):
            try:
                # S3 keeps the hash; so nobody reads a package to compare it.
                self.clients.get("s3").put_object(
                    Bucket=bucket,
                    Key=key,
                    Body=content,
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) in _BEING_PUT:
                    raise _being_put(key, bucket, error) from error
                if code_of(error) not in _THERE:
                    raise
                self.has_package(key, hash_of(content).hexdigest())

    def put_release(self, content: bytes) -> str:
        bucket = self.stores().artifacts
        there = self._look(bucket, PROMOTED_KEY)
        if there is not None and there.sha256 == hash_of(content).hexdigest():
            # Put by a run that was cut off: the same version makes the same request.
            return there.version_id
        with self._doing(f"put {PROMOTED_KEY} into bucket {bucket}"):
            answer = self.clients.get("s3").put_object(
                Bucket=bucket,
                Key=PROMOTED_KEY,
                Body=content,
                ContentType="application/zip",
                ChecksumAlgorithm="SHA256",
            )
        if not answer.get("VersionId"):
            raise OperationFailed(
                f"Bucket {bucket} keeps no versions.",
                why="A pipeline is started with one version of a release.",
                next_step=f"aws s3api put-bucket-versioning --bucket {bucket} "
                "--versioning-configuration Status=Enabled",
            )
        return str(answer["VersionId"])

    def start(
        self, version_id: str, *, variables: Mapping[str, str], token: str
    ) -> str:
        region = self.clients.region
        with self._doing(f"start pipeline {PIPELINE_NAME} in {region}"):
            try:
                answer = self.clients.get("codepipeline").start_pipeline_execution(
                    name=PIPELINE_NAME,
                    clientRequestToken=token,
                    sourceRevisions=[
                        {
                            "actionName": PROMOTION_ACTION,
                            "revisionType": "S3_OBJECT_VERSION_ID",
                            "revisionValue": version_id,
                        }
                    ],
                    variables=[{"name": k, "value": v} for k, v in variables.items()],
                )
            except ClientError as error:
                if code_of(error) not in _TAKES_NOTHING_IN:
                    raise
                raise _takes_nothing_in(self._deploy, region, error) from error
        return str(answer["pipelineExecutionId"])

    def _read_stores(self) -> PlaceStores:
        region = self.clients.region
        with self._doing(f"read stack {FOUNDATION_STACK} in {region}"):
            try:
                answer = self.clients.get("cloudformation").describe_stacks(
                    StackName=FOUNDATION_STACK
                )
            except ClientError as error:
                if not is_absent(error):
                    raise
                raise _no_foundation(self._deploy, region, message_of(error)) from error
        outputs = {
            each["OutputKey"]: each["OutputValue"]
            for each in answer["Stacks"][0].get("Outputs", [])
        }
        try:
            return PlaceStores(
                outputs["ReleaseBucketName"], outputs["ArtifactBucketName"]
            )
        except KeyError as error:
            why = f"It has no output {error}."
            raise _no_foundation(self._deploy, region, why) from error

    def _look(self, bucket: str, key: str) -> Found | None:
        """Return what has a key, or None when nothing has it."""
        api = self.clients.get("s3")
        with self._doing(f"look for {key} in bucket {bucket}"):
            try:
                found = api.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
            except ClientError as error:
                # Who may not list the bucket is told 403 here, which is no absence.
                if code_of(error) in _ABSENT:
                    return None
                raise
            version = found.get("VersionId", "")
            if found.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT":
                if kept := found.get("ChecksumSHA256"):
                    return Found(b64decode(kept).hex(), version)
            content = api.get_object(Bucket=bucket, Key=key)["Body"].read()
        return Found(hash_of(content).hexdigest(), version)

    @property
    def _deploy(self) -> str:
        return _deploy(self.account, self.clients.region)

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


def _deploy(account: str, region: str) -> str:
    """Say what brings a place up; who reads this may have another account's credentials."""
    return (
        f"./deploy_pipeline.py deploy --region {region} (with credentials of account "
        f"{account})"
    )


def _no_foundation(deploy: str, region: str, why: str) -> OperationFailed:
    return OperationFailed(
        f"There is no foundation in {region}.",
        why=f"Stack {FOUNDATION_STACK}: {why}",
        next_step=f"{deploy} makes it; then run this again.",
    )


def _takes_nothing_in(deploy: str, region: str, error: ClientError) -> OperationFailed:
    return OperationFailed(
        f"Pipeline {PIPELINE_NAME} in {region} does not take the release in.",
        why=message_of(error),
        next_step=f"{deploy} brings it up to date; then run this again.",
    )


def _being_put(key: str, bucket: str, error: ClientError) -> Unreachable:
    return Unreachable(
        f"Another one puts {key} into bucket {bucket} at this moment.",
        why=message_of(error),
        next_step="Run it again in a minute.",
    )
