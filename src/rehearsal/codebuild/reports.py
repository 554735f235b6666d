"""Report groups and reports: JUnit results and Cobertura coverage, as the Report API tells them."""

from __future__ import annotations

import threading
import uuid
import xml.etree.ElementTree as ElementTree  # nosec B405 - files our own build wrote
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from awsrules.buildspec import Report

STATUSES = ("SUCCEEDED", "FAILED", "ERROR", "SKIPPED", "UNKNOWN")


def read_junit(path: Path) -> list[dict[str, Any]]:
    """Return the test cases of one JUnit file."""
    root = ElementTree.parse(path).getroot()  # nosec B314
    return [_test_case(case) for case in root.iter("testcase")]


def _test_case(case: ElementTree.Element) -> dict[str, Any]:
    status, message = "SUCCEEDED", ""
    for tag, meaning in (
        ("failure", "FAILED"),
        ("error", "ERROR"),
        ("skipped", "SKIPPED"),
    ):
        if (child := case.find(tag)) is not None:
            status, message = meaning, child.get("message") or child.text or ""
    return {
        "name": case.get("name", ""),
        "prefix": case.get("classname", ""),
        "status": status,
        "durationInNanoSeconds": int(float(case.get("time") or 0) * 1e9),
        "message": message,
    }


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


def _percentage(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 100.0


class ReportStore:
    """All report groups and reports. Thread-safe."""

    def __init__(self, region: str, account: str) -> None:
        self._prefix = f"arn:aws:codebuild:{region}:{account}"
        self._lock = threading.Lock()
        self.groups: dict[str, dict[str, Any]] = {}
        self.reports: dict[str, dict[str, Any]] = {}
        self.cases: dict[str, list[dict[str, Any]]] = {}

    def put_group(self, group: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Create or change a report group; returns it as the API tells it."""
        arn = f"{self._prefix}:report-group/{group['name']}"
        with self._lock:
            known = self.groups.get(arn, {"created": now, "status": "ACTIVE"})
            export = group.get("exportConfig", {"exportConfigType": "NO_EXPORT"})
            self.groups[arn] = {
                **known,
                "exportConfig": export,
                **group,
                "arn": arn,
                "lastModified": now,
            }
            return self.groups[arn]

    def publish(
        self,
        report: Report,
        files: list[Path],
        *,
        project: str,
        build_arn: str,
        now: datetime,
    ) -> str:
        """Read ``files`` into a new report of ``report``'s group; returns its ARN."""
        group = self._group_of(report, project, now)
        arn = f"{self._prefix}:report/{group['name']}:{uuid.uuid4()}"
        record: dict[str, Any] = {
            "arn": arn,
            "type": group["type"],
            "name": f"{group['name']}-{now:%Y%m%d%H%M%S}",
            "reportGroupArn": group["arn"],
            "executionId": build_arn,
            "created": now,
            "exportConfig": group["exportConfig"],
            "truncated": False,
        }
        cases: list[dict[str, Any]] = []
        if report.is_coverage:
            record["codeCoverageSummary"] = read_cobertura(files[0])
        else:
            for path in files:
                cases += [
                    {**case, "reportArn": arn, "testRawDataPath": path.name}
                    for case in read_junit(path)
                ]
            record["testSummary"] = summarise_tests(cases)
        bad = any(case["status"] in ("FAILED", "ERROR") for case in cases)
        record["status"] = "FAILED" if bad else "SUCCEEDED"
        with self._lock:
            self.reports[arn], self.cases[arn] = record, cases
        return arn

    def reports_of(self, group_arn: str | None = None) -> list[str]:
        """Return ARNs of reports, newest first."""
        with self._lock:
            return [
                arn
                for arn, report in reversed(self.reports.items())
                if group_arn in (None, report["reportGroupArn"])
            ]

    def _group_of(self, report: Report, project: str, now: datetime) -> dict[str, Any]:
        if report.group in self.groups:
            return self.groups[report.group]
        name = report.group.rpartition("/")[2]
        if not report.group.startswith("arn:"):
            name = f"{project}-{report.group}"
        if (
            known := self.groups.get(f"{self._prefix}:report-group/{name}")
        ) is not None:
            return known
        kind = "CODE_COVERAGE" if report.is_coverage else "TEST"
        return self.put_group({"name": name, "type": kind}, now)
