"""The client that the deployed tests use signs as AWS wants it, wherever it sends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import deployed
import pytest
import requests
from deployed import NoStack, stack_outputs
from signed_api import SignedApi

_URL = "https://abc123.execute-api.eu-west-1.amazonaws.com/v1"
_TESTS = Path(__file__).resolve().parents[2]


class _Answer:
    def __init__(self, status_code: int, text: str = "{}") -> None:
        self.status_code = status_code
        self.text = text


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return what is sent, instead of sending it."""
    requests_sent: list[dict[str, Any]] = []
    answers = [_Answer(403, '{"message":"Forbidden"}')]

    def request(method: str, url: str, **options: Any) -> _Answer:
        requests_sent.append({"method": method, "url": url, **options})
        key = options["headers"].get("x-api-key")
        return _Answer(200) if key or "plan" not in url else answers[0]

    monkeypatch.setattr(requests, "request", request)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "synthetic")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return requests_sent


def test_request_is_signed_for_the_region_of_the_host(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    SignedApi.from_environment(_URL + "/").get("/analyses", limit="2")

    headers = sent[0]["headers"]
    assert sent[0]["url"] == f"{_URL}/analyses?limit=2"
    assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]
    assert "host" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "synthetic"


def test_local_endpoint_gets_the_request_with_the_apis_own_host(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4599/")

    SignedApi.from_environment(_URL).post("/analyses", {"a": 1}, headers={"X-A": "b"})

    assert sent[0]["url"] == "http://127.0.0.1:4599/v1/analyses"
    assert sent[0]["headers"]["Host"] == "abc123.execute-api.eu-west-1.amazonaws.com"
    assert sent[0]["headers"]["X-A"] == "b"
    assert json.loads(sent[0]["data"]) == {"a": 1}


def test_unsigned_request_has_no_signature(sent: list[dict[str, Any]]) -> None:
    SignedApi.from_environment(_URL).send("GET", "/health", signed=False)

    assert "Authorization" not in sent[0]["headers"]


def test_quota_key_is_sent_where_a_method_asks_for_one(
    sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        SignedApi, "_api_key", lambda self, key_id: f"value of {key_id}"
    )
    api = SignedApi.from_environment(_URL, api_key_id="k1")

    assert api.get("/plan").status_code == 200
    assert api.get("/free").status_code == 200

    keys = [request["headers"].get("x-api-key") for request in sent]
    assert keys == [None, "value of k1", None]


def test_throttled_request_is_sent_again_and_other_refusals_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statuses = iter((429, 429, 503))
    pauses: list[float] = []
    monkeypatch.setattr(SignedApi, "_once", lambda *_: _Answer(next(statuses)))
    monkeypatch.setattr("signed_api.time.sleep", pauses.append)

    assert SignedApi.from_environment(_URL).get("/health").status_code == 503
    assert len(pauses) == 2


def test_request_throttled_for_long_is_answered_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SignedApi, "_once", lambda *_: _Answer(429))
    monkeypatch.setattr("signed_api.time.sleep", lambda _: None)

    assert SignedApi.from_environment(_URL).get("/health").status_code == 429


def test_own_domain_takes_the_region_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")

    assert SignedApi.from_environment("https://api.example/v1").region == "us-west-2"

    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(LookupError, match="names no region"):
        SignedApi.from_environment("https://api.example/v1")


@pytest.mark.parametrize("text", [None, "", "no JSON", "[]", '{"Environment": "x"}'])
def test_missing_outputs_are_named_and_say_what_to_set(
    monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    monkeypatch.delenv("STACK_OUTPUTS", raising=False)
    if text is not None:
        monkeypatch.setenv("STACK_OUTPUTS", text)

    with pytest.raises(NoStack, match="STACK_OUTPUTS.*ApiUrl"):
        stack_outputs()


def test_outputs_give_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"ApiUrl": _URL, "ApiKeyId": "k1"}
    monkeypatch.setenv("STACK_OUTPUTS", json.dumps(outputs))

    api = deployed.deployed_api()

    assert (api.api_url, api.api_key_id) == (_URL, "k1")


@pytest.mark.thorough
def test_suites_fail_without_a_stack_and_skip_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("STACK_OUTPUTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    suites = ["tests/smoke", "tests/integration", "tests/post_deploy"]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", *suites, "-p", "no:cacheprovider"],
        cwd=_TESTS.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.returncode == 1, run.stdout
    assert "STACK_OUTPUTS is not set" in run.stdout
    assert "passed" not in run.stdout and "skipped" not in run.stdout
