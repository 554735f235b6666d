"""API Gateway's REST proxy events (version 1) as requests, and answers to them.

Event and answer: https://docs.aws.amazon.com/apigateway/latest/developerguide/
set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medical_records import json_text
from medical_records.problem import Problem, malformed

# Lambda takes 6 MB in a synchronous call and gives 6 MB back.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_BODY_BYTES = 6 * 1024 * 1024
MAX_ANSWER_BYTES = MAX_BODY_BYTES - 256 * 1024

_HEADERS = {
    "Content-Type": "application/json",
    # Analyses are about a patient: no cache on the way may keep them.
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a route needs of an event; header names are in lower case."""

    method: str
    request_id: str
    caller: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    raw_body: str | None = None
    base64_encoded: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON document; ``code`` is what logs and metrics call it."""

    status: int
    document: Mapping[str, Any]
    code: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)


def read_request(event: object, *, fallback_id: str) -> Request:
    """Read an event; what is absent or of another shape reads as empty."""
    proxy = _mapping(event)
    context = _mapping(proxy.get("requestContext"))
    body = proxy.get("body")
    return Request(
        method=_text(proxy.get("httpMethod")).upper(),
        request_id=_text(context.get("requestId")) or fallback_id,
        caller=_text(_mapping(context.get("identity")).get("userArn")),
        headers={k.lower(): v for k, v in _texts(proxy.get("headers")).items()},
        query=_texts(proxy.get("queryStringParameters")),
        path_parameters=_texts(proxy.get("pathParameters")),
        raw_body=body if isinstance(body, str) else None,
        base64_encoded=proxy.get("isBase64Encoded") is True,
    )


def read_body(request: Request) -> str | Problem:
    """Return the body's text, or why there is none."""
    body = request.raw_body
    if not body:
        return malformed("Bundle", "no_body", "The request has no body.")
    if len(body) > MAX_BODY_BYTES * 2:
        return too_large()
    text = _from_base64(body) if request.base64_encoded else body
    if isinstance(text, str) and _byte_length(text) > MAX_BODY_BYTES:
        return too_large()
    return text


def too_large() -> Problem:
    """Refuse a body that is over the limit."""
    message = f"The bundle is larger than {MAX_BODY_BYTES} bytes."
    return Problem(status=413, code="too_large", message=message, path="Bundle")


def refusal(problem: Problem, request: Request) -> Answer:
    """Answer a request with the problem that stops it."""
    error: dict[str, Any] = {
        "code": problem.code,
        "message": problem.message,
        "path": problem.path,
        "requestId": request.request_id,
    }
    if problem.other_paths:
        error["otherPaths"] = list(problem.other_paths)
    return Answer(problem.status, {"error": error}, code=problem.code)


def to_proxy(answer: Answer) -> dict[str, Any]:
    """Shape an answer as API Gateway expects it."""
    return {
        "statusCode": answer.status,
        "headers": {**_HEADERS, **answer.headers},
        "body": json_text.write(answer.document),
        "isBase64Encoded": False,
    }


def _from_base64(body: str) -> str | Problem:
    try:
        return base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return malformed(
            "Bundle", "not_text", "The body is not UTF-8 text in base64 encoding."
        )


def _byte_length(text: str) -> int:
    # Lone surrogates, which no UTF-8 can hold, can arrive through JSON escapes.
    return len(text.encode("utf-8", "surrogatepass"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> dict[str, str]:
    return {k: v for k, v in _mapping(value).items() if isinstance(v, str)}
