"""What a property's value is made from: the reasons of its changes."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any


class Causes:
    """The parameters, resources and attributes that a property's value is made from."""

    def __init__(self) -> None:
        self.parameters: list[str] = []
        self.references: list[str] = []
        self.attributes: list[str] = []


def causes_of(value: Any, parameters: Container[str]) -> Causes:
    """Find what ``value`` is made from; ``parameters`` are the names declared as such."""
    found = Causes()

    def ref(name: str) -> None:
        (found.parameters if name in parameters else found.references).append(name)

    def walk(each: Any) -> None:
        match each:
            case {"Ref": str(name), **rest} if not rest:
                ref(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                found.attributes.append(f"{name}.{attribute}")
            case {"Fn::GetAtt": str(whole)}:
                found.attributes.append(whole)
            case {"Fn::Sub": str(text)}:
                _variables(text, ref, found.attributes)
            case {"Fn::Sub": [str(text), dict(given)]}:
                _variables(text, ref, found.attributes, given)
                walk(given)
            case dict():
                for one in each.values():
                    walk(one)
            case list():
                for one in each:
                    walk(one)

    walk(value)
    for names in (found.parameters, found.references, found.attributes):
        names[:] = dict.fromkeys(names)
    return found


def _variables(
    text: str, ref: Any, attributes: list[str], given: Mapping[str, Any] | None = None
) -> None:
    for name in re.findall(r"\$\{([^!}][^}]*)\}", text):
        if name in (given or {}) or name.startswith("AWS::"):
            continue
        attributes.append(name) if "." in name else ref(name)
