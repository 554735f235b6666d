"""Sections with facts and checks, and how a whole review went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from delivery.errors import EXIT_DONE, DeliveryError, NotVerified
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    FOUNDATION_STACK,
    PIPELINE_STACK,
    CheckResult,
    Outcome,
    worst_of,
)

_SIGNS = {
    Outcome.PASSED: "ok",
    Outcome.FAILED: "FAILED",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_RUN: "not run",
    Outcome.NOT_REHEARSED: "-",
}
_EXITS = {
    Outcome.PASSED: EXIT_DONE,
    Outcome.NOT_REHEARSED: EXIT_DONE,
    Outcome.FAILED: DeliveryError.exit_code,
}


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a review: facts, as lines and as data for JSON; and checks."""

    title: str
    lines: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[CheckResult, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "title": self.title,
            "facts": dict(self.facts),
            "checks": [each.as_data() for each in self.checks],
        }

    def text(self) -> Iterator[str]:
        """Yield it as lines; what did not pass says what to do."""
        yield self.title
        yield from (f"  {each}" for each in self.lines)
        for each in self.checks:
            yield f"  {_SIGNS[each.outcome]:<8}{each.name}: {each.detail}"
            if each.outcome is not Outcome.PASSED and each.next_step:
                yield f"          Next: {each.next_step}"


@dataclass(frozen=True, slots=True)
class Checkup:
    """A whole review; it went as well as its worst check."""

    kind: str
    since: datetime
    until: datetime
    sections: tuple[Section, ...]

    @property
    def outcome(self) -> Outcome:
        """Return the gravest outcome of all checks."""
        return worst_of(check for each in self.sections for check in each.checks)

    @property
    def exit_code(self) -> int:
        """Return 0 when all is well, 1 when a person is needed, 5 when it is not known."""
        return _EXITS.get(self.outcome, NotVerified.exit_code)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON; its schemas are docs/schemas/maintenance-*.json."""
        return {
            "kind": self.kind,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "outcome": self.outcome.value,
            "sections": [each.as_data() for each in self.sections],
        }

    def text(self) -> str:
        """Return it as text, a block a section, and last how it went."""
        head = f"{self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"
        blocks = ["\n".join(each.text()) for each in self.sections]
        return "\n\n".join([f"{self.kind.capitalize()}: {head}", *blocks, self._end()])

    def _end(self) -> str:
        checks = [check for each in self.sections for check in each.checks]
        counts = {
            outcome: sum(each.outcome is outcome for each in checks)
            for outcome in Outcome
        }
        told = ", ".join(
            f"{number} {outcome.value}" for outcome, number in counts.items() if number
        )
        return f"{self.outcome.value}: {told}"


def failed_or_passed(
    name: str, wrong: str, passed: str, next_step: str = ""
) -> CheckResult:
    """Return a check that failed with ``wrong``, or passed where that is empty."""
    if wrong:
        return CheckResult(name, Outcome.FAILED, wrong, next_step)
    return CheckResult(name, Outcome.PASSED, passed)


def resource_name(stack: str, logical_id: str) -> str:
    """Return what checks call a resource: what its stack is for, and its logical id."""
    short = stack.removeprefix(APPLICATION_STACK_PREFIX)
    short = {FOUNDATION_STACK: "foundation", PIPELINE_STACK: "pipeline"}.get(
        stack, short
    )
    return f"{short}/{logical_id}"


def counted(number: int, thing: str) -> str:
    """Return a number with what it counts."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
