"""What docs/security.md names is there: resources, rules, tests."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from awsrules.templates import load_template
from delivery.validate import RULES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TEMPLATES = ("foundation", "pipeline", "template")
SPECIFICATIONS = (
    "(a)(1)",
    "(a)(2)(i)",
    "(a)(2)(ii)",
    "(a)(2)(iii)",
    "(a)(2)(iv)",
    "(b)",
    "(c)(1)",
    "(c)(2)",
    "(d)",
    "(e)(1)",
    "(e)(2)(i)",
    "(e)(2)(ii)",
)
TEST = re.compile(r"tests/[\w/]+\.py::\w+")
# Sections whose every sentence is a claim; the others are procedures and risks.
CLAIMING = (
    "Who may do what",
    "The audit trail",
    "Encryption, and its one exception",
    "Supply chain",
    "The ledger",
)
# What is spelled like a resource and is a call of AWS.
CALLS = {"GetObject"}


def _rows() -> list[list[str]]:
    section = PAGE.partition("## The safeguards\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def _quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def _template(name: str) -> dict[str, Any]:
    path = ROOT / "templates" / f"{name}.yaml"
    found: dict[str, Any] = load_template(path.read_text("utf-8"), name=path.name)
    return found


def _declared(section: str) -> set[str]:
    return {each for name in TEMPLATES for each in _template(name).get(section, {})}


def _actions() -> set[str]:
    text = (ROOT / "templates" / "pipeline.yaml").read_text(encoding="utf-8")
    return set(re.findall(r"- Name: (\w+)\n", text))


def _exported() -> set[str]:
    """The variables that a build leaves with its execution."""
    spec = yaml.safe_load((ROOT / "buildspec.yml").read_text(encoding="utf-8"))
    return set(spec["env"]["exported-variables"])


@cache
def _tests_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    )


def test_every_specification_has_its_row() -> None:
    assert [row[0].partition(" ")[0] for row in _rows()] == list(SPECIFICATIONS)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_a_safeguard_names_resources_that_exist(row: list[str]) -> None:
    named = _quoted(row[1])
    assert named
    assert set(named) <= _declared("Resources")


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_a_safeguard_is_proven_by_rules_and_tests_that_exist(row: list[str]) -> None:
    proofs = _quoted(row[2])
    rules = {rule.id for rule in RULES}
    assert proofs
    assert [each for each in proofs if "::" not in each and each not in rules] == []
    assert all(TEST.fullmatch(each) for each in proofs if "::" in each)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_an_addressable_safeguard_has_its_decision(row: list[str]) -> None:
    addressable = row[0].endswith(", addressable")
    assert addressable or row[0].endswith(", required")
    assert bool(row[3]) == addressable
    if addressable:
        assert row[3].startswith(("Implemented", "Alternative: "))


def _claims() -> list[str]:
    """Each row, bullet and paragraph of the sections that say what is so."""
    found: list[str] = []
    for title in CLAIMING:
        section = PAGE.partition(f"## {title}\n")[2]
        text = re.split(r"^##+ ", section, flags=re.M)[0]
        for block in re.split(r"\n\n|\n(?=- )", text):
            lines = block.strip().splitlines()
            found.extend(
                lines[2:] if lines and lines[0].startswith("|") else ["\n".join(lines)]
            )
    return [each for each in found if each.strip()]


@pytest.mark.parametrize("claim", _claims(), ids=lambda claim: claim[:40])
def test_a_claim_names_the_rule_or_the_test_that_holds_it(claim: str) -> None:
    rules = {rule.id for rule in RULES}
    assert TEST.search(claim) or rules & set(_quoted(claim))


@pytest.mark.parametrize("named", dict.fromkeys(TEST.findall(PAGE)))
def test_a_test_that_the_page_names_exists(named: str) -> None:
    path, _, name = named.partition("::")
    assert name in _tests_in(path)


def test_the_text_names_nothing_that_is_gone() -> None:
    known = _declared("Resources") | _declared("Parameters") | _actions() | CALLS
    known |= _exported()
    named = {each for each in _quoted(PAGE) if re.fullmatch(r"[A-Z]\w+", each)}
    assert len(named) > 20
    assert named - known == set()
    rules = {rule.id for rule in RULES}
    spelled = {each for each in _quoted(PAGE) if re.fullmatch(r"[a-z]+-[a-z-]+", each)}
    assert spelled - rules == set()


def test_pages_that_notices_send_people_to_exist() -> None:
    text = (ROOT / "templates" / "pipeline.yaml").read_text(encoding="utf-8")
    pages = set(re.findall(r"docs/[\w-]+\.md", text))
    assert "docs/security.md" in pages
    assert [page for page in pages if not (ROOT / page).exists()] == []
