"""What README claims names the test that holds it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEFORE, _, HELD = (
    (ROOT / "README.md").read_text("utf-8").partition("## What holds these claims\n")
)
TEST = re.compile(r"tests/[\w/]+\.py::\w+")
# What a recipe may call besides what it has installed itself.
SHELL = {"test", "touch", "rm", "cd", "for", "done", "$(PYTHON)", "PYTHONPATH=tools"}


def _rows() -> list[tuple[str, list[str]]]:
    lines = [line for line in HELD.splitlines() if line.startswith("| ")][1:]
    cells = [[each.strip() for each in line.split("|")[1:-1]] for line in lines]
    return [(claim, re.findall(r"`([^`]+)`", tests)) for claim, tests in cells]


def _plain(text: str) -> str:
    return " ".join(text.split())


@cache
def _tests_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)
    )


@pytest.mark.parametrize(("claim", "tests"), _rows(), ids=lambda each: str(each)[:60])
def test_a_claim_stands_on_the_page_and_its_tests_exist(
    claim: str, tests: list[str]
) -> None:
    assert claim in _plain(BEFORE)
    assert tests
    for each in tests:
        assert TEST.fullmatch(each), each
        path, _, name = each.partition("::")
        assert name in _tests_in(path)


def test_every_section_that_promises_something_has_a_held_claim() -> None:
    sections = re.split(r"^## ", BEFORE, flags=re.M)
    claims = [claim for claim, _ in _rows()]
    bare = [
        section.splitlines()[0]
        for section in sections
        if not any(claim in _plain(section) for claim in claims)
    ]

    assert bare == ["Read on"]


def test_the_makefile_calls_nothing_but_what_it_sets_up() -> None:
    text = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    recipes = [line.strip() for line in text.splitlines() if line.startswith("\t")]
    programs = {line.split()[0] for line in recipes}

    assert len(recipes) > 15
    assert {each for each in programs if not each.startswith("$(BIN)/")} <= SHELL
