"""Find property mistakes before anything is provisioned, as early validation does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from awsrules.schemas import (
    broken_constraints,
    missing_properties,
    read_only_given,
    schema_of,
    unknown_properties,
)
from awsrules.templates import resolve
from rehearsal.cloudformation.definition import Definition
from rehearsal.cloudformation.gates import invalid
from rehearsal.cloudformation.model import Resource
from rehearsal.cloudformation.resources.existing import conflict, given_name

_FAILED = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::{}]. To troubleshoot "
    "Early Validation errors, use the DescribeEvents API for detailed failure information."
)
PROPERTIES, NAMES = "PROPERTY_VALIDATION", "NAME_CONFLICT_VALIDATION"
_HOOKS = {PROPERTIES: "PropertyValidation", NAMES: "ResourceExistenceCheck"}


def findings(
    definition: Definition,
    current: Mapping[str, Resource],
    client: Callable[[str], Any],
) -> list[dict[str, Any]]:
    """List what no deployment can get past, as the events of a change set have it.

    Names are looked at only when the properties are right.
    """
    found = [
        _finding(name, body, PROPERTIES, reason)
        for name, body in definition.resources.items()
        for reason in _problems(definition, body)
    ]
    return found or list(_conflicts(definition, current, client))


def explanation(found: list[dict[str, Any]]) -> str:
    """Give the status reason of a change set with findings."""
    return _FAILED.format(_HOOKS[found[0]["ValidationName"]])


def refuse_findings(definition: Definition) -> None:
    """Refuse a template whose properties are wrong.

    Raises:
        ApiError: naming the first of them.
    """
    for name, body in definition.resources.items():
        for reason in _problems(definition, body):
            raise invalid(f"{_FAILED.format(_HOOKS[PROPERTIES])} {name}: {reason}")


def _conflicts(
    definition: Definition,
    current: Mapping[str, Resource],
    client: Callable[[str], Any],
) -> Iterator[dict[str, Any]]:
    for name, body in definition.resources.items():
        properties = resolve(body.get("Properties") or {}, definition.scope)
        before = current[name].properties if name in current else {}
        chosen = given_name(body["Type"], properties)
        if chosen and chosen != given_name(body["Type"], before):
            if reason := conflict(body["Type"], properties, client):
                yield _finding(name, body, NAMES, reason)


def _finding(name: str, body: Any, validation: str, reason: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": name,
        "ResourceType": body["Type"],
        "ValidationName": validation,
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": reason,
        "ValidationPath": f"/Resources/{name}/Properties",
        "ValidationFailureMode": "FAIL",
    }


def _problems(definition: Definition, body: Any) -> list[str]:
    schema = schema_of(body["Type"])
    if schema is None:
        if body["Type"].startswith("AWS::"):
            return [f"Unrecognized resource type: {body['Type']}"]
        return []
    properties = resolve(body.get("Properties") or {}, definition.scope)
    return [
        *(
            f"Unsupported property [{path}]"
            for path in unknown_properties(schema, properties)
        ),
        *broken_constraints(schema, properties),
        *(
            f"Required property [{name}] not found"
            for name in missing_properties(schema, properties)
        ),
        *(
            f"Encountered read-only property [{name}]"
            for name in read_only_given(schema, properties)
        ),
    ]
