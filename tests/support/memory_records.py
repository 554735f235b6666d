"""The application's storage ports in memory, and events as API Gateway sends them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from medical_records import json_text
from medical_records.storage.port import Page, StorageUnavailable, StoredAnalysis


@dataclass
class MemoryRecords:
    """``AnalysisStore`` in a dictionary; ``failing`` makes every call fail."""

    analyses: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    failing: Exception | None = None

    def add(self, analysis_id: str, analysis: dict[str, Any]) -> bool:
        self._maybe_fail()
        return self.analyses.setdefault(analysis_id, analysis) is analysis

    def get(self, analysis_id: str) -> dict[str, Any] | None:
        self._maybe_fail()
        return self.analyses.get(analysis_id)

    def page(self, *, limit: int, after: str | None) -> Page:
        self._maybe_fail()
        ids = sorted(i for i in self.analyses if after is None or i > after)
        found = (StoredAnalysis(i, "2026-01-01T00:00:00Z") for i in ids[:limit])
        return Page(tuple(found), more=len(ids) > limit)

    def claim_key(self, key_id: str, analysis_id: str) -> str:
        self._maybe_fail()
        return self.keys.setdefault(key_id, analysis_id)

    def _maybe_fail(self) -> None:
        if self.failing:
            raise self.failing


@dataclass
class MemoryDeadLetters:
    """``DeadLetters`` in two lists; each half can be made to fail."""

    kept: dict[str, str] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)
    keeping_fails: bool = False
    announcing_fails: bool = False

    def keep(self, analysis_id: str, submission: str) -> None:
        if self.keeping_fails:
            raise StorageUnavailable("PutObject", "AccessDenied")
        self.kept[analysis_id] = submission

    def announce(
        self, analysis_id: str, *, error_class: str, request_id: str, kept: bool
    ) -> None:
        if self.announcing_fails:
            raise StorageUnavailable("SendMessage", "AccessDenied")
        self.notices.append(
            {
                "analysisId": analysis_id,
                "errorClass": error_class,
                "requestId": request_id,
                "submissionKept": kept,
            }
        )


def as_read(document: object) -> Any:
    """Return a document as the application reads it: numbers as decimals."""
    return json_text.read(json.dumps(document))


def api_event(method: str, body: object = None, **fields: Any) -> dict[str, Any]:
    """Return a proxy event of a REST API; a body that is no string goes as JSON."""
    text = body if isinstance(body, str | None) else json.dumps(body)
    event = {
        "httpMethod": method,
        "headers": None,
        "queryStringParameters": None,
        "pathParameters": None,
        "requestContext": {
            "requestId": "request-1",
            "identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/Test/one"},
        },
        "body": text,
        "isBase64Encoded": False,
    }
    return {**event, **fields}


def lambda_context() -> SimpleNamespace:
    """Return what Lambda passes beside the event."""
    return SimpleNamespace(
        function_name="mra-test-function",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f:1",
        aws_request_id="lambda-request-1",
    )
