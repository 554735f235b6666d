"""One defect: a change of text, and the rule that must notice it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """``old`` becomes ``new`` in a template or a buildspec, and ``rule`` must notice."""

    rule: str
    file: str
    old: str
    new: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.old.strip()[:40]!r} -> {self.new.strip()[:40]!r}"
