"""The storage port on S3 and SQS, encrypted under the record key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from medical_records import json_text
from medical_records.storage.port import Page, StorageUnavailable, StoredAnalysis

ANALYSES = "analyses/"
IDEMPOTENCY_KEYS = "idempotency/"
DEAD_LETTERS = "dead-letters/"
_SUFFIX = ".json"

# 412: the object is there. 409: another writer of the same key is at work, which is
# the same writer twice, because the id is made of the content.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_EXISTS = ("PreconditionFailed", "ConditionalRequestConflict")
_ABSENT = ("NoSuchKey",)


class S3Records:
    """``AnalysisStore`` and the keeping half of ``DeadLetters``."""

    def __init__(self, s3: Any, *, bucket: str, key_arn: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key_arn = key_arn

    def add(self, analysis_id: str, analysis: dict[str, Any]) -> bool:
        """Store an analysis unless its id is taken."""
        return self._put_new(ANALYSES + analysis_id, json_text.write(analysis))

    def get(self, analysis_id: str) -> dict[str, Any] | None:
        """Return the analysis of this id, or None."""
        text = self._read(ANALYSES + analysis_id)
        return None if text is None else dict(json_text.read(text))

    def page(self, *, limit: int, after: str | None) -> Page:
        """List analyses in the order of their ids."""
        start = {"StartAfter": ANALYSES + after + _SUFFIX} if after else {}
        with _reported("ListObjectsV2"):
            found = self._s3.list_objects_v2(
                Bucket=self._bucket, Prefix=ANALYSES, MaxKeys=limit, **start
            )
        entries = tuple(_entry(item) for item in found.get("Contents", ()))
        return Page(entries, more=bool(found.get("IsTruncated")))

    def claim_key(self, key_id: str, analysis_id: str) -> str:
        """Bind a key to an analysis, or return the analysis it is bound to."""
        name = IDEMPOTENCY_KEYS + key_id
        if self._put_new(name, json.dumps({"analysisId": analysis_id})):
            return analysis_id
        text = self._read(name)
        # Absent only while the other writer's put is under way: same key, same moment.
        return analysis_id if text is None else str(json.loads(text)["analysisId"])

    def keep(self, analysis_id: str, submission: str) -> None:
        """Store a submission that could not be served."""
        with _reported("PutObject"):
            self._put(DEAD_LETTERS + analysis_id, submission)

    def _put_new(self, name: str, text: str) -> bool:
        with _reported("PutObject"):
            try:
                self._put(name, text, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) in _EXISTS:
                    return False
                raise
        return True

    def _put(self, name: str, text: str, **conditions: str) -> None:
        self._s3.put_object(
            Bucket=self._bucket,
            Key=name + _SUFFIX,
            Body=text.encode("utf-8", "backslashreplace"),
            ContentType="application/json",
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=self._key_arn,
            BucketKeyEnabled=True,
            **conditions,
        )

    def _read(self, name: str) -> str | None:
        with _reported("GetObject"):
            try:
                found = self._s3.get_object(Bucket=self._bucket, Key=name + _SUFFIX)
            except ClientError as error:
                if _code(error) in _ABSENT:
                    return None
                raise
            return str(found["Body"].read().decode("utf-8"))


class DeadLetterDesk:
    """``DeadLetters``: the submission to S3, the notice to the queue."""

    def __init__(self, records: S3Records, sqs: Any, *, queue_url: str) -> None:
        self._records = records
        self._sqs = sqs
        self._queue_url = queue_url

    def keep(self, analysis_id: str, submission: str) -> None:
        """Store a submission, encrypted, under ``dead-letters/``."""
        self._records.keep(analysis_id, submission)

    def announce(
        self, analysis_id: str, *, error_class: str, request_id: str, kept: bool
    ) -> None:
        """Send id and class of error; the content stays in S3."""
        notice = {
            "analysisId": analysis_id,
            "errorClass": error_class,
            "requestId": request_id,
            "submissionKept": kept,
        }
        with _reported("SendMessage"):
            self._sqs.send_message(
                QueueUrl=self._queue_url, MessageBody=json.dumps(notice)
            )


@contextmanager
def _reported(operation: str) -> Iterator[None]:
    """Turn AWS's and the network's refusals into ours, without their texts."""
    try:
        yield
    except ClientError as error:
        raise StorageUnavailable(operation, _code(error)) from None
    except BotoCoreError as error:
        raise StorageUnavailable(operation, type(error).__name__) from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def _entry(item: dict[str, Any]) -> StoredAnalysis:
    name = str(item["Key"]).removeprefix(ANALYSES).removesuffix(_SUFFIX)
    stored_at = item["LastModified"].astimezone(UTC)
    return StoredAnalysis(name, stored_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
