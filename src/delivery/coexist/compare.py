"""Name what one release needs and the other takes away, with the way to do it in two.

A version keeps the variables, layers and role name that it was published with; what its
role may do and what exists beside it is whatever the newest deployment left. Source: AWS
Lambda Developer Guide, "Manage Lambda function versions".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from delivery.coexist.needs import FunctionNeeds, Permission, Side

_LAYER_TYPES = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")
_ROLE = "AWS::IAM::Role"
_LOG_GROUP = "AWS::Logs::LogGroup"
_ROUTE, _FUNCTION = "route", "function"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that ``needed_by`` needs and that is taken away.

    ``kind`` is permission, variable, resource, layer, role, log group, route or
    function; ``name`` is what it is called.
    """

    kind: str
    name: str
    needed_by: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.why} {self.remedy}"


def conflicts(serving: Side, deployed: Side) -> tuple[Conflict, ...]:
    """Return what versions of ``serving`` need and a deployment of ``deployed`` takes away.

    Before a release the version that serves is ``serving``, because it goes on to serve
    while traffic shifts. Before a rollback the target is: it serves beside what was
    deployed after it.
    """
    found: dict[tuple[str, str, str], Conflict] = {}
    for name, needs in serving.functions.items():
        for each in _of_function(name, needs, serving, deployed):
            found.setdefault((each.kind, each.name, each.needed_by), each)
    for route, function in serving.routes.items():
        if route not in deployed.routes:
            conflict = _conflict(
                _ROUTE, route, function, "callers of the version that serves use it."
            )
            found.setdefault((_ROUTE, route, function), conflict)
    return tuple(
        each
        for each in found.values()
        if each.name not in serving.functions[each.needed_by].does_without
    )


def _of_function(
    name: str, needs: FunctionNeeds, serving: Side, deployed: Side
) -> Iterator[Conflict]:
    other = deployed.functions.get(name)
    if other is None:
        yield _conflict(_FUNCTION, name, name, "it serves, and would be deleted.")
        return
    yield from _resources(name, needs, serving, deployed)
    if needs.role != other.role:
        yield _conflict(
            "role",
            needs.role or "(made by SAM)",
            name,
            "a version keeps the role that it was published with, and an alias cannot "
            "split its traffic between versions of different roles.",
        )
        return
    yield from _permissions(name, needs, other)
    yield from _variables(name, needs, other)
    for layer in needs.layers:
        if layer not in other.layers and layer.startswith("${"):
            logical_id = layer.strip("${}")
            if logical_id not in deployed.resources:
                yield _conflict(
                    "layer", logical_id, name, "the version that serves is built on it."
                )


def _resources(
    name: str, needs: FunctionNeeds, serving: Side, deployed: Side
) -> Iterator[Conflict]:
    for logical_id in sorted(needs.uses):
        needed = serving.resources[logical_id]
        if needed.type in _LAYER_TYPES:
            continue
        now = deployed.resources.get(logical_id)
        kind = {_ROLE: "role", _LOG_GROUP: "log group"}.get(needed.type, "resource")
        if now is None:
            if not needed.kept:
                why = f"it is a {needed.type} that goes away."
                yield _conflict(kind, logical_id, name, why)
        elif now.type != needed.type:
            why = f"it is a {needed.type} and would become a {now.type}."
            yield _conflict(kind, logical_id, name, why)
        elif now.name != needed.name:
            why = (
                f"it would be replaced: its name {needed.name!r} becomes {now.name!r}."
            )
            yield _conflict(kind, logical_id, name, why)


def _permissions(
    name: str, needs: FunctionNeeds, other: FunctionNeeds
) -> Iterator[Conflict]:
    for permission in sorted(needs.permissions):
        action, resource, _ = permission
        label = f"{action} on {resource}"
        if not any(_covers(each, permission) for each in other.permissions):
            why = "its role would allow it no longer, or on less, or under a condition."
            yield _conflict("permission", label, name, why)
        elif any(
            _meet(each, permission) for each in other.denied if each not in needs.denied
        ):
            yield _conflict("permission", label, name, "its role would deny it.")


def _covers(given: Permission, needed: Permission) -> bool:
    """Whether a permission allows all that another did; wildcards count."""
    return (
        fnmatchcase(needed[0].lower(), given[0].lower())
        and _wildcard(needed[1], given[1])
        and given[2] in ("", needed[2])
    )


def _meet(denied: Permission, needed: Permission) -> bool:
    return fnmatchcase(needed[0].lower(), denied[0].lower()) and (
        _wildcard(needed[1], denied[1]) or _wildcard(denied[1], needed[1])
    )


def _wildcard(text: str, pattern: str) -> bool:
    """Match IAM's wildcards only: brackets are text."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def _variables(
    name: str, needs: FunctionNeeds, other: FunctionNeeds
) -> Iterator[Conflict]:
    """A version keeps its own variables; one that is gone says what code no longer has."""
    for variable, value in sorted(needs.variables.items()):
        if variable not in other.variables:
            why = (
                "the code that reads it is still there until every version is replaced."
            )
            yield _conflict("variable", f"{name}.{variable}", name, why)
        elif not value:
            continue


_FIRST_DO = {
    "permission": "keep the statement and release code that does without it",
    "variable": "keep the variable and release code that does without it",
    "resource": "keep it, make the new one beside it, and release code that uses that",
    "layer": "keep the layer and release code that does without it",
    "role": "keep the role and change its statements, or make a new function beside it",
    "log group": "keep it, and make the new one beside it",
    _ROUTE: "keep it, and add the new route beside it",
    _FUNCTION: "keep it, and take its traffic away",
}


def _conflict(kind: str, name: str, needed_by: str, why: str) -> Conflict:
    remedy = (
        f"First {_FIRST_DO[kind]}, with {name!r} under Metadata.NoLongerNeeds of "
        f"{needed_by}; then take it away in the next release."
    )
    return Conflict(kind, name, needed_by, f"{needed_by} needs it, and {why}", remedy)
