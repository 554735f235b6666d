"""IAM's SimulatePrincipalPolicy from the policies that roles really have; the rest is moto's.

A key of a condition that the request does not give is reported as missing, and the
condition then does not hold. Source: IAM API, SimulatePrincipalPolicy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from awsrules.policies import Outcome, Request, evaluate, matches_action, statements_of
from rehearsal.control import Control
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service

_WORDS = {
    Outcome.ALLOWED: "allowed",
    Outcome.DENIED: "explicitDeny",
    Outcome.NOT_GRANTED: "implicitDeny",
}


class Simulation(Service):
    """What a role may do; the plane's operator may do everything."""

    name: ClassVar[str] = "iam"
    moto_answers_the_rest: ClassVar[bool] = True

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def simulate_principal_policy(self, params: Params, call: Call) -> Answer:
        """Decide each action on each resource."""
        source = str(params["PolicySourceArn"])
        role = self._role(source)
        if role is None and ":role/" in source:
            raise ApiError("NoSuchEntity", f"Entity {source} not found", status=404)
        documents = list(_documents(role)) if role else [_EVERYTHING]
        boundary = self._boundary(role) if role else None
        context = {
            each["ContextKeyName"]: tuple(each["ContextKeyValues"])
            for each in params.get("ContextEntries") or []
        }
        return {
            "EvaluationResults": [
                _result(action, resource, context, source, documents, boundary)
                for action in params["ActionNames"]
                for resource in params.get("ResourceArns") or ["*"]
            ],
            "IsTruncated": False,
        }

    def _role(self, arn: str) -> Any:
        roles = list(self._backend().roles.values())
        return next((each for each in roles if each.arn == arn), None)

    def _boundary(self, role: Any) -> Mapping[str, Any] | None:
        if not role.permissions_boundary_arn:
            return None
        policy = self._backend().managed_policies.get(role.permissions_boundary_arn)
        return next(_versions(policy), None) if policy is not None else None

    def _backend(self) -> Any:
        from moto.iam.models import iam_backends

        return iam_backends[self._plane.account]["aws"]


_EVERYTHING: Mapping[str, Any] = {
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}
}


def _result(
    action: str,
    resource: str,
    context: Mapping[str, Any],
    source: str,
    documents: list[Mapping[str, Any]],
    boundary: Mapping[str, Any] | None,
) -> dict[str, Any]:
    request = Request(action, resource, context, source)
    decision = evaluate(request, documents, boundary=boundary)
    return {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": _WORDS[decision.outcome],
        "MatchedStatements": [],
        "MissingContextValues": sorted(_missing(action, documents, request)),
    }


def _missing(
    action: str, documents: list[Mapping[str, Any]], request: Request
) -> Iterator[str]:
    """Give the keys that statements about the action ask for, and the request lacks."""
    found: set[str] = set()
    for document in documents:
        for statement in statements_of(document):
            if not any(matches_action(p, action) for p in statement.texts("Action")):
                continue
            for keys in (statement.body.get("Condition") or {}).values():
                found |= {key for key in keys if request.value_of(key) is None}
    yield from found


def _documents(role: Any) -> Iterator[Mapping[str, Any]]:
    for text in list(role.policies.values()):
        yield json.loads(unquote(text)) if isinstance(text, str) else text
    for managed in list(role.managed_policies.values()):
        yield from _versions(managed)


def _versions(policy: Any) -> Iterator[Mapping[str, Any]]:
    yield from (json.loads(e.document) for e in policy.versions if e.is_default)


def create(plane: Plane, control: Control) -> Simulation:
    """Build the service."""
    return Simulation(plane)
