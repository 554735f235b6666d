"""The import arrows between trees and stages, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[3]
SRC = ROOT / "src"
TREES = {"delivery", "rehearsal", "awsrules", "medical_records", "traffic_hooks"}
ALLOWED_TREES = {
    "delivery": {"awsrules"},
    "rehearsal": {"awsrules"},
    "awsrules": set(),
    "medical_records": set(),
    "traffic_hooks": set(),
}
# Two trees are zip roots: their package is one folder down.
FOLDERS = {"medical_records": "functions", "traffic_hooks": "hooks"}
# What every stage may use, and the stages. `validate` may also read `strategy`.
SHARED = {"model", "names", "errors", "ports", "drawing"}
STAGES = {
    "config",
    "render",
    "supply",
    "validate",
    "deploy",
    "watch",
    "strategy",
    "cost",
    "ledger",
    "review",
    "rollback",
    "verify",
    "coexist",
    "operate",
    "measure",
    "promote",
    "report",
    "maintain",
}
HEAVY = {
    "boto3",
    "botocore",
    "cyclonedx",
    "packageurl",
    "requests",
    "rich",
    "cfnlint",
    "samtranslator",
    "jsonschema",
    "ruamel",
}


@dataclass(frozen=True)
class Import:
    """One import statement: the file, its line, the module, and whether it runs at load."""

    file: Path
    line: int
    module: str
    at_load: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


@cache
def _imports(folder: Path) -> tuple[Import, ...]:
    return tuple(
        item
        for file in sorted(folder.rglob("*.py"))
        for item in _walk(
            ast.parse(file.read_text(encoding="utf-8")), file, at_load=True
        )
    )


def _walk(node: ast.AST, file: Path, *, at_load: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(file, child.lineno, alias.name, at_load)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield Import(file, child.lineno, child.module, at_load)
            for alias in child.names:
                yield Import(
                    file, child.lineno, f"{child.module}.{alias.name}", at_load
                )
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _walk(child, file, at_load=at_load and not inside)


def _part_of_delivery(item: Import) -> str:
    relative = item.file.relative_to(SRC / "delivery")
    return relative.parts[0].removesuffix(".py")


def _delivery_part_imported(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "delivery" or len(parts) < 2:
        return None
    return parts[1]


@pytest.mark.parametrize("tree", sorted(ALLOWED_TREES))
def test_trees_import_only_the_trees_they_may(tree: str) -> None:
    folder = SRC / FOLDERS.get(tree, tree)
    wrong = [
        str(item)
        for item in _imports(folder)
        if (top := item.module.split(".")[0]) in TREES - {tree}
        and top not in ALLOWED_TREES[tree]
    ]
    assert wrong == []


def test_only_the_aws_package_of_the_tool_imports_boto3() -> None:
    wrong = [
        str(item)
        for item in _imports(SRC / "delivery")
        if item.module.split(".")[0] in {"boto3", "botocore"}
        and _part_of_delivery(item) != "aws"
    ]
    assert wrong == []


def test_the_aws_package_is_imported_by_the_wiring_alone() -> None:
    wiring = SRC / "delivery" / "cli" / "wiring"
    wrong = [
        str(item)
        for item in _imports(SRC / "delivery")
        if _delivery_part_imported(item.module) == "aws"
        and _part_of_delivery(item) != "aws"
        and item.file.parent != wiring
    ]
    assert wrong == []


def test_the_modules_of_the_wiring_build_on_one_another_in_one_order() -> None:
    order = ("places", "surroundings", "adapters", "releases", "pipeline", "undo")
    wiring = SRC / "delivery" / "cli" / "wiring"
    ranks = {name: rank for rank, name in enumerate((*order, "__init__"))}
    assert {file.stem for file in wiring.glob("*.py")} == set(ranks)
    wrong = [
        str(item)
        for item in _imports(wiring)
        if item.module.startswith("delivery.cli.wiring.")
        and ranks[item.module.split(".")[3]] >= ranks[item.file.stem]
    ]
    assert wrong == []


def test_stages_do_not_import_each_other() -> None:
    allowed = {("validate", "strategy")}
    wrong = [
        str(item)
        for item in _imports(SRC / "delivery")
        if (stage := _part_of_delivery(item)) in STAGES
        and (other := _delivery_part_imported(item.module)) is not None
        and other != stage
        and other not in SHARED
        and (stage, other) not in allowed
    ]
    assert wrong == []


def test_flows_know_neither_click_nor_screens() -> None:
    wrong = [
        str(item)
        for item in _imports(SRC / "delivery" / "flows")
        if item.module.split(".")[0] in {"click", "rich"}
        or _delivery_part_imported(item.module) in {"cli", "aws"}
    ]
    assert wrong == []


def test_what_is_slow_to_import_is_imported_where_it_is_used() -> None:
    wrong = [
        str(item)
        for item in _imports(SRC / "delivery")
        if item.at_load and item.module.split(".")[0] in HEAVY
        # An adapter is itself imported only when a command talks to AWS.
        and _part_of_delivery(item) != "aws"
    ]
    assert wrong == []


def test_a_module_of_commands_loads_no_stage_so_that_help_is_quick() -> None:
    folder = SRC / "delivery" / "cli"
    commands = {
        file
        for file in folder.glob("*.py")
        if "@click.command" in file.read_text(encoding="utf-8")
    }
    assert len(commands) > 15
    wrong = [
        str(item)
        for item in _imports(folder)
        if item.file in commands
        and item.at_load
        and _delivery_part_imported(item.module) not in {None, "cli", "names", "errors"}
    ]
    assert wrong == []
