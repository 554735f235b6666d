"""Builds and their reports."""

from __future__ import annotations

from dataclasses import dataclass

from awsrules.statuses import BuildStatus


@dataclass(frozen=True, slots=True)
class BuildPhase:
    """One phase of a build."""

    name: str
    status: BuildStatus
    seconds: int = 0
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """One build, and where its log is."""

    id: str
    status: BuildStatus
    phases: tuple[BuildPhase, ...] = ()
    log_group: str = ""
    log_stream: str = ""
    log_url: str = ""
    report_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What one report of a build says: counts of tests, or the share of lines covered."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    line_coverage_percent: float | None = None
