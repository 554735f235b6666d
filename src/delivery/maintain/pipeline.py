"""Executions, builds and approvals of a period: what they were, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from awsrules.statuses import ActionStatus
from delivery.maintain.findings import Section, counted, failed_or_passed
from delivery.model import ActionRun, CheckResult, Outcome

# Fewer builds say nothing about a share or a trend.
LEAST_BUILDS = 5
# Every fifth push may fail: finding that out is what a build is for.
LOWEST_SUCCESS = 0.8
# The newer half of a period's builds may take so much longer than the older half.
SLOWER = 1.5
_BUILD = "Build"


@dataclass(frozen=True, slots=True)
class Builds:
    """The builds of a period that ended; ``seconds`` are of those that passed, in order."""

    passed: int
    failed: int
    seconds: tuple[float, ...]

    @property
    def success(self) -> float | None:
        """Return the share that passed, or None without one that ended."""
        ended = self.passed + self.failed
        return self.passed / ended if ended else None

    @property
    def median_seconds(self) -> float | None:
        """Return how long one that passed takes, or None without one."""
        return median(self.seconds) if self.seconds else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A decision that an execution waits for, since when, and how it is given."""

    stage: str
    execution: str
    since: datetime | None
    command: str


@dataclass(frozen=True, slots=True)
class FailedExecution:
    """An execution that failed, and why in a line; empty where nobody knows."""

    execution: str
    commit: str
    at: datetime | None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What the pipeline did in a period.

    ``outcomes`` counts executions by how they ended; ``approval_waits`` are of decisions
    that were made; ``failed`` are newest first, and ``failed_last`` says that nothing has
    succeeded since.
    """

    outcomes: Mapping[str, int]
    builds: Builds
    approval_waits: tuple[timedelta, ...]
    failed: tuple[FailedExecution, ...]
    failed_last: bool


def builds_of(runs: Sequence[ActionRun]) -> Builds:
    """Return the builds among runs of actions, whatever their order."""
    builds = sorted(
        (each for each in runs if each.stage == each.category == _BUILD),
        key=lambda each: each.started_at,
    )
    passed = [each for each in builds if each.status is ActionStatus.SUCCEEDED]
    failed = [each for each in builds if each.status is ActionStatus.FAILED]
    seconds = ((each.changed_at - each.started_at).total_seconds() for each in passed)
    return Builds(len(passed), len(failed), tuple(seconds))


def past_section(past: Past | None) -> Section:
    """Return what the pipeline did; None for no pipeline."""
    if past is None:
        check = CheckResult(
            "executions",
            Outcome.FAILED,
            "There is no pipeline here.",
            "./deploy_pipeline.py creates it; or give another --region or --profile.",
        )
        return Section("Pipeline", checks=(check,))
    return Section(
        "Pipeline",
        lines=tuple(_past_lines(past)),
        facts=_past_facts(past),
        checks=(_executions(past), _builds(past.builds)),
    )


def _past_lines(past: Past) -> Iterator[str]:
    outcomes = [f"{number} {name}" for name, number in past.outcomes.items() if number]
    yield f"Executions: {', '.join(outcomes) or 'none began'}"
    builds = past.builds
    if builds.success is None:
        yield "Builds: none ended"
    else:
        yield f"Builds: {builds.passed} passed, {builds.failed} failed" + _takes(builds)
    waits = past.approval_waits
    if waits:
        decided = counted(len(waits), "decision")
        usual, most = _minutes(_median(waits)), _minutes(_most(waits))
        yield f"Approvals: {decided}, usually after {usual}, at most {most}"
    else:
        yield "Approvals: none was decided"
    for each in past.failed:
        yield f"Failed: {_failed_line(each)}"


def _takes(builds: Builds) -> str:
    seconds = builds.median_seconds
    return "" if seconds is None else f"; one takes {_minutes(seconds)}"


def _failed_line(failed: FailedExecution) -> str:
    at = f"{failed.at:%Y-%m-%d %H:%M} " if failed.at else ""
    cause = failed.cause or "its cause is not known"
    return f"{at}{failed.execution[:8]} ({failed.commit[:8] or 'commit not known'}): {cause}"


def _past_facts(past: Past) -> dict[str, Any]:
    waits = past.approval_waits
    return {
        "executions": dict(past.outcomes),
        "builds_passed": past.builds.passed,
        "builds_failed": past.builds.failed,
        "build_success": past.builds.success,
        "median_build_seconds": past.builds.median_seconds,
        "approvals": len(past.approval_waits),
        "median_approval_wait_seconds": _median(waits) if waits else None,
        "longest_approval_wait_seconds": _most(waits) if waits else None,
        "failed": [
            {"execution": each.execution, "commit": each.commit, "cause": each.cause}
            for each in past.failed
        ],
    }


def _executions(past: Past) -> CheckResult:
    wrong = ""
    if past.failed_last:
        wrong = "The newest execution that ended has failed, and none succeeded since."
    return failed_or_passed(
        "executions",
        wrong,
        "No failed execution was left as it is.",
        "./deploy_pipeline.py diagnose",
    )


def _builds(builds: Builds) -> CheckResult:
    ended = builds.passed + builds.failed
    wrong = ""
    if ended >= LEAST_BUILDS and (builds.success or 0.0) < LOWEST_SUCCESS:
        wrong = f"{builds.failed} of {ended} builds failed, more than {1 - LOWEST_SUCCESS:.0%}."
    return failed_or_passed(
        "builds",
        wrong,
        f"{builds.failed} of {counted(ended, 'build')} failed.",
        "Run make lint and make test before a push; ./deploy_pipeline.py diagnose names "
        "causes.",
    )


def waiting_section(waiting: Sequence[Waiting], now: datetime) -> Section:
    """Return what waits for a decision now."""
    checks = [_waits(each, now) for each in waiting]
    nothing = CheckResult("approvals", Outcome.PASSED, "Nothing waits for a decision.")
    return Section("Waiting now", checks=tuple(checks) or (nothing,))


def _waits(waiting: Waiting, now: datetime) -> CheckResult:
    seconds = (now - waiting.since).total_seconds() if waiting.since else None
    since = f" for {_minutes(seconds)}" if seconds is not None else ""
    what = f"Execution {waiting.execution} waits at {waiting.stage}{since}."
    return CheckResult("approvals", Outcome.FAILED, what, waiting.command)


def trend_section(builds: Builds) -> Section:
    """Compare the newer half of a period's builds with the older half."""
    half = len(builds.seconds) // 2
    older, newer = builds.seconds[:half], builds.seconds[half:]
    if half < LEAST_BUILDS:
        few = f"{counted(len(builds.seconds), 'build')} passed: too few for a trend."
        return Section("Build time", checks=(_trend("", few),))
    before, after = median(older), median(newer)
    told = f"{_minutes(before)} in the older half, {_minutes(after)} in the newer."
    facts = {"older_median_seconds": before, "newer_median_seconds": after}
    wrong = f"Builds became slower: {told}" if after > before * SLOWER else ""
    return Section("Build time", facts=facts, checks=(_trend(wrong, told),))


def _trend(wrong: str, told: str) -> CheckResult:
    what_to_do = (
        "./deploy_pipeline.py logs BuildProject shows which command takes how long"
    )
    return failed_or_passed("build-time", wrong, told, what_to_do)


def _median(waits: Sequence[timedelta]) -> float:
    return median(each.total_seconds() for each in waits)


def _most(waits: Sequence[timedelta]) -> float:
    return max(each.total_seconds() for each in waits)


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} days"
