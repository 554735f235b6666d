"""The clients and settings of a running function, made once and only when needed."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.config import Config

    from medical_records.storage.s3 import DeadLetterDesk, S3Records

# Fail within the function's timeout rather than be cut off by it: two tries of at most
# 2 s to connect and 4 s to read.
_CONNECT_SECONDS = 2
_READ_SECONDS = 4
_ATTEMPTS = 2


@cache
def records() -> S3Records:
    """Return the store of analyses."""
    # Imported here: a request that is refused before it needs AWS answers 0.3 s sooner.
    import boto3

    from medical_records.storage.s3 import S3Records

    return S3Records(
        boto3.client("s3", config=_limits()),
        bucket=os.environ["RECORD_BUCKET"],
        key_arn=os.environ["RECORD_KEY_ARN"],
    )


@cache
def dead_letters() -> DeadLetterDesk:
    """Return where submissions go that could not be served."""
    import boto3

    from medical_records.storage.s3 import DeadLetterDesk

    return DeadLetterDesk(
        records(),
        boto3.client("sqs", config=_limits()),
        queue_url=os.environ["DEAD_LETTER_QUEUE_URL"],
    )


def _limits() -> Config:
    from botocore.config import Config

    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
    )
