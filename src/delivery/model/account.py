"""What an account holds besides stacks and pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from delivery.model.values import Hidden


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """One version of a secret, its value as text, and when it was stored."""

    version_id: str
    text: Hidden
    stored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the credentials belong to."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """Return the part of AWS that the account is in, such as ``aws``."""
        return self.arn.split(":")[1]


@dataclass(frozen=True, slots=True)
class AliasRoute:
    """Where an alias sends invocations; weights are the new version's fraction."""

    function: str
    alias: str
    version: str
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def shifting(self) -> bool:
        """Whether two versions serve."""
        return bool(self.weights)

    def __str__(self) -> str:
        new = " ".join(f"+{v}@{share:.0%}" for v, share in self.weights.items())
        return f"{self.version} {new}".strip()


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object in a bucket."""

    bucket: str
    key: str
    version_id: str


# Lambda refuses a reservation that leaves less than this to functions without one.
# Source: AWS Lambda Developer Guide, "Configuring reserved concurrency".
LEAST_UNRESERVED = 100


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many executions of an account's functions may run at the same time, in a region.

    ``limit`` is all of them, ``unreserved`` what no function has reserved for itself.
    """

    limit: int
    unreserved: int

    def room(self, *, held: int = 0) -> int:
        """Give what may be reserved by those who hold ``held`` of it now.

        A new account's limit may be as low as 10: there is no room for any reservation.
        """
        return max(0, self.unreserved + held - LEAST_UNRESERVED)
