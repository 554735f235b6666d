"""The table of rules, and how they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic

from delivery.errors import BadInput
from delivery.validate import (
    approvals,
    builds,
    exposure,
    house,
    lint,
    measured,
    parameters,
    pipeline,
    roles,
    safeguards,
    shifts,
    signing,
    structure,
    trail,
    triggers,
    watching,
)
from delivery.validate.model import Finding, Rule, Subject
from delivery.validate.privilege import (
    builders,
    escalation,
    functions,
    moving,
    places,
    proof,
    shifting,
)

RULES: tuple[Rule, ...] = (
    *parameters.RULES,
    *house.RULES,
    *roles.RULES,
    *pipeline.RULES,
    *structure.RULES,
    *approvals.RULES,
    *triggers.RULES,
    *builds.RULES,
    *proof.RULES,
    *moving.RULES,
    *builders.RULES,
    *places.RULES,
    *shifting.RULES,
    *escalation.RULES,
    *functions.RULES,
    *watching.RULES,
    *measured.RULES,
    *shifts.RULES,
    *safeguards.RULES,
    *signing.RULES,
    *trail.RULES,
    *exposure.RULES,
    *lint.RULES,
)


def chosen_rules(only: Sequence[str] = (), skip: Sequence[str] = ()) -> list[Rule]:
    """Give the rules to run, by id.

    Raises:
        BadInput: when an id is unknown.
    """
    known = {rule.id for rule in RULES}
    unknown = sorted({*only, *skip} - known)
    if unknown:
        raise BadInput(
            f"There is no rule {', '.join(unknown)}.",
            why=f"The rules are: {', '.join(sorted(known))}.",
            next_step="./deploy_pipeline.py validate --rules tells what each demands.",
        )
    return [
        rule for rule in RULES if rule.id not in skip and (not only or rule.id in only)
    ]


def timed_rules(
    rules: Iterable[Rule],
    subject: Subject,
    tell: Callable[[str], None] = lambda rule: None,
) -> tuple[list[Finding], dict[str, float]]:
    """Give all findings as `run_rules` does, and the seconds that each rule took.

    ``tell`` is called with each rule before it runs.
    """
    found: set[Finding] = set()
    seconds: dict[str, float] = {}
    for rule in rules:
        tell(rule.id)
        began = monotonic()
        found.update(rule.check(subject))
        seconds[rule.id] = monotonic() - began
    return in_order(found), seconds


def run_rules(rules: Iterable[Rule], subject: Subject) -> list[Finding]:
    """Give all findings, in the order of files and lines, each once."""
    findings, _ = timed_rules(rules, subject)
    return findings


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """Sort findings by file and line."""
    return sorted(
        found, key=lambda each: (each.file, each.line or 0, each.rule, each.message)
    )
