"""What the ledger records: one event at a time, never changed afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from delivery.errors import DeliveryError
from delivery.model import Override

SCHEMA_VERSION = 1
# How a drill begins the reason of its rollbacks.
DRILL = "Drill:"
_KEY = re.compile(
    r"ledger/(?P<account>\d{12})/(?P<region>[a-z0-9-]+)/(?P<environment>[a-z0-9-]+)/"
    r"(?P<sequence>\d{8})\.json"
)


class LedgerBroken(DeliveryError):
    """An object of the ledger is not what the tool wrote."""


class Kind(StrEnum):
    """The kinds of events."""

    DEPLOYED = "deployed"
    TRAFFIC_COMPLETE = "traffic_complete"
    VERIFIED = "verified"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    PINNED = "pinned"
    RECONCILED = "reconciled"


class Deployment(StrEnum):
    """What kind of deployment made a release."""

    FIRST = "first"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose ledger it is: one account, region and environment."""

    account: str
    region: str
    environment: str

    @property
    def prefix(self) -> str:
        """Return what all keys of this ledger begin with."""
        return f"ledger/{self.account}/{self.region}/{self.environment}/"

    def key(self, sequence: int) -> str:
        """Return the key of an event; keys sort like the events they name."""
        return f"{self.prefix}{sequence:08}.json"

    def sequence(self, key: str) -> int:
        """Return the sequence number that ``key`` names.

        Raises:
            LedgerBroken: when the key is not one of this ledger.
        """
        found = _KEY.fullmatch(key)
        if found is None or not key.startswith(self.prefix):
            raise LedgerBroken(
                f"{key} does not belong into the ledger of {self.environment}.",
                why=f"Its events are {self.prefix}<8 digits>.json.",
                next_step="Find out from the bucket's access log who put it there.",
            )
        return int(found["sequence"])


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the source; ``time`` is None when the source did not tell."""

    id: str
    time: datetime | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """The packaged template in the release store; ``sha256`` is of its bytes, in hex."""

    bucket: str
    key: str
    version_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FunctionVersion:
    """What a release made of one function.

    ``code_sha256`` is Lambda's (base64); ``revision`` is the content hash that decided
    whether a version was published, empty for a function without one.
    """

    logical_id: str
    alias: str
    version: str
    code_sha256: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let the release into this environment, and what they said."""

    by: str
    comment: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack was brought to a packaged template; all that a rollback needs is here.

    ``functions`` go by physical name. ``hidden_parameters`` names those whose values
    CloudFormation masks; their values are nowhere in the ledger. ``api_deployments`` maps
    logical ids to the API Gateway deployments that the stack holds. ``override`` says why
    its shift passed alarms that fired; None where alarms were watched.
    """

    kind: Deployment
    commit: Commit
    stack_id: str
    template: StoredTemplate
    parameters: Mapping[str, str]
    functions: Mapping[str, FunctionVersion]
    hidden_parameters: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    role_arn: str = ""
    api_deployments: Mapping[str, str] = field(default_factory=dict)
    build_id: str = ""
    approval: Approval | None = None
    override: Override | None = None

    def same_release_as(self, other: Deployed) -> bool:
        """Whether both left the same template, parameters and versions behind."""
        return (
            self.template.sha256 == other.template.sha256
            and dict(self.parameters) == dict(other.parameters)
            and dict(self.functions) == dict(other.functions)
        )


@dataclass(frozen=True, slots=True)
class TrafficComplete:
    """Every alias sends all its invocations to the release's version."""

    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verified:
    """The verification after the deployment passed."""

    by: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The verification after the deployment did not pass."""

    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AliasMove:
    """One alias sent from a version to another."""

    alias: str
    from_version: str
    to_version: str


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Traffic was taken from one release back to another; ``moves`` go by function."""

    from_release: int
    to_release: int
    reason: str
    seconds: float
    moves: Mapping[str, AliasMove] = field(default_factory=dict)

    @property
    def practice(self) -> bool:
        """Whether it was a drill: nothing was wrong with the release that was left."""
        return self.reason.startswith(DRILL)


@dataclass(frozen=True, slots=True)
class Pinned:
    """One function's alias was moved by hand; the next deployment has to know."""

    function: str
    move: AliasMove
    stack_version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Aliases, stack and ledger agree again; pins on ``functions`` are resolved."""

    functions: tuple[str, ...]
    reason: str = ""


Fact = Deployed | TrafficComplete | Verified | Failed | RolledBack | Pinned | Reconciled

KIND_OF: Mapping[type[Fact], Kind] = {
    Deployed: Kind.DEPLOYED,
    TrafficComplete: Kind.TRAFFIC_COMPLETE,
    Verified: Kind.VERIFIED,
    Failed: Kind.FAILED,
    RolledBack: Kind.ROLLED_BACK,
    Pinned: Kind.PINNED,
    Reconciled: Kind.RECONCILED,
}


@dataclass(frozen=True, slots=True)
class Event:
    """A fact with its place in the ledger.

    ``release`` is the number of the release it tells about: releases of an environment are
    numbered from 1 by their ``deployed`` events. ``execution`` is the pipeline's, empty for what
    an operator did. ``previous_sha256`` is of the bytes of the event before, and empty in
    the first one.
    """

    scope: Scope
    sequence: int
    at: datetime
    release: int
    execution: str
    actor: str
    previous_sha256: str
    fact: Fact

    @property
    def kind(self) -> Kind:
        """Return the kind of its fact."""
        return KIND_OF[type(self.fact)]

    @property
    def key(self) -> str:
        """Return the key of its object."""
        return self.scope.key(self.sequence)
