"""From the text of a request to a JSON tree that is safe to walk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from medical_records import json_text
from medical_records.problem import Problem, malformed, unprocessable

# The deepest real resources (a questionnaire's items, nested extensions) stay under 30.
MAX_DEPTH = 64

_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


def read_document(text: str) -> dict[str, Any] | Problem:
    """Return the JSON object in ``text``."""
    too_deep = _nesting(text) > MAX_DEPTH
    try:
        tree = json_text.read(text)
    except json_text.NotJson as error:
        return malformed("Bundle", "not_json", _where(error))
    except json_text.RepeatedName:
        message = "An object in the body has the same name twice."
        return malformed("Bundle", "repeated_name", message)
    except json_text.TooDeep:
        return _too_deep("Bundle")
    if too_deep:
        return _too_deep(_deep_place(tree))
    if not isinstance(tree, dict):
        return unprocessable("Bundle", "wrong_type", "The body is not a JSON object.")
    return tree


def _nesting(text: str) -> int:
    """Return how deep the brackets of ``text`` nest, at the speed of a scan."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _too_deep(path: str) -> Problem:
    message = f"It nests deeper than {MAX_DEPTH} levels."
    return unprocessable(path, "too_deep", message)


def _deep_place(tree: Any) -> str:
    """Name the first entry that is too deep, or the bundle where it is not an entry."""
    entries = tree.get("entry") if isinstance(tree, dict) else None
    if isinstance(entries, list):
        for index, entry in enumerate(entries):
            if _deeper_than(entry, MAX_DEPTH - 2):
                return f"Bundle.entry[{index}]"
    return "Bundle"


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return any(isinstance(item, dict | list) for item in level)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _where(error: json_text.NotJson) -> str:
    if not error.line:
        return "The body is not JSON."
    return f"The body is not JSON from line {error.line}, column {error.column}."
