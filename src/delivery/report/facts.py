"""One report: the pipeline, the releases of each environment, and the metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from awsrules.statuses import ActionStatus
from delivery.model import ActionRun, ShiftRun
from delivery.report.carried import Carried, carried_by
from delivery.report.dora import Dora, dora_of
from delivery.report.history import (
    Environment,
    History,
    Period,
    PipelineHistory,
    Released,
    TakenBack,
    updates_of,
)
from delivery.report.pipeline import PipelineFacts, pipeline_facts


@dataclass(frozen=True, slots=True)
class StackUpdate:
    """One time that the pipeline brought the stack to a release, or failed to.

    ``outcome`` is complete, running, or failed: then CloudFormation took it back. ``release``
    is None where the ledger has none.
    """

    execution: str
    began_at: datetime
    ended_at: datetime
    outcome: str
    release: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReleasedFacts:
    """What became of an environment in the period; ``states`` counts its releases."""

    environment: str
    releases: tuple[Released, ...]
    taken_back: tuple[TakenBack, ...]
    states: Mapping[str, int]
    live: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """What really happened in a period."""

    period: Period
    environment: str
    pipeline: PipelineFacts | None
    releases: tuple[ReleasedFacts, ...]
    updates: tuple[StackUpdate, ...]
    shifts: tuple[ShiftRun, ...]
    dora: Dora
    carried: Mapping[int, Carried]
    notes: tuple[str, ...] = ()


def report_of(history: History) -> Report:
    """Put what was read into one report."""
    period = history.period
    there = history.pipeline.there
    return Report(
        period,
        history.environment,
        pipeline_facts(history.pipeline, period) if there else None,
        tuple(_released(each, period) for each in history.environments.values()),
        tuple(_updates(history.pipeline, history.own, period)),
        history.shifts,
        dora_of(history),
        carried_by(history.own.releases, history.log),
        tuple(_notes(history)),
    )


def _released(found: Environment, period: Period) -> ReleasedFacts:
    within = tuple(each for each in found.releases if each.deployed_at in period)
    back = tuple(each for each in found.taken_back if each.at in period)
    states = Counter(each.state for each in within)
    return ReleasedFacts(found.name, within, back, dict(states), found.live)


def _updates(
    history: PipelineHistory, own: Environment, period: Period
) -> list[StackUpdate]:
    numbers = {each.execution: each.number for each in own.releases}
    return [
        StackUpdate(
            each.execution,
            each.started_at,
            each.changed_at,
            _outcome(each),
            numbers.get(each.execution) if _completed(each) else None,
            each.summary if each.status is ActionStatus.FAILED else "",
        )
        for each in updates_of(history, own.name)
        if each.started_at in period
    ]


def _completed(run: ActionRun) -> bool:
    return run.status is ActionStatus.SUCCEEDED


def _outcome(run: ActionRun) -> str:
    if not run.status.settled:
        return "running"
    return "complete" if _completed(run) else "failed"


def _notes(history: History) -> list[str]:
    found = []
    if not history.pipeline.there:
        found.append(
            "There is no pipeline: its executions, and deployments that failed while "
            "traffic shifted, are not known."
        )
    if history.log is None:
        found.append("There is no git repository here: lead times are not known.")
    if not history.own.releases:
        found.append(f"Nothing was released to {history.environment} yet.")
    return found
