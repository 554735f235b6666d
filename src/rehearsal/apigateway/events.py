"""The event that a function gets for a request, and the response that its answer becomes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.apigateway.definitions import Method
from rehearsal.apigateway.signatures import Caller

_ANSWER_MEMBERS = {
    *("statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"),
}
SERVER_ERROR = '{"message": "Internal server error"}'


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """An HTTP request, matched to the API's method that answers it."""

    api_id: str
    stage: str
    account: str
    domain: str
    request_id: str
    received: datetime
    http_method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    method: Method
    path_parameters: Mapping[str, str]
    stage_variables: Mapping[str, str]
    caller: Caller | None = None
    api_key: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What goes back: status, body, headers; ``kind`` is the gateway's name of its error."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    kind: str | None = None
    integration_status: int | None = None


def gateway_error(status: int, kind: str, message: str) -> ApiAnswer:
    """Return an answer that the gateway itself gives."""
    return ApiAnswer(
        status=status,
        body=json.dumps({"message": message}).encode(),
        headers=(("Content-Type", "application/json"), ("x-amzn-ErrorType", kind)),
        kind=kind,
    )


def proxy_event(request: ApiRequest) -> dict[str, Any]:
    """Return the event of a Lambda proxy integration (payload version 1.0)."""
    body, encoded = _body_text(request.body)
    return {
        "resource": request.method.resource_path,
        "path": request.path,
        "httpMethod": request.http_method,
        "headers": _last(request.headers) or None,
        "multiValueHeaders": _all(request.headers) or None,
        "queryStringParameters": _last(request.query) or None,
        "multiValueQueryStringParameters": _all(request.query) or None,
        "pathParameters": dict(request.path_parameters) or None,
        "stageVariables": dict(request.stage_variables) or None,
        "requestContext": request_context(request),
        "body": body,
        "isBase64Encoded": encoded,
    }


def request_context(request: ApiRequest) -> dict[str, Any]:
    """Return what ``$context`` and ``requestContext`` say of a request."""
    caller, key = request.caller, request.api_key
    agent = dict((name.lower(), value) for name, value in request.headers)
    return {
        "accountId": request.account,
        "apiId": request.api_id,
        "domainName": request.domain,
        "domainPrefix": request.api_id,
        "extendedRequestId": request.request_id[:15],
        "httpMethod": request.http_method,
        "identity": {
            "accessKey": caller.access_key if caller else None,
            "accountId": caller.account if caller else None,
            "apiKey": key[1] if key else None,
            "apiKeyId": key[0] if key else None,
            "caller": caller.user_id if caller else None,
            "sourceIp": request.source_ip,
            "user": caller.user_id if caller else None,
            "userAgent": agent.get("user-agent"),
            "userArn": caller.arn if caller else None,
        },
        "path": f"/{request.stage}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": request.request_id,
        "requestTime": request.received.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(request.received.astimezone(UTC).timestamp() * 1000),
        "resourceId": "rehearsed",
        "resourcePath": request.method.resource_path,
        "stage": request.stage,
    }


def answer_of(payload: bytes) -> ApiAnswer:
    """Turn a function's answer into a response; a malformed one is a 502."""
    try:
        answer = json.loads(payload)
        status = int(answer.get("statusCode", 200))
        body = "" if answer.get("body") is None else answer["body"]
        if not isinstance(body, str) or not answer.keys() <= _ANSWER_MEMBERS:
            raise TypeError("not the form of a proxy integration's answer")
        content = body.encode()
        if answer.get("isBase64Encoded"):
            content = base64.b64decode(body)
        headers = tuple(_headers(answer))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return bad_answer()
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", "application/json"))
    return ApiAnswer(status, content, headers, integration_status=200)


def bad_answer() -> ApiAnswer:
    """Return what a caller gets when the function failed or answered in no known form."""
    return ApiAnswer(
        status=502,
        body=SERVER_ERROR.encode(),
        headers=(
            ("Content-Type", "application/json"),
            ("x-amzn-ErrorType", "InternalServerErrorException"),
        ),
        kind="INTEGRATION_FAILURE",
        integration_status=200,
    )


def _headers(answer: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    many = answer.get("multiValueHeaders") or {}
    for name, value in (answer.get("headers") or {}).items():
        if name not in many:
            yield name, _text(value)
    for name, values in many.items():
        for value in values:
            yield name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _body_text(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def _last(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return dict(pairs)


def _all(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
