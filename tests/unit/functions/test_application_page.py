"""What docs/application.md says is what the application does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from medical_records import json_text
from medical_records.analysis.analyze import analyze
from medical_records.fhir.bundle import PatientRecord, read_bundle
from medical_records.telemetry import _counter

_ROOT = Path(__file__).resolve().parents[3]
_PAGE = (_ROOT / "docs" / "application.md").read_text(encoding="utf-8")
_CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted((_ROOT / "src" / "functions").rglob("*.py"))
).replace("from __future__ import annotations", "")


def _block(name: str) -> str:
    match = re.search(rf"```json {name}\n(.*?)```", _PAGE, re.DOTALL)
    assert match, name
    return match[1]


def test_bundle_of_the_page_gives_the_analysis_of_the_page() -> None:
    record = read_bundle(json_text.read(_block("bundle")))
    assert isinstance(record, PatientRecord), record

    expected = json_text.read(_block("analysis"))

    assert json_text.canonical(analyze(record)) == json_text.canonical(expected)


def test_codes_of_the_page_are_those_of_the_code() -> None:
    table = _PAGE.split("| Status | Codes |")[1].split("API Gateway refuses")[0]

    told = set(re.findall(r"`([a-z_]+)`", table))

    makers = ("Problem", "Finding", "malformed", "unprocessable")
    assert told == _constants(makers, r"[a-z]+(_[a-z]+)+|missing|unavailable")


def test_metrics_of_the_page_are_those_of_the_code() -> None:
    table = _PAGE.split("| Metric | Counts |")[1].split("**No record")[0]
    cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]

    told = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}

    outcomes = {"Served", "Refused", "Unavailable"}
    assert told == outcomes | _constants(("count", "add_metric"), r"[A-Z]\w+")
    assert outcomes == {_counter(status) for status in (200, 404, 503)}


def test_every_variable_of_the_page_is_read_by_the_code() -> None:
    table = _PAGE.split("| Variable | Meaning |")[1].split("## ")[0]
    told = set(re.findall(r"`([A-Z_]+)`", table))

    read = set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', _CODE))

    # Lambda sets the version; Powertools reads its level by itself.
    assert told - {"POWERTOOLS_LOG_LEVEL"} == read - {"AWS_LAMBDA_FUNCTION_VERSION"}


def _constants(callees: tuple[str, ...], pattern: str) -> set[str]:
    """Return the strings of this form that are arguments of calls to ``callees``."""
    found: set[str] = set()
    for call in ast.walk(ast.parse(_CODE)):
        if isinstance(call, ast.Call) and _name(call.func) in callees:
            constants = (n for n in ast.walk(call) if isinstance(n, ast.Constant))
            found |= {str(n.value) for n in constants}
    return {text for text in found if re.fullmatch(pattern, text)}


def _name(function: ast.expr) -> str:
    return str(getattr(function, "attr", getattr(function, "id", "")))
