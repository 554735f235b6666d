"""Aliases and code: does the right version serve, alone, with the code that was released?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from delivery.model import CheckResult
from delivery.ports import Functions, Invocations
from delivery.verify.case import Case, Findings


@dataclass(frozen=True, slots=True)
class AliasCheck:
    """Every alias sends everything to the expected version."""

    functions: Functions
    name: ClassVar[str] = "aliases"
    patient: ClassVar[bool] = False

    def run(self, case: Case) -> CheckResult:
        found = Findings(self.name)
        for function, alias in case.aliases:
            route = self.functions.route(f"{function}:{alias.alias}")
            if route.shifting or route.version != alias.version:
                found.bad.append(
                    f"{function}:{alias.alias} serves {route}, not {alias.version}"
                )
        return found.result(
            f"{len(case.expected.aliases)} aliases serve the expected version alone.",
            next_step=f"./deploy_pipeline.py releases {case.expected.environment}",
        )


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """Every expected version holds the code that the ledger recorded."""

    invocations: Invocations
    name: ClassVar[str] = "code"
    patient: ClassVar[bool] = False

    def run(self, case: Case) -> CheckResult:
        found = Findings(self.name)
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
        return found.result("The code of every version is what the ledger recorded.")
