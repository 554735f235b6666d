"""What a change set would do: resource by resource, property by property."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.intrinsics import Scope
from awsrules.schemas import schema_of
from awsrules.templates import resolve
from rehearsal.cloudformation.causes import Causes, causes_of
from rehearsal.cloudformation.definition import Definition
from rehearsal.cloudformation.model import Resource, Settings, Stack
from rehearsal.cloudformation.values import Lookup, with_stack_tags

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
NO_UPDATES = "No updates are to be performed."
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "Metadata")


def plan_changes(
    stack: Stack, definition: Definition, settings: Settings
) -> list[dict[str, Any]]:
    """List the changes of a change set, in the API's form and the template's order."""
    if stack.definition is None:
        return [
            _change("Add", name, body["Type"], _context(definition, name, settings))
            for name, body in definition.resources.items()
        ]
    comparison = _Comparison(stack, definition, settings)
    kept = [each for each in definition.resources if each in stack.resources]
    changes = {
        name: found for name in comparison.order(kept) if (found := comparison.of(name))
    }
    listed = [
        (
            changes.get(name)
            if name in stack.resources
            else _change(
                "Add",
                name,
                definition.resources[name]["Type"],
                _context(definition, name, settings),
            )
        )
        for name in definition.resources
    ]
    gone = [
        _removal(one)
        for name, one in stack.resources.items()
        if name not in definition.resources
    ]
    return [each for each in [*listed, *gone] if each]


def outputs_differ(stack: Stack, definition: Definition) -> bool:
    """Say whether only the outputs make a difference, which a change set can execute."""
    if stack.definition is None:
        return True
    old, new = (
        {name: _half(each, one.scope) for name, each in one.active_outputs()}
        for one in (stack.definition, definition)
    )
    return old != new


def is_update(stack: Stack, definition: Definition, settings: Settings) -> bool:
    """Say whether UpdateStack has anything to do.

    Policies and outputs alone are none; a resource's Metadata is. Source: CloudFormation
    user guide, "Troubleshooting CloudFormation: No updates to perform".
    """
    if settings.tags != stack.settings.tags:
        return True
    return any(
        set(change["ResourceChange"].get("Scope", ["all"]))
        - {"DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy"}
        for change in plan_changes(stack, definition, settings)
    )


def without_values(change: Mapping[str, Any]) -> dict[str, Any]:
    """Give a change as DescribeChangeSet does unless IncludePropertyValues is asked for."""
    resource = {
        key: value
        for key, value in change["ResourceChange"].items()
        if key not in ("BeforeContext", "AfterContext")
    }
    resource["Details"] = [_bare(each) for each in resource.get("Details", [])]
    return {"Type": "Resource", "ResourceChange": resource}


def _bare(detail: Mapping[str, Any]) -> dict[str, Any]:
    keep = ("Attribute", "Name", "RequiresRecreation")
    target = {key: value for key, value in detail["Target"].items() if key in keep}
    return {**detail, "Target": target}


class _Comparison:
    """Compares the stack's resources with a definition, those it refers to first."""

    def __init__(
        self, stack: Stack, definition: Definition, settings: Settings
    ) -> None:
        assert stack.definition is not None
        self._stack = stack
        self._old: Definition = stack.definition
        self._new = definition
        self._tags = settings.tags
        self._replaced: set[str] = set()
        self._touched: set[str] = set()

    def order(self, names: list[str]) -> list[str]:
        """Put what others refer to in front of them."""
        placed: list[str] = []

        def place(name: str) -> None:
            if name in placed or name not in names:
                return
            for need in sorted(self._new.needs[name]):
                place(need)
            placed.append(name)

        for name in names:
            place(name)
        return placed

    def of(self, name: str) -> dict[str, Any] | None:
        """Give the change of the resource ``name``, or None."""
        current, body = self._stack.resources[name], self._new.resources[name]
        if current.type != body["Type"]:
            self._replaced.add(name)
            return self._modified(name, current, "True", ["Properties"], [])
        details = [*self._details(name, current, body), *self._policies(current, body)]
        if not details:
            return None
        replacement = _replacement(details)
        scope = sorted({each["Target"]["Attribute"] for each in details})
        if set(scope) - set(_POLICIES):
            (self._touched if replacement == "False" else self._replaced).add(name)
        return self._modified(name, current, replacement, scope, details)

    def _modified(
        self,
        name: str,
        current: Resource,
        replacement: str,
        scope: list[str],
        details: list[dict[str, Any]],
    ) -> dict[str, Any]:
        change = _change(
            "Modify",
            name,
            self._new.resources[name]["Type"],
            self._masked(name),
            PhysicalResourceId=current.physical_id,
            Replacement=replacement,
            Scope=scope,
            Details=details,
            BeforeContext=_json(_shown(self._old, current, self._stack.settings)),
        )
        if replacement != "False":
            policy = self._new.resources[name].get("UpdateReplacePolicy", "Delete")
            change["ResourceChange"]["PolicyAction"] = (
                "ReplaceAndDelete" if policy == "Delete" else "ReplaceAndRetain"
            )
        return change

    def _masked(self, name: str) -> dict[str, Any]:
        properties = self._resolve(name, self._new.masked())
        return {"Properties": properties}

    def _resolve(self, name: str, scope: Scope) -> dict[str, Any]:
        body = self._new.resources[name]
        lookup = _Preview(self._stack.resources, self._replaced)
        properties: dict[str, Any] = resolve(
            body.get("Properties") or {}, scope, ref=lookup.ref, att=lookup.att
        )
        return with_stack_tags(body["Type"], properties, self._tags)

    def _details(
        self, name: str, current: Resource, body: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        schema = schema_of(current.type)
        wanted = self._resolve(name, self._new.scope)
        shown = self._resolve(name, self._new.masked())
        raw = body.get("Properties") or {}
        for key in sorted(wanted.keys() | current.properties.keys()):
            before, after = current.properties.get(key), wanted.get(key)
            causes = causes_of(raw.get(key), self._new.scope.parameters)
            moved = [each for each in causes.attributes if self._moves(each)]
            if before == after and not moved:
                continue
            target = {
                "Attribute": "Tags" if key == "Tags" else "Properties",
                "RequiresRecreation": schema.recreation_for(key) if schema else "Never",
                "Path": f"/Properties/{key}",
                "BeforeValue": _json(_shown_value(self._old, before, name, key)),
                "AfterValue": _json(shown.get(key)),
                "AttributeChangeType": _change_type(before, after),
            }
            if key != "Tags":
                target["Name"] = key
            yield from self._reasons(target, causes, moved, dynamic=before == after)

    def _moves(self, attribute: str) -> bool:
        return attribute.split(".")[0] in self._touched | self._replaced

    def _reasons(
        self,
        target: dict[str, Any],
        causes: Causes,
        moved: list[str],
        *,
        dynamic: bool,
    ) -> Iterator[dict[str, Any]]:
        """Give one detail a cause: what moved the property, and whether that is certain."""
        for attribute in moved:
            yield _detail(target, "Dynamic", "ResourceAttribute", attribute)
        for reference in causes.references:
            if reference in self._replaced:
                yield _detail(target, "Static", "ResourceReference", reference)
        if dynamic:
            return
        changed = [name for name in causes.parameters if self._parameter_changed(name)]
        for parameter in changed:
            yield _detail(target, "Static", "ParameterReference", parameter)
        evaluation = "Dynamic" if changed or moved else "Static"
        yield _detail(target, evaluation, "DirectModification", None)

    def _parameter_changed(self, name: str) -> bool:
        old = self._old.scope.parameters
        return name in old and old[name] != self._new.scope.parameters.get(name)

    def _policies(
        self, current: Resource, body: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        for attribute in _POLICIES:
            old, new = (
                _half(one.get(attribute), scope)
                for one, scope in (
                    (current.body, self._old.scope),
                    (body, self._new.scope),
                )
            )
            if old != new:
                target = {"Attribute": attribute, "RequiresRecreation": "Never"}
                yield _detail(target, "Static", "DirectModification", None)


class _Preview(Lookup):
    """Answers what is known before anything is done."""

    def __init__(self, resources: Mapping[str, Resource], replaced: set[str]) -> None:
        super().__init__(resources)
        self._known_ids = set(resources) - replaced

    def ref(self, name: str) -> Any:
        return super().ref(name) if name in self._known_ids else UNKNOWN

    def att(self, name: str, attribute: str) -> Any:
        return super().att(name, attribute) if name in self._known_ids else UNKNOWN


def _detail(
    target: Mapping[str, Any], evaluation: str, source: str, cause: str | None
) -> dict[str, Any]:
    detail = {"Target": dict(target), "Evaluation": evaluation, "ChangeSource": source}
    return {**detail, "CausingEntity": cause} if cause else detail


def _replacement(details: list[dict[str, Any]]) -> str:
    """Sum up: certain if something certain recreates, possible if something may."""
    answer = "False"
    for each in details:
        recreation = each["Target"]["RequiresRecreation"]
        certain = each["Evaluation"] == "Static" or _differs(each["Target"])
        if recreation == "Always" and certain:
            return "True"
        if recreation != "Never":
            answer = "Conditional"
    return answer


def _differs(target: Mapping[str, Any]) -> bool:
    return bool(
        target.get("BeforeValue") != target.get("AfterValue")
        and UNKNOWN not in str(target.get("AfterValue"))
    )


def _change(
    action: str, name: str, type_name: str, context: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    resource = {
        "Action": action,
        "LogicalResourceId": name,
        "ResourceType": type_name,
        "Scope": [],
        "Details": [],
        "AfterContext": _json(context),
        **more,
    }
    return {"Type": "Resource", "ResourceChange": resource}


def _removal(current: Resource) -> dict[str, Any]:
    policy = current.body.get("DeletionPolicy", "Delete")
    change = _change(
        "Remove",
        current.logical_id,
        current.type,
        {},
        PhysicalResourceId=current.physical_id,
        PolicyAction="Retain" if policy.startswith("Retain") else policy,
    )
    del change["ResourceChange"]["AfterContext"]
    return change


def _context(definition: Definition, name: str, settings: Settings) -> dict[str, Any]:
    body = definition.resources[name]
    lookup = _Preview({}, set())
    properties = resolve(
        body.get("Properties") or {},
        definition.masked(),
        ref=lookup.ref,
        att=lookup.att,
    )
    return {"Properties": with_stack_tags(body["Type"], properties, settings.tags)}


def _shown(
    definition: Definition, current: Resource, settings: Settings
) -> dict[str, Any]:
    return {
        "Properties": {
            key: _shown_value(definition, value, current.logical_id, key)
            for key, value in current.properties.items()
        }
    }


def _shown_value(definition: Definition, value: Any, name: str, key: str) -> Any:
    """Give an old value unless a NoEcho parameter went into it."""
    body = definition.resources.get(name, {})
    causes = causes_of(
        (body.get("Properties") or {}).get(key), definition.scope.parameters
    )
    return "****" if definition.hidden & set(causes.parameters) else value


def _change_type(before: Any, after: Any) -> str:
    if before is None:
        return "Add"
    return "Remove" if after is None else "Modify"


def _half(value: Any, scope: Scope) -> Any:
    return resolve(value, scope) if value is not None else None


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
