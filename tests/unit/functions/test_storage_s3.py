"""The storage port on S3 and SQS: encrypted, written once, never misread."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber
from medical_records import wiring
from medical_records.storage.port import StorageUnavailable
from medical_records.storage.s3 import DeadLetterDesk, S3Records
from moto import mock_aws

_IDS = [character * 64 for character in "0123456789"]
_KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "synthetic")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "synthetic")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def s3() -> Iterator[Any]:
    """Return a client of an S3 in memory, with a bucket."""
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="synthetic-records")
        yield client


@pytest.fixture
def records(s3: Any) -> S3Records:
    """Return the store over that bucket."""
    return S3Records(s3, bucket="synthetic-records", key_arn=_KEY_ARN)


@pytest.fixture
def stub() -> Iterator[Stubber]:
    """Return a stubber of an S3 client that reaches nothing."""
    with Stubber(boto3.client("s3")) as stubber:
        yield stubber


def _stubbed(stub: Stubber) -> S3Records:
    return S3Records(stub.client, bucket="synthetic-records", key_arn=_KEY_ARN)


# --- S3 ----------------------------------------------------------------------------


def test_analysis_is_stored_once_and_comes_back_digit_for_digit(
    records: S3Records,
) -> None:
    analysis = {"id": _IDS[0], "value": Decimal("5.40")}

    assert records.add(_IDS[0], analysis) is True
    assert records.add(_IDS[0], {"id": "another"}) is False
    assert str(records.get(_IDS[0])) == str(analysis)


def test_object_is_encrypted_under_the_record_key(s3: Any, records: S3Records) -> None:
    records.add(_IDS[0], {})
    records.keep(_IDS[1], "{}")
    records.claim_key("k", _IDS[0])

    for prefix, name in (
        ("analyses", _IDS[0]),
        ("dead-letters", _IDS[1]),
        ("idempotency", "k"),
    ):
        head = s3.head_object(Bucket="synthetic-records", Key=f"{prefix}/{name}.json")
        assert head["ServerSideEncryption"] == "aws:kms"
        assert head["SSEKMSKeyId"] == _KEY_ARN


def test_absent_analysis_is_none(records: S3Records) -> None:
    assert records.get(_IDS[0]) is None


def test_pages_follow_each_other_in_the_order_of_ids(records: S3Records) -> None:
    for analysis_id in reversed(_IDS):
        records.add(analysis_id, {})
    records.keep(_IDS[0], "{}")

    first = records.page(limit=4, after=None)
    last = records.page(limit=100, after=_IDS[3])

    assert [entry.analysis_id for entry in first.analyses] == _IDS[:4]
    assert [entry.analysis_id for entry in last.analyses] == _IDS[4:]
    assert (first.more, last.more) == (True, False)
    assert first.analyses[0].stored_at.endswith("Z")


def test_key_stays_with_whom_it_was_claimed_for(records: S3Records) -> None:
    assert records.claim_key("k", _IDS[0]) == _IDS[0]
    assert records.claim_key("k", _IDS[1]) == _IDS[0]


@pytest.mark.parametrize("code", ["AccessDenied", "403", "NoSuchBucket", "SlowDown"])
def test_refused_reading_is_never_taken_for_absence(stub: Stubber, code: str) -> None:
    stub.add_client_error("get_object", code, "Synthetic secret", 403)

    with pytest.raises(StorageUnavailable) as caught:
        _stubbed(stub).get(_IDS[0])

    assert (caught.value.operation, caught.value.error_code) == ("GetObject", code)
    assert "secret" not in str(caught.value)


def test_refused_writing_is_never_taken_for_a_duplicate(stub: Stubber) -> None:
    stub.add_client_error("put_object", "AccessDenied", "", 403)

    with pytest.raises(StorageUnavailable):
        _stubbed(stub).add(_IDS[0], {})


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict"])
def test_lost_race_is_a_duplicate(stub: Stubber, code: str) -> None:
    stub.add_client_error("put_object", code, "", 412, expected_params=_PUT)

    assert _stubbed(stub).add(_IDS[0], {}) is False


def test_key_whose_object_is_not_there_yet_is_ours(stub: Stubber) -> None:
    stub.add_client_error("put_object", "ConditionalRequestConflict", "", 409)
    stub.add_client_error("get_object", "NoSuchKey", "", 404)

    assert _stubbed(stub).claim_key("k", _IDS[0]) == _IDS[0]


def test_network_that_fails_is_storage_that_fails() -> None:
    class Unplugged:
        def list_objects_v2(self, **_: Any) -> None:
            raise ConnectTimeoutError(endpoint_url="https://synthetic.example")

    records = S3Records(Unplugged(), bucket="b", key_arn=_KEY_ARN)

    with pytest.raises(StorageUnavailable) as caught:
        records.page(limit=1, after=None)

    assert caught.value.error_code == "ConnectTimeoutError"


# --- SQS ---------------------------------------------------------------------------


def test_notice_names_the_submission_and_nothing_of_it(records: S3Records) -> None:
    sqs = boto3.client("sqs")
    queue_url = sqs.create_queue(QueueName="synthetic-dead-letters")["QueueUrl"]
    desk = DeadLetterDesk(records, sqs, queue_url=queue_url)

    desk.keep(_IDS[0], '{"text": "Synthetic \ud800"}')
    desk.announce(_IDS[0], error_class="KeyError", request_id="r", kept=True)

    [message] = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    assert json.loads(message["Body"]) == {
        "analysisId": _IDS[0],
        "errorClass": "KeyError",
        "requestId": "r",
        "submissionKept": True,
    }


# --- wiring ------------------------------------------------------------------------


def test_clients_are_made_once_from_the_environment(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_url = boto3.client("sqs").create_queue(QueueName="synthetic")["QueueUrl"]
    monkeypatch.setenv("RECORD_BUCKET", "synthetic-records")
    monkeypatch.setenv("RECORD_KEY_ARN", _KEY_ARN)
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", queue_url)
    wiring.records.cache_clear()
    wiring.dead_letters.cache_clear()

    assert wiring.records().add(_IDS[0], {}) is True
    wiring.dead_letters().announce(
        _IDS[0], error_class="KeyError", request_id="r", kept=False
    )

    assert wiring.records() is wiring.records()
    assert wiring.dead_letters() is wiring.dead_letters()


_PUT = {
    "Bucket": "synthetic-records",
    "Key": f"analyses/{_IDS[0]}.json",
    "Body": b"{}",
    "ContentType": "application/json",
    "ServerSideEncryption": "aws:kms",
    "SSEKMSKeyId": _KEY_ARN,
    "BucketKeyEnabled": True,
    "IfNoneMatch": "*",
}
