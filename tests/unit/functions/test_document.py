"""From text to a JSON object, or the problem and its path."""

from __future__ import annotations

import json
from typing import Any

import pytest
from medical_records.fhir.document import MAX_DEPTH, read_document
from medical_records.problem import Problem


def _problem(text: str) -> Problem:
    problem = read_document(text)
    assert isinstance(problem, Problem)
    return problem


def _nested(depth: int) -> Any:
    value: Any = "leaf"
    for _ in range(depth):
        value = {"extension": [value]}
    return value


def test_text_that_is_not_json_is_named_by_line_and_column() -> None:
    problem = _problem('{\n  "resourceType": Bundle}')

    assert (problem.status, problem.code, problem.path) == (400, "not_json", "Bundle")
    assert "line 2, column 19" in problem.message


@pytest.mark.parametrize("text", ["[]", "null", "3", '"Bundle"', "true"])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    assert _problem(text).code == "wrong_type"


def test_deep_nesting_is_refused_at_the_entry_that_nests() -> None:
    entries = [{"resource": {}}, {"resource": _nested(MAX_DEPTH)}]

    problem = _problem(json.dumps({"resourceType": "Bundle", "entry": entries}))

    assert (problem.code, problem.path) == ("too_deep", "Bundle.entry[1]")


def test_deep_nesting_outside_the_entries_is_refused_at_the_bundle() -> None:
    problem = _problem(json.dumps({"entry": [{}], "extension": [_nested(MAX_DEPTH)]}))

    assert (problem.code, problem.path) == ("too_deep", "Bundle")


def test_nesting_beyond_the_interpreters_stack_is_refused() -> None:
    assert _problem('{"a":' * 100_000).code in ("too_deep", "not_json")
    assert _problem("[" * 100_000 + "]" * 100_000).path == "Bundle"


def test_brackets_inside_strings_do_not_nest() -> None:
    text = json.dumps({"text": "[{" * 1000, "quote": 'a"[[', "slash": "\\"})

    assert read_document(text) == json.loads(text)


def test_deepest_that_is_allowed_is_read() -> None:
    text = json.dumps(_nested(MAX_DEPTH // 2))

    assert read_document(text) == json.loads(text)


def test_repeated_name_is_refused() -> None:
    assert _problem('{"type":"batch","type":"batch"}').code == "repeated_name"
