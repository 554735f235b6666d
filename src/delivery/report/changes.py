"""The deployments of changes: what was tried, what failed, and when that was over."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from awsrules.statuses import ActionStatus
from delivery.model import ActionRun
from delivery.report.carried import new_to_the_environment
from delivery.report.history import (
    Environment,
    History,
    Released,
    TakenBack,
    completed_update,
    updates_of,
)

VERIFIED, FAILED = "verified", "failed"
# A stack in such a status was not taken back: CloudFormation gave up.
_STUCK = "ROLLBACK_FAILED"


@dataclass(frozen=True, slots=True)
class Change:
    """One deployment of a change to the environment.

    ``release`` is 0 where it failed while traffic shifted: such a deployment is in no ledger.
    ``at`` is when all traffic had gone to it, or for one that failed before, when it began.
    ``why`` says how it failed, and is empty where it did not. ``recovered_at`` is None while
    nothing is known to have ended the failure. ``rework``: it was made because one before it
    failed, or to mend what alarms fired for.
    """

    at: datetime
    commit: str
    execution: str
    release: int = 0
    judged: bool = True
    why: str = ""
    recovered_at: datetime | None = None
    rework: bool = False

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return bool(self.why)

    @property
    def recovery(self) -> timedelta | None:
        """Return how long its failure lasted, or None."""
        if not self.failed or self.recovered_at is None:
            return None
        return max(self.recovered_at - self.at, timedelta())


def changes_of(history: History) -> list[Change]:
    """Return every deployment of a change that is known, in order, also before the period."""
    own = history.own
    updates = updates_of(history.pipeline, own.name)
    fresh = new_to_the_environment(own.releases)
    found = [_release(each, own, updates) for each in fresh]
    found += _tries(history, updates)
    overriding = {each.number for each in fresh if each.override}
    return list(_with_rework(sorted(found, key=lambda each: each.at), overriding))


def served_at(release: Released, updates: list[ActionRun]) -> datetime:
    """Return when all traffic had gone to a release.

    The pipeline knows the moment; the ledger is written after the verification, and tells
    where the pipeline's history does not reach.
    """
    update = completed_update(updates, release)
    if update is not None:
        return update.changed_at
    return release.ended_at


def _release(release: Released, own: Environment, updates: list[ActionRun]) -> Change:
    why = _failure(release, own)
    return Change(
        at=served_at(release, updates),
        commit=release.commit,
        execution=release.execution,
        release=release.number,
        judged=bool(why or release.verdict),
        why=why,
        recovered_at=_recovered_at(release, own, updates) if why else None,
    )


def _failure(release: Released, own: Environment) -> str:
    """Say how a release failed: taken back, or failed by its newest verdict."""
    for back in own.taken_back:
        if back.release == release.number and not back.drill and _leads_back(back):
            what = f"{back.function} was taken back" if back.function else "taken back"
            return f"{what}: {back.reason}" if back.reason else what
    return "its verification failed" if release.verdict == FAILED else ""


def _leads_back(back: TakenBack) -> bool:
    """Whether it went to an older release; forward again is no failure of what it left."""
    return bool(back.function) or back.to_release < back.release


def _recovered_at(
    release: Released, own: Environment, updates: list[ActionRun]
) -> datetime | None:
    """Return when the failure was over: taken back, or replaced by what was verified."""
    ends = [
        each.at
        for each in own.taken_back
        if each.release == release.number and not each.drill
    ]
    after = (each for each in own.releases if each.number > release.number)
    return min([*ends, *_verified_at(after, updates)], default=None)


def _verified_at(
    releases: Iterable[Released], updates: list[ActionRun]
) -> Iterator[datetime]:
    """Yield when each release that passed its verification had all traffic."""
    for release in releases:
        if release.verdict == VERIFIED:
            yield served_at(release, updates)


def _tries(history: History, updates: list[ActionRun]) -> Iterator[Change]:
    """Yield deployments that failed while they were made: the ledger has none of them.

    One of a commit that a release had brought before is no change. Of an execution that began
    before the period the commit is not known, and it counts.
    """
    commits = {each.id: each.commit for each in history.pipeline.executions}
    for run in updates:
        commit = commits.get(run.execution, "")
        before = {
            each.commit
            for each in history.own.releases
            if each.deployed_at < run.started_at
        }
        if run.status is ActionStatus.FAILED and commit not in before:
            yield Change(
                at=run.started_at,
                commit=commit,
                execution=run.execution,
                why=run.summary or "its deployment failed while it was made",
                recovered_at=_taken_back_at(run, history.own, updates),
            )


def _taken_back_at(
    run: ActionRun, own: Environment, updates: list[ActionRun]
) -> datetime | None:
    """Return when a failed deployment was over.

    CloudFormation's action ends when the stack, and traffic with it, was taken back; where
    that failed too, a rollback by hand ends it, or a release that was verified.
    """
    if _STUCK not in run.summary:
        return run.changed_at
    ends = [each.at for each in own.taken_back]
    ends += _verified_at(own.releases, updates)
    return min((each for each in ends if each > run.started_at), default=None)


def _with_rework(
    changes: Iterable[Change], overriding: Container[int]
) -> Iterator[Change]:
    """Mark what follows a failure, and what was let past alarms that fired."""
    before_failed = False
    for each in changes:
        yield replace(each, rework=before_failed or each.release in overriding)
        before_failed = each.failed
