"""Aliases and code: does the right version serve, alone, with the code that was released?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from delivery.ports import Functions, Invocations
from delivery.verify.case import Case, Check, Findings


@dataclass(frozen=True, slots=True)
class AliasCheck(Check):
    """Every alias sends everything to the expected version."""

    functions: Functions
    name: ClassVar[str] = "aliases"

    def look(self, case: Case, found: Findings) -> str:
        found.next_step = f"./deploy_pipeline.py releases {case.expected.environment}"
        for function, alias in case.aliases:
            route = self.functions.route(f"{function}:{alias.alias}")
            if route.shifting or route.version != alias.version:
                found.bad.append(
                    f"{function}:{alias.alias} serves {route}, not {alias.version}"
                )
        return f"{len(case.expected.aliases)} aliases serve the expected version alone."


@dataclass(frozen=True, slots=True)
class CodeCheck(Check):
    """Every expected version holds the code that the ledger recorded."""

    invocations: Invocations
    name: ClassVar[str] = "code"
    next_step: ClassVar[str] = (
        "./deploy_pipeline.py releases verify says whether the ledger is whole; "
        "./rollback.py leads back to code that it knows"
    )

    def look(self, case: Case, found: Findings) -> str:
        for function, alias in case.aliases:
            if not alias.code_sha256:
                found.unclear.append(
                    f"no hash is recorded of {function} version {alias.version}"
                )
                continue
            facts = self.invocations.facts(function, alias.version)
            if facts.code_sha256 != alias.code_sha256:
                found.bad.append(
                    f"{function} version {alias.version} holds other code than the "
                    "ledger recorded"
                )
        return "The code of every version is what the ledger recorded."
