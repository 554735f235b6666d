"""Read test results (JUnit) and coverage (Cobertura) as CodeBuild's report groups do.

Source: "Working with test reports" and "Code coverage reports", AWS CodeBuild user guide.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree  # nosec B405
from collections import Counter
from pathlib import Path
from typing import Any

STATUSES = ("SUCCEEDED", "FAILED", "ERROR", "SKIPPED", "UNKNOWN")
_OUTCOMES = (("failure", "FAILED"), ("error", "ERROR"), ("skipped", "SKIPPED"))


def read_junit(path: Path) -> list[dict[str, Any]]:
    """Return the test cases of one JUnit file, with the API's member names."""
    # Our own builds wrote these files; nobody else's XML comes here.
    root = ElementTree.parse(path).getroot()  # nosec B314
    return [_test_case(case) for case in root.iter("testcase")]


def summarise_tests(cases: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a ``TestReportSummary``."""
    counts = Counter(case["status"] for case in cases)
    return {
        "total": len(cases),
        "statusCounts": {status: counts.get(status, 0) for status in STATUSES},
        "durationInNanoSeconds": sum(case["durationInNanoSeconds"] for case in cases),
    }


def read_cobertura(path: Path) -> dict[str, Any]:
    """Return a ``CodeCoverageReportSummary`` of one Cobertura file."""
    root = ElementTree.parse(path).getroot()  # nosec B314
    lines, covered = int(root.get("lines-valid", 0)), int(root.get("lines-covered", 0))
    branches = int(root.get("branches-valid", 0))
    taken = int(root.get("branches-covered", 0))
    return {
        "lineCoveragePercentage": _percentage(covered, lines),
        "linesCovered": covered,
        "linesMissed": lines - covered,
        "branchCoveragePercentage": _percentage(taken, branches),
        "branchesCovered": taken,
        "branchesMissed": branches - taken,
    }


def _test_case(case: ElementTree.Element) -> dict[str, Any]:
    status, message = "SUCCEEDED", ""
    for tag, meaning in _OUTCOMES:
        if (child := case.find(tag)) is not None:
            status, message = meaning, child.get("message") or child.text or ""
    return {
        "name": case.get("name", ""),
        "prefix": case.get("classname", ""),
        "status": status,
        "durationInNanoSeconds": int(float(case.get("time") or 0) * 1e9),
        "message": message,
    }


def _percentage(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 100.0
