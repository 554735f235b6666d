"""What of a stack costs money, without amounts: counts, sizes, and what runs how often."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from delivery.cost.model import Unpriced


class Does(StrEnum):
    """What an action of the pipeline does, as far as its price and its time go."""

    BUILD = "build"
    CHECK = "check"
    DEPLOY = "deploy"
    APPROVE = "approve"
    OTHER = "other"


class Holds(StrEnum):
    """What a bucket is for, by who refers to it."""

    ARTIFACTS = "artifacts"
    LOGS = "access logs"
    TRAIL = "audit trail"
    OBJECTS = "objects"


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an execution. ``compute`` is CodeBuild's size, empty for others.

    ``environment`` is what it deploys to; empty for others. ``installs`` says that a run
    has to fetch all that it needs, because no cache keeps it.
    """

    stage: str
    name: str
    does: Does
    compute: str = ""
    project: str = ""
    cached: bool = False
    installs: bool = False
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket: for how long it keeps objects; None is for ever.

    ``noncurrent_days`` counts from when a version was replaced or expired.
    """

    logical_id: str
    holds: Holds
    expires_days: int | None
    noncurrent_days: int | None
    versioned: bool
    own_key: bool
    bucket_key: bool

    @property
    def kept_days(self) -> int | None:
        """Return for how long an object is paid for that nobody replaces."""
        if self.expires_days is None or not self.versioned:
            return self.expires_days
        if self.noncurrent_days is None:
            return None
        return self.expires_days + self.noncurrent_days


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how large, who calls it, and whether its calls are traced.

    ``routes`` are its methods of an API; ``hook_of`` counts the functions whose shift
    calls it.
    """

    logical_id: str
    memory_megabytes: int
    arm: bool
    traced: bool
    routes: int
    hook_of: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """Metrics that alarms watch, by resolution, and alarms made of alarms."""

    standard: int = 0
    quick: int = 0
    composite: int = 0


@dataclass(frozen=True, slots=True)
class Pushes:
    """Which pushes start a pipeline: the branches, none for all of them; and by what."""

    branches: tuple[str, ...]
    by: str

    @property
    def of_one_branch(self) -> bool:
        return len(self.branches) == 1


@dataclass(frozen=True, slots=True)
class StackFacts:
    """What one stack has; ``section`` is foundation, pipeline or an environment.

    Retention is in days, None for ever. ``shift_minutes`` is how long its traffic takes.
    """

    section: str
    types: tuple[str, ...]
    keys: int = 0
    rotating_keys: int = 0
    secrets: int = 0
    dashboards: int = 0
    topics: int = 0
    emails: int = 0
    queues: int = 0
    alarms: Alarms = Alarms()
    buckets: tuple[Bucket, ...] = ()
    functions: tuple[Function, ...] = ()
    apis: int = 0
    detailed_metrics: bool = False
    traced: bool = False
    web_acls: int = 0
    web_acl_rules: int = 0
    log_days: int | None = None
    access_log_days: int | None = None
    actions: tuple[Action, ...] = ()
    pushes: Pushes | None = None
    records_data_events: bool = False
    trails: int = 0
    shift_minutes: int = 0
    unpriced: tuple[Unpriced, ...] = ()

    @property
    def routes(self) -> int:
        """Return how many methods its APIs have."""
        return sum(each.routes for each in self.functions)

    def bucket(self, holds: Holds) -> Bucket | None:
        """Return the bucket for something, if there is one."""
        return next((each for each in self.buckets if each.holds is holds), None)


@dataclass(frozen=True, slots=True)
class Facts:
    """All stacks: foundation, pipeline, and the environments in order."""

    foundation: StackFacts
    pipeline: StackFacts
    environments: tuple[StackFacts, ...]

    @property
    def stacks(self) -> tuple[StackFacts, ...]:
        return (self.foundation, self.pipeline, *self.environments)

    @property
    def records_data_events(self) -> bool:
        """Whether a trail of ours records each request to S3."""
        return any(each.records_data_events for each in self.stacks)

    def shift_minutes(self, environment: str) -> int:
        """Return how long traffic takes to shift in an environment that is known."""
        return next(
            (e.shift_minutes for e in self.environments if e.section == environment), 0
        )
