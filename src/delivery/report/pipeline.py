"""Executions of the pipeline in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from awsrules.statuses import ActionStatus, ExecutionStatus
from delivery.model import ActionRun, Execution
from delivery.report.history import Period, PipelineHistory

OUTCOMES = ("succeeded", "failed", "superseded", "stopped", "running")
_OUTCOME = {
    ExecutionStatus.SUCCEEDED: "succeeded",
    ExecutionStatus.FAILED: "failed",
    ExecutionStatus.SUPERSEDED: "superseded",
    ExecutionStatus.STOPPED: "stopped",
    ExecutionStatus.CANCELLED: "stopped",
}


@dataclass(frozen=True, slots=True)
class PipelineFacts:
    """The executions that began in the period.

    ``outcomes`` has each of ``OUTCOMES``. Durations are medians, None without observations:
    of executions that succeeded, from start to end with all waiting, and of approvals that
    were decided. ``most_failed`` are the stages in which most executions failed:
    ``most_failures`` in each.
    """

    executions: tuple[Execution, ...]
    outcomes: dict[str, int]
    duration: timedelta | None
    durations: int
    approval_wait: timedelta | None
    approvals: int
    most_failed: tuple[str, ...] = ()
    most_failures: int = 0


def outcome_of(execution: Execution) -> str:
    """Return how an execution ended, in one word; what has not ended runs."""
    return _OUTCOME.get(execution.status, "running")


def pipeline_facts(history: PipelineHistory, period: Period) -> PipelineFacts:
    """Count the executions that began in the period, and what their actions did in it."""
    executions = [each for each in history.executions if each.started_at in period]
    runs = [each for each in history.actions if each.started_at in period]
    counts = Counter(outcome_of(each) for each in executions)
    durations = list(_durations(executions))
    waits = [
        each.changed_at - each.started_at
        for each in runs
        if each.category == "Approval" and each.status.settled
    ]
    stages, failures = _most_failed(runs)
    return PipelineFacts(
        tuple(executions),
        {each: counts[each] for each in OUTCOMES},
        _median(durations),
        len(durations),
        _median(waits),
        len(waits),
        stages,
        failures,
    )


def _durations(executions: Iterable[Execution]) -> Iterable[timedelta]:
    for each in executions:
        if each.status is ExecutionStatus.SUCCEEDED:
            if each.started_at is not None and each.changed_at is not None:
                yield each.changed_at - each.started_at


def _most_failed(runs: Iterable[ActionRun]) -> tuple[tuple[str, ...], int]:
    """Return the stages in which most executions failed, and how many did.

    A person who rejects fails an approval's stage: that is a decision, and no failure.
    """
    failed = {
        (each.execution, each.stage)
        for each in runs
        if each.status is ActionStatus.FAILED and each.category != "Approval"
    }
    counts = Counter(stage for _, stage in failed)
    most = max(counts.values(), default=0)
    return tuple(sorted(s for s, number in counts.items() if number == most)), most


def _median(values: Sequence[timedelta]) -> timedelta | None:
    if not values:
        return None
    return timedelta(seconds=median(each.total_seconds() for each in values))
