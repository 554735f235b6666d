"""What a report is made from, as it was read: data only, oldest first, times in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from awsrules.statuses import ActionStatus
from delivery.model import ActionRun, CommitLog, Execution, ShiftRun


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` until ``until``, without ``until`` itself."""

    since: datetime
    until: datetime

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.since <= moment < self.until

    @property
    def days(self) -> float:
        """Return how long it is."""
        return (self.until - self.since) / timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Released:
    """One release of the environment, as its ledger has it.

    ``kind`` and ``state`` are the ledger's: first, update, unchanged or rollback, and how far
    it came. ``verdict`` is the newest one: verified, failed, or empty. ``override``
    says that it was let past alarms.
    """

    number: int
    execution: str
    commit: str
    summary: str
    kind: str
    deployed_at: datetime
    state: str
    traffic_complete_at: datetime | None = None
    verdict: str = ""
    override: bool = False

    @property
    def ended_at(self) -> datetime:
        """Return when its deployment was recorded as over."""
        return self.traffic_complete_at or self.deployed_at


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Traffic was taken from a release: all of it, or one ``function``'s, by hand.

    ``to_release`` is 0 where a single function was moved. A ``drill`` is practice.
    """

    at: datetime
    release: int
    to_release: int
    reason: str
    function: str = ""
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """What the ledger of one environment says, oldest first.

    ``stacks`` are the ids of the stacks that it was released to: one, unless the stack was
    deleted and made anew.
    """

    name: str
    releases: tuple[Released, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    live: int | None = None
    stacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineHistory:
    """Executions that began in the period, and the runs of actions since it began.

    ``there`` is False where there is no such pipeline.
    """

    there: bool = True
    executions: tuple[Execution, ...] = ()
    actions: tuple[ActionRun, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """All that a report rests on.

    ``environment`` names the one that the metrics are of, and ``shifts`` are its traffic's.
    ``log`` is None without a git repository.
    """

    period: Period
    environment: str
    environments: Mapping[str, Environment]
    pipeline: PipelineHistory = field(default_factory=PipelineHistory)
    shifts: tuple[ShiftRun, ...] = ()
    log: CommitLog | None = None

    @property
    def own(self) -> Environment:
        """Return the environment that the metrics are of."""
        return self.environments[self.environment]


def updates_of(history: PipelineHistory, environment: str) -> list[ActionRun]:
    """Return each run of the action that brings an environment's stack to a release.

    Traffic moves inside of it: it ends when all traffic moved, or when it was taken back.
    """
    stage = f"Deploy{environment.capitalize()}"
    found = [each for each in history.actions if each.stage == stage and each.executes]
    return sorted(found, key=lambda each: each.started_at)


def completed_update(updates: list[ActionRun], release: Released) -> ActionRun | None:
    """Return the run that brought a release, or None where history does not have it."""
    return next(
        (
            each
            for each in reversed(updates)
            if each.execution == release.execution
            and each.status is ActionStatus.SUCCEEDED
            and each.changed_at <= release.deployed_at
        ),
        None,
    )
