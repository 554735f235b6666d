"""What the template says may be sent to each function as a proof that it works.

A function with an alias declares it beside its properties, in the form of a traffic hook's
check::

    AnalyzeFunction:
      Type: AWS::Serverless::Function
      Metadata:
        Verification:
          request: {method: GET, path: /health}
          statuses: [200]

``request`` becomes the event of a REST API's proxy integration, and is sent over HTTP too;
``event`` is sent as it is. It must read only, or be refused without a trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awsrules.templates import TemplateError, load_template
from delivery.errors import BadInput

KEY = "Verification"
_KEYS = {"request", "event", "statuses"}
_REQUEST_KEYS = {"method", "path", "resource", "pathParameters", "query", "headers"} | {
    "body"
}
_WORKS = (200,)


@dataclass(frozen=True, slots=True)
class Proof:
    """One event to send, and the statuses that are good; none for any answer."""

    event: Any
    statuses: tuple[int, ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def route(self) -> str:
        """Return method and path, or nothing for an event that is no request."""
        return (
            f"{self.request['method']} {self.request['path']}" if self.request else ""
        )


def declared_proofs(template: str) -> dict[str, tuple[Proof, ...]]:
    """Return the proofs of each function by its logical id.

    Raises:
        BadInput: when a declaration cannot be understood.
    """
    try:
        resources = load_template(template, name="stack").get("Resources") or {}
    except TemplateError as error:
        raise BadInput(
            "The stack's template cannot be read.", why=str(error)
        ) from error
    found: dict[str, tuple[Proof, ...]] = {}
    for logical_id, resource in resources.items():
        metadata = resource.get("Metadata") if isinstance(resource, Mapping) else None
        if isinstance(metadata, Mapping) and KEY in metadata:
            found[logical_id] = _proofs(metadata[KEY], f"{logical_id}: Metadata.{KEY}")
    return found


def _proofs(declared: Any, where: str) -> tuple[Proof, ...]:
    entries = declared if isinstance(declared, list) else [declared]
    return tuple(_proof(entry, where) for entry in entries)


def _proof(entry: Any, where: str) -> Proof:
    if not isinstance(entry, Mapping) or ("request" in entry) == ("event" in entry):
        raise _unclear(where, "It needs either request or event.")
    _refuse_unknown(entry, _KEYS, where)
    request = entry.get("request")
    if request is None:
        return Proof(entry["event"], _statuses(entry, where, default=()))
    if not isinstance(request, Mapping) or not {"method", "path"} <= set(request):
        raise _unclear(where, "request needs method and path.")
    _refuse_unknown(request, _REQUEST_KEYS, where)
    return Proof(
        proxy_event(request), _statuses(entry, where, default=_WORKS), dict(request)
    )


def _statuses(
    entry: Mapping[str, Any], where: str, *, default: Sequence[int]
) -> tuple[int, ...]:
    statuses = entry.get("statuses", list(default))
    if not isinstance(statuses, list) or not all(type(s) is int for s in statuses):
        raise _unclear(where, "statuses must be a list of numbers.")
    return tuple(statuses)


def _refuse_unknown(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(entry) - known):
        raise _unclear(where, f"It has unknown keys: {', '.join(unknown)}.")


def _unclear(where: str, why: str) -> BadInput:
    return BadInput(
        f"{where} cannot be understood.",
        why=why,
        next_step="docs/verification.md shows what it may say.",
    )


def proxy_event(request: Mapping[str, Any]) -> dict[str, Any]:
    """Make the event that API Gateway's REST proxy integration would send.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/
    set-up-lambda-proxy-integrations.html
    """
    headers, query = request.get("headers") or {}, request.get("query")
    resource = request.get("resource", request["path"])
    return {
        "resource": resource,
        "path": request["path"],
        "httpMethod": request["method"],
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query
        and {name: [value] for name, value in query.items()},
        "pathParameters": request.get("pathParameters"),
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": request["method"],
            "path": request["path"],
            "stage": "verification",
            "requestId": "verification",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "verification"},
        },
        "body": request.get("body"),
        "isBase64Encoded": False,
    }
