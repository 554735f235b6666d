"""The event for a function, and the response from its answer."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rehearsal.apigateway.access_log import access_line
from rehearsal.apigateway.definitions import Method
from rehearsal.apigateway.events import (
    ApiRequest,
    answer_of,
    proxy_event,
    request_context,
)

REQUEST = ApiRequest(
    api_id="abc",
    stage="v1",
    account="123456789012",
    domain="abc.execute-api.us-east-1.amazonaws.com",
    request_id="r",
    received=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    http_method="GET",
    path="/a/7",
    headers=(("Accept", "text/plain"), ("Accept", "application/json")),
    query=(("x", "1"), ("x", "2")),
    body=b"",
    source_ip="127.0.0.1",
    method=Method("/a/{id}", "GET", {}),
    path_parameters={"id": "7"},
    stage_variables={},
)


def test_the_last_of_several_values_counts_and_all_are_listed() -> None:
    event = proxy_event(REQUEST)
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["multiValueHeaders"]["Accept"] == ["text/plain", "application/json"]
    assert event["requestContext"]["path"] == "/v1/a/7"
    assert event["requestContext"]["requestTime"] == "02/Jan/2026:03:04:05 +0000"
    assert (event["body"], event["stageVariables"]) == (None, None)


def test_a_body_that_is_no_text_is_encoded() -> None:
    event = proxy_event(replace(REQUEST, body=b"\xff\x00"))
    assert (event["body"], event["isBase64Encoded"]) == ("/wA=", True)


def test_headers_body_and_status_of_an_answer_are_passed_on() -> None:
    answer = answer_of(
        json.dumps(
            {
                "statusCode": "418",
                "headers": {"A": 1, "B": True},
                "multiValueHeaders": {"B": ["x", "y"]},
                "body": base64.b64encode(b"tea").decode(),
                "isBase64Encoded": True,
            }
        ).encode()
    )
    assert (answer.status, answer.body) == (418, b"tea")
    assert answer.headers == (
        ("A", "1"),
        ("B", "x"),
        ("B", "y"),
        ("Content-Type", "application/json"),
    )


@pytest.mark.parametrize(
    "payload",
    [
        b"null",
        b'"text"',
        b"[]",
        b'{"statusCode": "x"}',
        b'{"body": {}}',
        b'{"a": 1}',
        b"no",
    ],
)
def test_an_answer_of_another_form_is_a_502(payload: bytes) -> None:
    assert answer_of(payload).status == 502


def test_an_access_log_line_has_a_dash_for_what_is_not_known() -> None:
    context: dict[str, Any] = {**request_context(REQUEST), "status": 200}
    template = "$context.status $context.identity.userArn $context.resourcePath."
    assert access_line(template, context) == "200 - /a/{id}."
