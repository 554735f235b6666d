"""docs/configuration.md tells every key as the schema has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.config.problems import load_schema

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
SHARED = ("project", "compliance", "foundation", "pipeline")


def _leaves(properties: dict[str, Any], path: tuple[str, ...] = ()):
    for name, rule in properties.items():
        if "properties" in rule:
            yield from _leaves(rule["properties"], (*path, name))
        else:
            yield ".".join((*path, name)), rule


def _all_leaves():
    schema = load_schema()
    yield from _leaves(schema["$defs"]["settings"]["properties"])
    for block in SHARED:
        yield from _leaves(schema["properties"][block]["properties"], (block,))


@pytest.mark.parametrize(
    ("key", "rule"), [pytest.param(key, rule, id=key) for key, rule in _all_leaves()]
)
def test_the_page_has_a_row_for_every_key(key: str, rule: dict[str, Any]) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{key}` |")]

    assert rule["description"] in row
    for bound in ("minimum", "maximum"):
        assert str(rule.get(bound, "")) in row
    if "default" in rule and not isinstance(rule["default"], list):
        default = rule["default"]
        shown = default if isinstance(default, str) else json.dumps(default)
        assert f"| {shown or 'empty'} |" in row


def test_the_page_has_no_row_for_a_key_that_is_not() -> None:
    known = {key for key, _ in _all_leaves()}
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]

    told = {line.split("`")[1] for line in rows if line.count(" | ") == 3}
    assert told == known
