"""``GET /health``: which release answers, and whether it reaches the records."""

from __future__ import annotations

import os

from medical_records import wiring
from medical_records.http import Answer, Request
from medical_records.release import release
from medical_records.storage.port import StorageUnavailable
from medical_records.telemetry import api_function, logger


@api_function
def handler(request: Request) -> Answer:
    """Answer 200 when storage can be listed, 503 when it cannot."""
    status = {
        "release": release(),
        "version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "unknown"),
    }
    try:
        # The cheapest call that needs bucket, network and the function's role.
        wiring.records().page(limit=1, after=None)
    except StorageUnavailable as error:
        logger.error("storage unreachable", extra={"error_code": error.error_code})
        return Answer(503, {"status": "unavailable", **status}, code="unavailable")
    return Answer(200, {"status": "ok", **status})
