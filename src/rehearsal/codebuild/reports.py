"""Report groups, and the reports that builds publish into them."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from awsrules.buildspec import Report
from awsrules.reports import read_cobertura, read_junit, summarise_tests


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

    def group_for(self, report: Report, project: str) -> tuple[str, bool]:
        """Give the ARN of a report's group, and whether there is such a group."""
        if report.group in self.groups:
            return report.group, True
        name = report.group.rpartition("/")[2]
        if not report.group.startswith("arn:"):
            name = f"{project}-{report.group}"
        arn = f"{self._prefix}:report-group/{name}"
        return arn, arn in self.groups

    def _group_of(self, report: Report, project: str, now: datetime) -> dict[str, Any]:
        arn, exists = self.group_for(report, project)
        if exists:
            return self.groups[arn]
        kind = "CODE_COVERAGE" if report.is_coverage else "TEST"
        return self.put_group({"name": arn.rpartition("/")[2], "type": kind}, now)
