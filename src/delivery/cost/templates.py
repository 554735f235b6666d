"""A template with one set of parameters: which resources exist, and with which values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.templates import NO_VALUE, Scope, evaluate_conditions, resolve


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that exists; what only AWS knows is a text such as ``${Bucket.Arn}``."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stack:
    """A template's resources as they exist, its shared properties and its outputs."""

    resources: tuple[Resource, ...]
    shared: Mapping[str, Any]
    outputs: Mapping[str, Any]

    def of(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of some types."""
        return (each for each in self.resources if each.type in types)


def read_template(
    template: Mapping[str, Any], offered: Mapping[str, str], *, region: str
) -> Stack:
    """Decide conditions and values, by ``offered`` parameters and the defaults.

    Raises:
        TemplateError: for a condition or a mapping that does not exist.
    """
    declared: Mapping[str, Any] = template.get("Parameters") or {}
    known = {
        name: offered.get(name, each.get("Default", _token(name)))
        for name, each in declared.items()
    }
    pseudo = {
        "AWS::Region": region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        **{f"AWS::{each}": _token(each) for each in ("AccountId", "StackName")},
        "AWS::StackId": _token("StackId"),
    }
    conditions = evaluate_conditions(template, known, pseudo)
    scope = Scope(known, template.get("Mappings") or {}, conditions, pseudo)

    def decided(value: Any) -> dict[str, Any]:
        found = resolve(value, scope, ref=_token, att=_attribute)
        return {} if found is NO_VALUE or not isinstance(found, dict) else found

    shared = template.get("Globals") or {}
    resources = (
        Resource(name, str(each.get("Type")), decided(each.get("Properties") or {}))
        for name, each in (template.get("Resources") or {}).items()
        if conditions.get(each.get("Condition", ""), "Condition" not in each)
    )
    return Stack(
        tuple(resources),
        {name: decided(each) for name, each in shared.items()},
        {
            name: resolve(each.get("Value"), scope, ref=_token, att=_attribute)
            for name, each in (template.get("Outputs") or {}).items()
        },
    )


def _token(name: str) -> str:
    return "${" + name + "}"


def _attribute(logical_id: str, attribute: str) -> str:
    return _token(f"{logical_id}.{attribute}")


def named(value: Any) -> str:
    """Return the logical id of what a value such as ``${Bucket.Arn}`` refers to."""
    text = str(value or "")
    return text[2:-1].partition(".")[0] if text.startswith("${") else ""
