"""Values of templates as texts, so that two templates' values compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsrules.intrinsics import Scope, evaluate_conditions

# What only a deployment knows, the same for every template.
_UNKNOWN = {
    "AWS::Region": "region",
    "AWS::AccountId": "account",
    "AWS::Partition": "aws",
    "AWS::StackName": "stack",
    "AWS::StackId": "stack",
    "AWS::URLSuffix": "amazonaws.com",
}


def scope_of(document: Mapping[str, Any], given: Mapping[str, str]) -> Scope:
    """Return what is known of a template's values: parameters, mappings, conditions.

    Raises:
        TemplateError: for a condition that cannot be decided.
    """
    defaults = {
        name: str(body["Default"])
        for name, body in (document.get("Parameters") or {}).items()
        if "Default" in body
    }
    parameters = {**defaults, **given}
    conditions = evaluate_conditions(document, parameters, _UNKNOWN)
    return Scope(parameters, document.get("Mappings") or {}, conditions, _UNKNOWN)


def written(value: Any) -> str:
    """Return a resolved value as one text, with what is left of references as ${Name}."""
    match value:
        case None:
            return ""
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": str(text)}:
            return text
        case dict():
            pairs = (f"{key}: {written(each)}" for key, each in sorted(value.items()))
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(written(each) for each in value) + "]"
        case _:
            return str(value)
