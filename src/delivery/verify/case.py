"""One verification: what is expected, what the stack holds, what is declared."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from delivery.model import CheckResult, Expected, ExpectedAlias, Outcome, StackContents
from delivery.verify.declared import Proof, declared_proofs

FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True)
class Case:
    """What every check looks at; ``proofs`` go by the function's physical name."""

    expected: Expected
    contents: StackContents
    proofs: Mapping[str, tuple[Proof, ...]] = field(default_factory=dict)

    @property
    def aliases(self) -> Iterator[tuple[str, ExpectedAlias]]:
        """Yield functions with the alias that is expected of them, by name."""
        yield from sorted(self.expected.aliases.items())

    def physical_ids(self, type: str) -> list[str]:
        """Return the physical ids of the stack's resources of one type."""
        return [e.physical_id for e in self.contents.resources if e.type == type]


def make_case(expected: Expected, contents: StackContents) -> Case:
    """Bring together what is expected with what the stack's template declares."""
    declared = declared_proofs(contents.template)
    proofs = {
        each.physical_id: declared[each.logical_id]
        for each in contents.resources
        if each.type == FUNCTION and each.logical_id in declared
    }
    return Case(expected, contents, proofs)


@dataclass
class Findings:
    """What one check finds on its way; the worst decides its outcome."""

    name: str
    next_step: str = ""
    good: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    def result(self, passed: str) -> CheckResult:
        """Return the check's result; ``passed`` is said when there is nothing else."""
        if self.bad:
            detail = _sentence([*self.bad, *self.unclear])
            return CheckResult(self.name, Outcome.FAILED, detail, self.next_step)
        if self.unclear:
            detail = _sentence(self.unclear)
            return CheckResult(self.name, Outcome.INCONCLUSIVE, detail, self.next_step)
        return CheckResult(self.name, Outcome.PASSED, passed)


class Check(ABC):
    """One question; ``patient`` when a later look may answer it better.

    ``fed_by`` names the check whose run makes what this one then looks at.
    """

    __slots__ = ()
    name: ClassVar[str]
    patient: ClassVar[bool] = False
    fed_by: ClassVar[str] = ""
    next_step: ClassVar[str] = ""

    def run(self, case: Case) -> CheckResult:
        """Answer it."""
        found = Findings(self.name, self.next_step)
        return found.result(self.look(case, found))

    @abstractmethod
    def look(self, case: Case, found: Findings) -> str:
        """Add what is wrong or unclear to ``found``; return what is said otherwise."""


def _sentence(parts: list[str]) -> str:
    return f"{'; '.join(parts)}."
