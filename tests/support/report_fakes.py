"""Builders of what a report is made from: times are hours after ``START``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from awsrules.statuses import ActionStatus, DeploymentStatus, ExecutionStatus
from delivery.model import ActionRun, CommitLog, CommitTimes, Execution, ShiftRun
from delivery.report.history import (
    Environment,
    History,
    Period,
    PipelineHistory,
    Released,
    TakenBack,
)

START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 30
PERIOD = Period(START, START + timedelta(days=DAYS))


def at(hours: float) -> datetime:
    """Return a moment of the period."""
    return START + timedelta(hours=hours)


def released(number: int, commit: str, hours: float, **more) -> Released:
    """Build a release that was verified; ``more`` are its other fields."""
    facts = {
        "execution": f"execution-{commit}",
        "summary": f"Make {commit}",
        "kind": "update",
        "traffic_complete_at": at(hours),
        "verdict": "verified",
        **more,
    }
    facts.setdefault("state", facts["verdict"] or "traffic_complete")
    return Released(number, commit=commit, deployed_at=at(hours), **facts)


def taken_back(release: int, to_release: int, hours: float, **more) -> TakenBack:
    """Build a rollback."""
    return TakenBack(at(hours), release, to_release, **{"reason": "bad", **more})


def execution(
    commit: str, hours: float, status: str = "Succeeded", **more
) -> Execution:
    """Build an execution that took an hour."""
    times = {"started_at": at(hours), "changed_at": at(hours + 1), **more}
    return Execution(
        f"execution-{commit}", ExecutionStatus(status), commit=commit, **times
    )


def run(
    commit: str,
    hours: float,
    status: str = "Succeeded",
    *,
    lasts: float = 0.5,
    stage: str = "DeployProduction",
    **more,
) -> ActionRun:
    """Build a run of what executes production's change set."""
    facts = {
        "name": "ExecuteChangeSet",
        "category": "Deploy",
        "mode": "CHANGE_SET_EXECUTE",
        **more,
    }
    return ActionRun(
        f"execution-{commit}",
        stage,
        status=ActionStatus(status),
        started_at=at(hours),
        changed_at=at(hours + lasts),
        **facts,
    )


def shift(hours: float, status: str = "Succeeded", **more) -> ShiftRun:
    """Build a traffic shift that took half an hour."""
    facts = {"ended_at": at(hours + 0.5), "error": "", **more}
    return ShiftRun(
        f"d-{hours:g}",
        "mra-production-analyze",
        "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes",
        DeploymentStatus(status),
        at(hours),
        **facts,
    )


def commit(id: str, *parents: str, hours: float = 0.0, committed: float | None = None):
    """Build a commit; without ``committed`` it was never amended or rebased."""
    later = hours if committed is None else committed
    return CommitTimes(id, at(hours), at(later), parents)


def log_of(*commits: CommitTimes, present: Sequence[str] = (), cut: Sequence[str] = ()):
    """Build a log; all of its commits are in the clone, and ``present`` too."""
    found = {each.id: each for each in commits}
    return CommitLog(found, frozenset({*found, *present}), frozenset(cut))


def line(*ids: str, first: float = 0.0, every: float = 1.0) -> CommitLog:
    """Build a log of commits in a row, each made ``every`` hours after the one before."""
    parents = ((), *((each,) for each in ids))
    return log_of(
        *(
            commit(each, *before, hours=first + every * place)
            for place, (each, before) in enumerate(zip(ids, parents, strict=False))
        )
    )


def history_of(
    *releases: Released,
    back: Sequence[TakenBack] = (),
    executions: Sequence[Execution] = (),
    runs: Sequence[ActionRun] = (),
    shifts: Sequence[ShiftRun] = (),
    log: CommitLog | None = None,
    there: bool = True,
    period: Period = PERIOD,
) -> History:
    """Build a history of production."""
    own = Environment(
        "production",
        releases,
        tuple(back),
        live=releases[-1].number if releases else None,
    )
    others = {name: Environment(name) for name in ("development", "staging")}
    environments: Mapping[str, Environment] = {**others, "production": own}
    pipeline = PipelineHistory(there, tuple(executions), tuple(runs))
    return History(period, "production", environments, pipeline, tuple(shifts), log)


@dataclass
class FakePast:
    """CodePipeline's past, newest first; None for no pipeline."""

    executions: list[Execution] | None = field(default_factory=list)
    runs: list[ActionRun] = field(default_factory=list)

    def executions_since(self, pipeline: str, since: datetime):
        return self.executions

    def runs_since(self, pipeline: str, since: datetime) -> list[ActionRun]:
        return self.runs


@dataclass
class FakeShiftPast:
    """CodeDeploy's past; remembers of which stacks it was asked."""

    shifts: list[ShiftRun] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def shifts_since(self, stack_id: str, since: datetime) -> list[ShiftRun]:
        self.asked.append(stack_id)
        return self.shifts


@dataclass
class FakeCommits:
    """A clone; remembers what it was asked for."""

    found: CommitLog | None = field(default_factory=CommitLog)
    asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)

    def log(self, tips: Sequence[str], *, without: Sequence[str]) -> CommitLog | None:
        self.asked.append((tuple(tips), tuple(without)))
        return self.found
