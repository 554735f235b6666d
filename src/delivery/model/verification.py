"""What a verification is told to expect, and what it found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from delivery.model.values import Outcome

# From the least grave to the gravest; what did not run cannot be worse than what failed.
_GRAVITY = (
    Outcome.PASSED,
    Outcome.NOT_REHEARSED,
    Outcome.NOT_RUN,
    Outcome.INCONCLUSIVE,
    Outcome.FAILED,
)


@dataclass(frozen=True, slots=True)
class ExpectedAlias:
    """Where one function's alias has to lead; ``code_sha256`` is Lambda's, in base64."""

    alias: str
    version: str
    code_sha256: str


@dataclass(frozen=True, slots=True)
class Expected:
    """How an environment has to be after an operation.

    ``aliases`` go by the function's physical name. ``since`` is when the operation began:
    logs, metrics and CloudTrail are read from there. ``moved`` says whether aliases were
    moved by us, so that CloudTrail has to know of it. ``release`` is the ledger's number.
    ``moved_functions`` names those whose alias was moved, where not all were.
    """

    environment: str
    stack: str
    aliases: Mapping[str, ExpectedAlias]
    since: datetime
    release: int = 0
    moved: bool = False
    moved_functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What a function answered to one event, without anything of its content.

    ``status`` is the HTTP status in it, None when there is none; ``error`` is the class of
    the error that left the function, empty when none did.
    """

    version: str
    status: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class LoggedErrors:
    """Lines that tell of an error: how many, and the ids of the first; never their text."""

    count: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What a published version is: its code, and where it logs."""

    code_sha256: str
    log_group: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call that CloudTrail recorded, and the functions that it names."""

    name: str
    functions: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found; ``detail`` is a sentence, without record content."""

    name: str
    outcome: Outcome
    detail: str
    next_step: str = ""

    def as_data(self) -> dict[str, str]:
        """Return plain data for JSON."""
        return {
            "name": self.name,
            "outcome": self.outcome.value,
            "detail": self.detail,
            "next_step": self.next_step,
        }


def worst_of(results: Iterable[CheckResult]) -> Outcome:
    """Return the gravest outcome, or not run when there was no check."""
    found = (each.outcome for each in results)
    return max(found, key=_GRAVITY.index, default=Outcome.NOT_RUN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of one verification; the whole is as good as its worst part."""

    environment: str
    results: tuple[CheckResult, ...] = field(default=())

    @property
    def outcome(self) -> Outcome:
        """Return the gravest outcome, or not run when there was no check."""
        return worst_of(self.results)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "environment": self.environment,
            "outcome": self.outcome.value,
            "checks": [each.as_data() for each in self.results],
        }
