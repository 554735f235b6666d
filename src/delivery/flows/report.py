"""Read what happened in a period, for a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from delivery.ledger.book import Book, View
from delivery.ledger.events import AliasMove, Event, Pinned, RolledBack, Scope
from delivery.ledger.releases import Release, live_release
from delivery.model import CommitLog, ShiftRun
from delivery.names import ENVIRONMENTS
from delivery.ports import Account, Commits, PipelinePast, ReleaseStore, ShiftPast
from delivery.report.carried import new_to_the_environment
from delivery.report.facts import Report, report_of
from delivery.report.history import (
    Environment,
    History,
    Period,
    PipelineHistory,
    Released,
    TakenBack,
)


@dataclass(frozen=True, slots=True)
class Reporter:
    """Reads the ledgers, the pipeline's and CodeDeploy's history, and the clone's commits."""

    account: Account
    region: str
    store: ReleaseStore
    past: PipelinePast
    shifts: ShiftPast
    commits: Commits
    pipeline: str

    def report(self, environment: str, *, days: int, now: datetime) -> Report:
        """Return what happened in the ``days`` before ``now``; metrics of ``environment``.

        What is not there (a pipeline, a repository, releases) is said in the report; what may
        not be read raises ``NotPermitted``.
        """
        period = Period(now - timedelta(days=days), now)
        account = self.account.identity().account
        environments = {
            name: self._environment(Scope(account, self.region, name))
            for name in ENVIRONMENTS
        }
        history = History(
            period,
            environment,
            environments,
            self._pipeline(period),
            self._shifts(environments[environment], period),
            self._log(environments[environment], period),
        )
        return report_of(history)

    def _environment(self, scope: Scope) -> Environment:
        """Read a ledger whole: whether a commit is new depends on all that came before."""
        return environment_of(scope.environment, Book(self.store, scope).whole())

    def _pipeline(self, period: Period) -> PipelineHistory:
        executions = self.past.executions_since(self.pipeline, period.since)
        if executions is None:
            return PipelineHistory(there=False)
        runs = self.past.runs_since(self.pipeline, period.since)
        return PipelineHistory(
            executions=tuple(reversed(executions)), actions=tuple(reversed(runs))
        )

    def _shifts(self, own: Environment, period: Period) -> tuple[ShiftRun, ...]:
        """Read the traffic shifts of each stack that the environment was released to."""
        found = (self.shifts.shifts_since(each, period.since) for each in own.stacks)
        return tuple(sorted(chain(*found), key=lambda each: each.began_at))

    def _log(self, own: Environment, period: Period) -> CommitLog | None:
        """Read what the releases of the period reach, and the ones before do not."""
        fresh = new_to_the_environment(own.releases)
        tips = [each for each in fresh[1:] if each.ended_at >= period.since]
        before = [each for each in fresh if each not in tips]
        return self.commits.log(
            [each.commit for each in tips], without=[each.commit for each in before]
        )


def environment_of(name: str, view: View) -> Environment:
    """Turn a ledger into what a report is made from, oldest first."""
    return Environment(
        name,
        tuple(_released(each) for each in reversed(view.releases)),
        tuple(_taken_back(view.events)),
        live_release(view.events),
        tuple(dict.fromkeys(each.deployed.stack_id for each in view.releases)),
    )


def _released(release: Release) -> Released:
    deployed = release.deployed
    return Released(
        number=release.number,
        execution=release.execution,
        commit=deployed.commit.id,
        summary=deployed.commit.summary,
        kind=deployed.kind.value,
        deployed_at=release.deployed_at,
        state=release.state.value,
        traffic_complete_at=release.traffic_complete_at,
        verdict=release.verdict.value if release.verdict else "",
        override=deployed.override is not None,
    )


def _taken_back(events: Sequence[Event]) -> list[TakenBack]:
    found = []
    for event in events:
        match event.fact:
            case RolledBack() as back:
                found.append(
                    TakenBack(
                        event.at,
                        back.from_release,
                        back.to_release,
                        back.reason,
                        drill=back.practice,
                    )
                )
            case Pinned(move=move) as pin if _leads_back(move):
                found.append(
                    TakenBack(
                        event.at, event.release, 0, pin.reason, function=pin.function
                    )
                )
    return found


def _leads_back(move: AliasMove) -> bool:
    """Lambda numbers versions upwards; forward again takes nothing back."""
    return int(move.to_version) < int(move.from_version)
