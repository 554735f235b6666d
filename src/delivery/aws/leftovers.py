"""What releases leave behind, as ``ports.Versions`` and ``ports.Packages``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.errors import DeliveryError, NotPermitted
from delivery.model import AliasRoute, StoredPackage

PREFIX = "packages/"
# DeleteObjects takes no more. Source: Amazon S3 API Reference, DeleteObjects.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class OldVersions:
    """Lambda's published versions."""

    clients: Clients

    def routes(self, function: str) -> list[AliasRoute]:
        with self._doing(f"list the aliases of {function}"):
            pages = (
                self.clients.get("lambda")
                .get_paginator("list_aliases")
                .paginate(FunctionName=function)
            )
            return [
                _route(function, each) for page in pages for each in page["Aliases"]
            ]

    def delete(self, function: str, version: str) -> None:
        if not version.isdigit():
            raise ValueError(f"{version!r} is no version of {function}")
        with self._doing(f"delete version {version} of {function}"):
            try:
                self.clients.get("lambda").delete_function(
                    FunctionName=function, Qualifier=version
                )
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


@dataclass(frozen=True, slots=True)
class BucketPackages:
    """Packages of one bucket. Nothing outside of their folder is listed or deleted."""

    clients: Clients
    bucket: str

    def all(self) -> list[StoredPackage]:
        found: dict[str, list[_Version]] = {}
        with self._doing(f"list the packages in bucket {self.bucket}"):
            for each in self._versions():
                found.setdefault(each.key, []).append(each)
        return [_package(key, versions) for key, versions in sorted(found.items())]

    def delete(self, package: StoredPackage) -> None:
        if not package.key.startswith(PREFIX):
            raise ValueError(f"{package.key} is no package")
        for ids in _in_parts(package.version_ids):
            with self._doing(f"delete {package.key} in bucket {self.bucket}"):
                answer = self.clients.get("s3").delete_objects(
                    Bucket=self.bucket,
                    Delete={
                        "Objects": [
                            {"Key": package.key, "VersionId": each} for each in ids
                        ],
                        "Quiet": True,
                    },
                )
            # S3 answers 200, whatever became of single objects.
            _insist(package.key, answer.get("Errors", []))

    def _versions(self) -> Iterator[_Version]:
        pages = (
            self.clients.get("s3")
            .get_paginator("list_object_versions")
            .paginate(Bucket=self.bucket, Prefix=PREFIX)
        )
        for page in pages:
            for each in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                yield _Version(
                    each["Key"],
                    each["VersionId"],
                    each.get("Size", 0),
                    each["LastModified"],
                )

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of an object, or a delete marker."""

    key: str
    id: str
    bytes: int
    at: datetime


def _package(key: str, versions: list[_Version]) -> StoredPackage:
    return StoredPackage(
        key,
        sum(each.bytes for each in versions),
        max(each.at for each in versions),
        tuple(each.id for each in versions),
    )


def _in_parts(ids: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


def _insist(key: str, errors: list[dict[str, str]]) -> None:
    """Raise what S3 says of the first version that stayed; one that is gone is none."""
    left = [each for each in errors if each.get("Code") != "NoSuchVersion"]
    if not left:
        return
    code, why = left[0].get("Code", ""), left[0].get("Message", "")
    kind = NotPermitted if code == "AccessDenied" else DeliveryError
    raise kind(
        f"The tool could not delete {key}.",
        why=f"{code}: {why}",
        next_step="Run it again when that is mended; it goes on from there.",
    )


def _route(function: str, data: dict[str, Any]) -> AliasRoute:
    routing = data.get("RoutingConfig") or {}
    return AliasRoute(
        function=function,
        alias=data["Name"],
        version=data["FunctionVersion"],
        weights=dict(routing.get("AdditionalVersionWeights") or {}),
    )
