"""Findings in SARIF 2.1.0, which code hosts show beside the lines.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from delivery.validate import Finding, Rule
from delivery.validate.summary import Summary

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(
    rules: Iterable[Rule], findings: Iterable[Finding], proven: Summary | None = None
) -> dict[str, Any]:
    """Give a log with one run: the rules that ran, what they found and what is proven."""
    driver = {
        "name": "deploy_pipeline validate",
        "rules": [
            {"id": each.id, "shortDescription": {"text": each.demands}}
            for each in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "results": [_result(each) for each in findings],
        "properties": {"summary": proven.as_data() if proven else None},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": finding.file},
        "region": {"startLine": finding.line or 1},
    }
    return {
        "ruleId": finding.rule,
        "level": finding.level.value,
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
    }
