"""The folder that becomes the Lambda zip: complete, pinned, and importable alone."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from medical_records.release import RELEASE_FILE, release

_ROOT = Path(__file__).resolve().parents[3] / "src" / "functions"
_MODULES = sorted(_ROOT.rglob("*.py"))
# What the package may import: the language, its requirements, and Lambda's own boto3.
_ALLOWED = {"aws_lambda_powertools", "boto3", "botocore", "medical_records"}


def test_root_of_the_zip_is_no_package() -> None:
    assert not (_ROOT / "__init__.py").exists()
    assert RELEASE_FILE == _ROOT / "RELEASE"


def test_release_is_one_line() -> None:
    assert RELEASE_FILE.read_text(encoding="utf-8").splitlines() == [release()]


def test_every_requirement_is_pinned_and_hashed() -> None:
    text = (_ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    requirements = "\n".join(lines).replace("\\\n", "").splitlines()

    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+==[0-9.]+ +--hash=sha256:", requirement)
    assert "tracer" not in requirements


def test_nothing_is_imported_that_lambda_does_not_have() -> None:
    for module in _MODULES:
        for name in _imported(module):
            assert name in _ALLOWED or name in sys.stdlib_module_names, (module, name)


def test_boto3_waits_until_it_is_needed() -> None:
    """A cold start that answers a refusal does not pay for a client of AWS."""
    for module in _MODULES:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        assert not _names(tree.body) & {"boto3"}, module


def _imported(module: Path) -> set[str]:
    return _names(list(ast.walk(ast.parse(module.read_text(encoding="utf-8")))))


def _names(nodes: list[ast.stmt] | list[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names
