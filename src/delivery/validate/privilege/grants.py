"""What a role of the foundation is allowed, as documents and by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.policies import Policy, Statement, read_policy
from awsrules.templates import line_of
from delivery.validate.actions import branches
from delivery.validate.privilege.names import Stack


@dataclass(frozen=True, slots=True)
class Grant:
    """One action that one statement allows; ``line`` is the action's own."""

    action: str
    statement: str
    resources: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class RoleGrants:
    """All that a role's policies say."""

    logical_id: str
    arn: str
    line: int
    documents: tuple[Policy, ...]
    grants: tuple[Grant, ...]
    trust: Mapping[str, Any]


def grants_of(stack: Stack, logical_id: str) -> RoleGrants:
    """Read the policies of a role: its own, and those of the template attached to it."""
    raw = stack.template["Resources"][logical_id]["Properties"]
    written = [each["PolicyDocument"] for each in raw.get("Policies", ())]
    written.extend(_attached(stack, logical_id))
    documents: list[Policy] = []
    grants: list[Grant] = []
    for document in written:
        statements = list(branches(document.get("Statement", [])))
        resolved = [stack.resolved(each) for each in statements]
        documents.append(read_policy({"Statement": resolved}))
        for body, plain in zip(statements, resolved, strict=True):
            grants.extend(_allowed(body, plain))
    return RoleGrants(
        logical_id=logical_id,
        arn=stack.arn(logical_id),
        line=line_of(stack.template, "Resources", logical_id) or 1,
        documents=tuple(documents),
        grants=tuple(grants),
        trust=stack.resolved(raw["AssumeRolePolicyDocument"]),
    )


def _attached(stack: Stack, logical_id: str) -> Iterator[Mapping[str, Any]]:
    for resource in stack.template["Resources"].values():
        properties = resource.get("Properties") or {}
        if {"Ref": logical_id} in properties.get("Roles", ()):
            yield properties["PolicyDocument"]


def _allowed(body: Mapping[str, Any], plain: Mapping[str, Any]) -> Iterator[Grant]:
    statement = Statement(plain, 1)
    if statement.effect != "Allow":
        return
    for number, action in enumerate(statement.texts("Action")):
        line = line_of(body, "Action", number) or line_of(body) or 1
        resources = statement.texts("Resource")
        yield Grant(action, statement.name, resources, line)
