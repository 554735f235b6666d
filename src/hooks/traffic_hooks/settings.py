"""The environment variable CHECKS as checks.

A check says which version and alias it is about, what to send, and which answers are
good::

    [{"version": "<version ARN>", "alias": "<alias ARN>",
      "request": {"method": "GET", "path": "/health"}, "statuses": [200]}]

``request`` becomes a REST proxy event; ``event`` is sent as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VARIABLE = "CHECKS"
DEFAULT_ATTEMPTS = 5
MOST_ATTEMPTS = 20

_CHECK_KEYS = {"version", "alias", "request", "event", "statuses", "attempts"}
_REQUEST_KEYS = {
    "method",
    "path",
    "resource",
    "pathParameters",
    "query",
    "headers",
    "body",
}


class BadSettings(Exception):
    """CHECKS cannot be used; the message says why and names no value of it."""


@dataclass(frozen=True, slots=True)
class Qualified:
    """A function's version or alias, read from its ARN."""

    function: str
    qualifier: str

    def __str__(self) -> str:
        return f"{self.function}:{self.qualifier}"


@dataclass(frozen=True, slots=True)
class Check:
    """One event to send, and the answers that are good.

    ``statuses`` is empty where any answer without a function error is good. One good
    answer out of ``attempts`` is enough: a hook finds a version that cannot work;
    one that fails now and then is found by the alarms.
    """

    version: Qualified
    alias: Qualified | None
    event: Any
    statuses: frozenset[int]
    attempts: int

    @property
    def function(self) -> str:
        """The function's name."""
        return self.version.function


def read_checks(environment: Mapping[str, str]) -> tuple[Check, ...]:
    """Read the checks from the environment.

    Raises:
        BadSettings: when there is none, or one cannot be understood.
    """
    text = environment.get(VARIABLE, "")
    if not text.strip():
        raise BadSettings(f"{VARIABLE} is not set")
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise BadSettings(f"{VARIABLE} is not JSON") from error
    if not isinstance(entries, list) or not entries:
        raise BadSettings(f"{VARIABLE} must be a list with at least one check")
    return tuple(_check(entry, f"check {n}") for n, entry in enumerate(entries, 1))


def _check(entry: Any, where: str) -> Check:
    if not isinstance(entry, dict):
        raise BadSettings(f"{where} must be an object")
    _refuse_unknown(entry, _CHECK_KEYS, where)
    if ("request" in entry) == ("event" in entry):
        raise BadSettings(f"{where} needs either request or event")
    version = _qualified(entry.get("version"), f"{where}: version")
    alias = entry.get("alias")
    request = entry.get("request")
    return Check(
        version=version,
        alias=None if alias is None else _alias(alias, version, where),
        event=entry["event"] if request is None else _proxy_event(request, where),
        statuses=_statuses(entry, where, default=[] if request is None else [200]),
        attempts=_attempts(entry, where),
    )


def _qualified(arn: Any, where: str) -> Qualified:
    parts = arn.split(":") if isinstance(arn, str) else []
    if len(parts) != 8 or parts[2] != "lambda" or parts[5] != "function":
        raise BadSettings(f"{where} must be the ARN of a function's version or alias")
    return Qualified(function=parts[6], qualifier=parts[7])


def _alias(arn: Any, version: Qualified, where: str) -> Qualified:
    alias = _qualified(arn, f"{where}: alias")
    if alias.function != version.function:
        raise BadSettings(f"{where}: version and alias are of different functions")
    return alias


def _statuses(
    entry: Mapping[str, Any], where: str, *, default: list[int]
) -> frozenset[int]:
    statuses = entry.get("statuses", default)
    if not isinstance(statuses, list) or not all(_is_int(each) for each in statuses):
        raise BadSettings(f"{where}: statuses must be a list of numbers")
    return frozenset(statuses)


def _attempts(entry: Mapping[str, Any], where: str) -> int:
    attempts = entry.get("attempts", DEFAULT_ATTEMPTS)
    if not _is_int(attempts) or not 1 <= attempts <= MOST_ATTEMPTS:
        raise BadSettings(f"{where}: attempts must be from 1 to {MOST_ATTEMPTS}")
    return int(attempts)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse_unknown(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise BadSettings(f"{where} has unknown keys: {', '.join(unknown)}")


def _proxy_event(request: Any, where: str) -> dict[str, Any]:
    """Make the event that API Gateway's REST proxy integration would send.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/
    set-up-lambda-proxy-integrations.html
    """
    if not isinstance(request, dict):
        raise BadSettings(f"{where}: request must be an object")
    _refuse_unknown(request, _REQUEST_KEYS, f"{where}: request")
    method, path = request.get("method"), request.get("path")
    if not isinstance(method, str) or not isinstance(path, str):
        raise BadSettings(f"{where}: request needs method and path")
    headers, query = request.get("headers") or {}, request.get("query")
    resource = request.get("resource", path)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": _multiple(headers),
        "queryStringParameters": query,
        "multiValueQueryStringParameters": _multiple(query),
        "pathParameters": request.get("pathParameters"),
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": path,
            "stage": "traffic-hook",
            "requestId": "traffic-hook",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "traffic-hook"},
        },
        "body": request.get("body"),
        "isBase64Encoded": False,
    }


def _multiple(single: Any) -> dict[str, list[Any]] | None:
    if not isinstance(single, dict):
        return None
    return {name: [value] for name, value in single.items()}
