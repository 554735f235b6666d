"""The decision: an explicit denial first, then who allows it.

Source: AWS IAM User Guide, "Policy evaluation for requests within a single account",
"Permissions boundaries for IAM entities".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from awsrules.policies.conditions import conditions_hold
from awsrules.policies.matching import (
    matches_any_action,
    matches_pattern,
    matches_resource,
)
from awsrules.policies.model import (
    Decision,
    Document,
    Outcome,
    Policy,
    Request,
    Statement,
    as_texts,
    statements_of,
)


def evaluate(
    request: Request,
    identity: Iterable[Document | Policy],
    *,
    boundary: Document | None = None,
    resource: Document | None = None,
) -> Decision:
    """Decide ``request`` of a role whose policies are ``identity``.

    ``resource`` is the policy of the bucket, key, topic, queue or function. One that names
    the role (not the session) leaves the boundary in force; only a statement whose
    principal is the account or the role is looked at as a grant.
    """
    own = list(identity)
    bounds = [boundary] if boundary is not None else []
    theirs = [resource] if resource is not None else []
    for document in (*own, *bounds):
        if (found := _first(document, "Deny", request)) is not None:
            return Decision(
                Outcome.DENIED, f"denied by {found.name}", statement=found.name
            )
    for document in theirs:
        found = _first(document, "Deny", request, by_principal=True)
        if found is not None:
            reason = f"denied by {found.name} of the resource's policy"
            return Decision(Outcome.DENIED, reason, statement=found.name)
    granted = _granted(own, request) or _granted(theirs, request, by_principal=True)
    if granted is None:
        return Decision(Outcome.NOT_GRANTED, "no statement allows it")
    if boundary is not None and _first(boundary, "Allow", request) is None:
        reason = f"{granted.name} allows it, the permissions boundary does not"
        return Decision(Outcome.NOT_GRANTED, reason)
    return Decision(
        Outcome.ALLOWED, f"allowed by {granted.name}", statement=granted.name
    )


def trusts(document: Document, request: Request) -> Decision:
    """Decide whether a trust policy lets ``request.principal`` assume its role."""
    denied = _trust(document, "Deny", request)
    if denied is not None:
        return Decision(Outcome.DENIED, f"denied by {denied.name}", denied.name)
    found = _trust(document, "Allow", request)
    if found is None:
        return Decision(Outcome.NOT_GRANTED, "the role does not trust this caller")
    return Decision(Outcome.ALLOWED, f"trusted by {found.name}", found.name)


def _trust(document: Document, effect: str, request: Request) -> Statement | None:
    for statement in statements_of(document):
        if (
            statement.effect == effect
            and _covers_action(statement, request.action)
            and _covers_principal(statement, request.principal)
            and conditions_hold(statement.body.get("Condition", {}), request)
        ):
            return statement
    return None


def _granted(
    documents: Iterable[Document | Policy],
    request: Request,
    *,
    by_principal: bool = False,
) -> Statement | None:
    for document in documents:
        found = _first(document, "Allow", request, by_principal=by_principal)
        if found is not None:
            return found
    return None


def _first(
    document: Document | Policy,
    effect: str,
    request: Request,
    *,
    by_principal: bool = False,
) -> Statement | None:
    for statement in statements_of(document):
        if statement.effect != effect or not _covers(statement, request):
            continue
        if not by_principal or _covers_principal(statement, request.principal):
            return statement
    return None


def _covers(statement: Statement, request: Request) -> bool:
    return (
        _covers_action(statement, request.action)
        and _covers_resource(statement, request)
        and conditions_hold(statement.body.get("Condition", {}), request)
    )


def _covers_action(statement: Statement, action: str) -> bool:
    covered = matches_any_action(statement.actions, action)
    return covered is not statement.excepts_actions


def _covers_resource(statement: Statement, request: Request) -> bool:
    if "NotResource" in statement.body:
        patterns = statement.texts("NotResource")
        return not any(matches_resource(each, request) for each in patterns)
    patterns = statement.texts("Resource")
    return any(matches_resource(each, request) for each in patterns)


def _covers_principal(statement: Statement, principal: str) -> bool:
    if "NotPrincipal" in statement.body:
        return not _names(statement.body["NotPrincipal"], principal)
    return _names(statement.body.get("Principal", ()), principal)


def _names(element: Any, principal: str) -> bool:
    """Say whether a Principal element names a role's ARN, an account or a service."""
    if isinstance(element, Mapping):
        named = [text for each in element.values() for text in as_texts(each)]
    else:
        named = list(as_texts(element))
    return any(_is_named(each, principal) for each in named)


def _is_named(named: str, principal: str) -> bool:
    if named in ("*", principal):
        return True
    account = principal.split(":")[4] if principal.count(":") >= 5 else ""
    whole = bool(account) and matches_pattern(f"arn:*:iam::{account}:root", named)
    return whole or (bool(account) and named == account)
