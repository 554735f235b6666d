"""CHECKS: what is understood, and what is refused with a reason."""

from __future__ import annotations

import json

import pytest
from hook_aws import ARN, check, environment

from traffic_hooks.settings import BadSettings, Qualified, read_checks


def test_a_request_becomes_a_proxy_event_and_wants_200() -> None:
    entry = check(
        request={"method": "GET", "path": "/things/1", "query": {"limit": "1"}}
    )
    (read,) = read_checks(environment(entry))
    assert read.version == Qualified("f", "3")
    assert read.alias == Qualified("f", "live")
    assert read.statuses == {200}
    assert read.event["httpMethod"] == "GET"
    assert read.event["multiValueQueryStringParameters"] == {"limit": ["1"]}
    assert read.event["resource"] == "/things/1"


def test_an_event_is_sent_as_it_is_and_any_status_is_good() -> None:
    (read,) = read_checks(environment(check(request=None, event={"Records": []})))
    assert read.event == {"Records": []}
    assert read.statuses == frozenset()


def test_statuses_and_attempts_can_be_given() -> None:
    (read,) = read_checks(environment(check(statuses=[400, 422], attempts=2)))
    assert (read.statuses, read.attempts) == ({400, 422}, 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "CHECKS is not set"),
        ("  ", "CHECKS is not set"),
        ("[", "CHECKS is not JSON"),
        ("{}", "must be a list"),
        ("[]", "at least one check"),
        ("[1]", "check 1 must be an object"),
    ],
)
def test_what_is_no_list_of_checks_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadSettings, match=reason):
        read_checks({"CHECKS": text})


def test_a_missing_variable_is_refused() -> None:
    with pytest.raises(BadSettings, match="not set"):
        read_checks({})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"version": None}, "version must be the ARN"),
        ({"version": f"{ARN}:f"}, "version must be the ARN"),
        ({"version": "arn:aws:s3:us-east-1:1:function:f:3"}, "must be the ARN"),
        ({"alias": f"{ARN}:g:live"}, "different functions"),
        ({"alias": 5}, "alias must be the ARN"),
        ({"request": None}, "either request or event"),
        ({"event": {}}, "either request or event"),
        ({"request": []}, "request must be an object"),
        ({"request": {"method": "GET"}}, "method and path"),
        ({"request": {"method": "GET", "path": "/", "url": ""}}, "unknown keys: url"),
        ({"status": [200]}, "unknown keys: status"),
        ({"statuses": 200}, "statuses must be"),
        ({"statuses": [True]}, "statuses must be"),
        ({"attempts": 0}, "attempts must be from 1"),
        ({"attempts": 99}, "attempts must be from 1"),
        ({"attempts": "3"}, "attempts must be from 1"),
    ],
)
def test_a_check_that_cannot_be_understood_is_refused(
    changed: dict[str, object], reason: str
) -> None:
    with pytest.raises(BadSettings, match=reason):
        read_checks(environment(check(**changed)))


def test_a_refusal_does_not_repeat_values() -> None:
    entry = check(request={"method": "GET", "path": 7, "body": "Jane Doe"})
    with pytest.raises(BadSettings) as caught:
        read_checks({"CHECKS": json.dumps([entry])})
    assert "Jane" not in str(caught.value)
