"""The release store in S3 as ``ports.ReleaseStore``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import StoredObject

# What S3 answers to a conditional put when something is there, or when another writer of
# the same key is at it. Source: Amazon S3 User Guide, "How to prevent object overwrites
# with conditional writes".
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_READERS = 8


@dataclass(frozen=True, slots=True)
class BucketReleaseStore:
    """Objects of one bucket; its default encryption and versioning apply to them."""

    clients: Clients
    bucket: str

    @property
    def _api(self) -> Any:
        return self.clients.get("s3")

    def keys(self, prefix: str) -> list[str]:
        found: list[str] = []
        page: dict[str, str] = {}
        while True:
            with self._doing(f"list {prefix} in bucket {self.bucket}"):
                answer = self._api.list_objects_v2(
                    Bucket=self.bucket, Prefix=prefix, **page
                )
            found.extend(each["Key"] for each in answer.get("Contents", []))
            if not answer.get("NextContinuationToken"):
                return found
            page = {"ContinuationToken": answer["NextContinuationToken"]}

    def touched(self, prefix: str) -> list[str]:
        versions: Counter[str] = Counter()
        deleted: set[str] = set()
        page: dict[str, str] = {}
        while True:
            with self._doing(f"list the versions of {prefix} in bucket {self.bucket}"):
                answer = self._api.list_object_versions(
                    Bucket=self.bucket, Prefix=prefix, **page
                )
            versions.update(each["Key"] for each in answer.get("Versions", []))
            deleted.update(each["Key"] for each in answer.get("DeleteMarkers", []))
            if not answer.get("IsTruncated"):
                break
            page = {
                "KeyMarker": answer["NextKeyMarker"],
                "VersionIdMarker": answer["NextVersionIdMarker"],
            }
        overwritten = {key for key, count in versions.items() if count > 1}
        return sorted(overwritten | deleted)

    def read(self, keys: Sequence[str]) -> list[bytes]:
        if not keys:
            return []
        _ = self._api  # made once, here: boto3's sessions are not for several threads
        with ThreadPoolExecutor(max_workers=min(_READERS, len(keys))) as pool:
            return list(pool.map(self._read_one, keys))

    def put_new(self, key: str, content: bytes) -> StoredObject | None:
        with self._doing(f"put {key} into bucket {self.bucket}"):
            try:
                answer = self._put(key, content, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) in _TAKEN:
                    return None
                raise
        return StoredObject(self.bucket, key, answer.get("VersionId", ""))

    def put(self, key: str, content: bytes) -> StoredObject:
        with self._doing(f"put {key} into bucket {self.bucket}"):
            answer = self._put(key, content)
        return StoredObject(self.bucket, key, answer.get("VersionId", ""))

    def find(self, key: str) -> StoredObject | None:
        with self._doing(f"look for {key} in bucket {self.bucket}"):
            try:
                answer = self._api.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                # Who may not list the bucket is told 403 here, which is no absence.
                if code_of(error) in {"404", "NoSuchKey", "NotFound"}:
                    return None
                raise
        return StoredObject(self.bucket, key, answer.get("VersionId", ""))

    def url(self, stored: StoredObject) -> str:
        host = f"{stored.bucket}.s3.{self.clients.region}.amazonaws.com"
        return f"https://{host}/{quote(stored.key)}"

    def page(self, key: str) -> str:
        region = self.clients.region
        return (
            f"https://{region}.console.aws.amazon.com/s3/object/{self.bucket}"
            f"?region={region}&prefix={quote(key)}"
        )

    def _read_one(self, key: str) -> bytes:
        with self._doing(f"read {key} in bucket {self.bucket}"):
            answer = self._api.get_object(Bucket=self.bucket, Key=key)
            return bytes(answer["Body"].read())

    def _put(self, key: str, content: bytes, **conditions: str) -> Any:
        return self._api.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=content,
            ContentType=_content_type(key),
            **conditions,
        )

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


def _content_type(key: str) -> str:
    kinds = {"json": "application/json", "txt": "text/plain; charset=utf-8"}
    return kinds.get(key.rpartition(".")[2], "application/octet-stream")
