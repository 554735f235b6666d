"""Say what a template would allow that the one before it did not.

Statements that allow are compared one action and one resource at a time, for each role or
policy: what an old one covers, with its wildcards, is nothing new. References stay as they
are written, so that a resource that is made anew compares as the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsrules.compared import scope_of, written
from awsrules.policies import matches_action, matches_pattern
from awsrules.templates import Scope, load_template, references, resolve

_ATTACHED = ("AWS::IAM::Policy", "AWS::IAM::RolePolicy")
_INVOKED = "AWS::Lambda::Permission"
_DOCUMENTS = frozenset({"PolicyDocument", "KeyPolicy", "ResourcePolicy", "Policy"})
_TRUST = "AssumeRolePolicyDocument"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One action that is allowed, or denied: on what, to whom, under which condition."""

    action: str
    resource: str
    principal: str = ""
    condition: str = ""

    def covers(self, other: Grant) -> bool:
        """Tell whether it allows all that ``other`` does; wildcards count."""
        return (
            matches_action(self.action, other.action)
            and matches_pattern(self.resource, other.resource)
            and self.principal in {other.principal, "*"}
            and self.condition in {other.condition, ""}
        )

    def __str__(self) -> str:
        whom = f" by {self.principal}" if self.principal else ""
        when = f" when {self.condition}" if self.condition else ""
        return f"{self.action} on {self.resource}{whom}{when}"


@dataclass
class Granted:
    """What one role, policy or resource allows and denies, and what bounds it."""

    allowed: set[Grant] = field(default_factory=set)
    denied: set[Grant] = field(default_factory=set)
    boundary: str = ""


def widened(
    old: str,
    new: str,
    *,
    old_parameters: Mapping[str, str],
    new_parameters: Mapping[str, str],
) -> tuple[str, ...]:
    """Return a sentence for each thing that ``new`` allows and ``old`` did not.

    Raises:
        TemplateError: when a template cannot be read.
    """
    before = _granted(old, old_parameters)
    after = _granted(new, new_parameters)
    return tuple(
        sentence
        for owner in sorted(after)
        for sentence in _more(owner, before.get(owner), after[owner])
    ) + tuple(
        f"{owner} denies no longer {each}"
        for owner in sorted(set(before) - set(after))
        for each in sorted(before[owner].denied)
    )


def _more(owner: str, before: Granted | None, after: Granted) -> Iterator[str]:
    old = before or Granted()
    for each in sorted(after.allowed):
        if not any(known.covers(each) for known in old.allowed):
            yield f"{owner} allows {each}"
    for each in sorted(old.denied):
        if not any(still.covers(each) for still in after.denied):
            yield f"{owner} denies no longer {each}"
    if before is not None and old.boundary and after.boundary != old.boundary:
        now = f"is {after.boundary}" if after.boundary else "is gone"
        yield f"{owner}: its permissions boundary {now}"


def _granted(template: str, parameters: Mapping[str, str]) -> dict[str, Granted]:
    """Return what each resource of a template allows, by who holds it."""
    document = load_template(template, name="template")
    scope = scope_of(document, parameters)
    found: dict[str, Granted] = {}
    for name, body in (document.get("Resources") or {}).items():
        if not scope.conditions.get(body.get("Condition", ""), True):
            continue
        properties = body.get("Properties") or {}
        for owner in _owners(name, body.get("Type", ""), properties):
            granted = found.setdefault(owner, Granted())
            _add(granted, name, body.get("Type", ""), properties, scope)
    return {owner: each for owner, each in found.items() if each != Granted()}


def _owners(name: str, kind: str, properties: Mapping[str, Any]) -> list[str]:
    """Return whose permissions a resource states: those of roles it is attached to."""
    if kind not in _ATTACHED:
        return [name]
    attached = [properties.get(key) for key in ("Roles", "RoleName", "Users", "Groups")]
    return sorted(references(attached)) or [name]


def _add(
    granted: Granted,
    name: str,
    kind: str,
    properties: Mapping[str, Any],
    scope: Scope,
) -> None:
    for statement in _statements(properties, scope):
        grants = set(_grants(statement, name))
        if statement.get("Effect") == "Deny":
            granted.denied |= grants
        else:
            granted.allowed |= grants
    for arn in _listed(resolve(properties.get("ManagedPolicyArns") or [], scope)):
        granted.allowed.add(Grant("all that a managed policy does", written(arn)))
    if kind == _INVOKED:
        granted.allowed.add(_invocation(resolve(properties, scope)))
    if "PermissionsBoundary" in properties:
        granted.boundary = written(resolve(properties["PermissionsBoundary"], scope))


def _statements(properties: Mapping[str, Any], scope: Scope) -> Iterator[Any]:
    """Yield the statements of a resource's documents, wherever they stand in it."""
    for key, value in properties.items():
        if key in _DOCUMENTS or key == _TRUST:
            document = resolve(value, scope)
            if isinstance(document, Mapping):
                yield from _listed(document.get("Statement") or [])
        elif key == "Policies":
            yield from _of_policies(resolve(value, scope))


def _of_policies(policies: Any) -> Iterator[Any]:
    """Yield statements of a role's policies, and of a function's in SAM's forms."""
    for policy in _listed(policies):
        match policy:
            case {"PolicyDocument": {"Statement": statements}}:
                yield from _listed(statements)
            case {"Statement": statements}:
                yield from _listed(statements)
            case _:
                yield {
                    "Effect": "Allow",
                    "Action": "all that a managed policy does",
                    "Resource": written(policy),
                }


def _grants(statement: Mapping[str, Any], owner: str) -> Iterator[Grant]:
    condition = written(statement.get("Condition"))
    principal = written(statement.get("Principal") or statement.get("NotPrincipal"))
    if "NotPrincipal" in statement:
        principal = f"all but {principal}"
    if principal == "{AWS: *}":
        principal = "*"
    itself = f"${{{owner}}}" if principal else "*"
    for action in _named(statement, "Action", "*"):
        for resource in _named(statement, "Resource", itself):
            yield Grant(action, resource, principal, condition)


def _named(statement: Mapping[str, Any], key: str, otherwise: str) -> list[str]:
    """Return actions or resources; all but some compares only with the same."""
    if f"Not{key}" in statement:
        return [f"all but {written(statement[f'Not{key}'])}"]
    return [written(each) for each in _listed(statement.get(key, otherwise))]


def _invocation(properties: Mapping[str, Any]) -> Grant:
    source = {
        key: properties[key]
        for key in (
            "SourceArn",
            "SourceAccount",
            "PrincipalOrgID",
            "FunctionUrlAuthType",
        )
        if key in properties
    }
    return Grant(
        written(properties.get("Action")),
        written(properties.get("FunctionName")),
        written(properties.get("Principal")),
        written(source) if source else "",
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
