"""Another team's application needs no change of the tool: nothing in it names ours."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsrules.templates import load_template

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[3]
TOOL = ("delivery", "rehearsal", "awsrules", "hooks")


def _names() -> set[str]:
    """The functions' logical ids, aliases' outputs and packages of our application."""
    text = (ROOT / "templates" / "template.yaml").read_text(encoding="utf-8")
    template = load_template(text, name="template.yaml")
    functions = {
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function"
    }
    packages = {
        each.name for each in (ROOT / "src/functions").iterdir() if each.is_dir()
    }
    return functions | {each for each in packages if not each.startswith("__")}


def _words(file: Path) -> Iterator[str]:
    """The texts and names of a module, without what only explains."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    explaining = {
        id(each.body[0].value)
        for each in ast.walk(tree)
        if isinstance(each, ast.Module | ast.ClassDef | ast.FunctionDef)
        and each.body
        and isinstance(each.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in explaining:
                yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("tree", TOOL)
def test_no_tool_code_names_a_function_of_the_application(tree: str) -> None:
    names = _names()
    assert len(names) > 4
    told = [
        f"{file.relative_to(ROOT)} names {name}"
        for file in sorted((ROOT / "src" / tree).rglob("*.py"))
        for word in _words(file)
        for name in names
        if name in word
    ]

    assert told == []
