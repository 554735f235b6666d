"""What a run without errors has proven, in numbers, and how long that took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from delivery.validate import cfn_lint
from delivery.validate.model import Subject
from delivery.validate.privilege.builders import needs_of_builders
from delivery.validate.privilege.escalation import attempts_of
from delivery.validate.privilege.functions import counted
from delivery.validate.privilege.grants import RoleGrants
from delivery.validate.privilege.moving import needs_of_pipeline
from delivery.validate.privilege.needs import Need
from delivery.validate.privilege.places import needs_of_receiver
from delivery.validate.privilege.proof import (
    Roles,
    foundation_stack,
    needs_of_deployer,
)
from delivery.validate.privilege.shifting import shifting_roles

LINT = "lint"


@dataclass(frozen=True, slots=True)
class Proven:
    """A role with what it is asked for, all of it granted, and with what it is granted.

    ``needed`` counts different requests, or the actions that functions' code calls;
    ``granted`` the actions in the role's statements, each of which is needed.
    """

    role: str
    needed: int
    granted: int

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"role": self.role, "needed": self.needed, "granted": self.granted}


@dataclass(frozen=True, slots=True)
class Summary:
    """What was looked at and proven; times are in seconds.

    ``lint_seconds`` is all of cfn-lint and ``import_seconds`` its import alone, both none
    where it did not run; what it said of the same content before is not asked again.
    """

    environments: tuple[str, ...]
    templates: tuple[str, ...]
    rules: int
    roles: tuple[Proven, ...]
    attempts: int
    proof_seconds: float
    lint_seconds: float | None
    import_seconds: float | None

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "environments": list(self.environments),
            "templates": list(self.templates),
            "rules": self.rules,
            "roles": [each.as_data() for each in self.roles],
            "escalation_attempts_refused": self.attempts,
            "seconds": {
                "proofs": round(self.proof_seconds, 2),
                "cfn_lint": _rounded(self.lint_seconds),
                "cfn_lint_import": _rounded(self.import_seconds),
            },
        }


def summarize(
    subject: Subject, rules: Iterable[str], seconds: Mapping[str, float]
) -> Summary:
    """Count what the rules with these ids have proven, after none found an error.

    ``seconds`` is what each rule took.
    """
    ran = set(rules)
    attempts = list(attempts_of(foundation_stack(subject)))
    return Summary(
        environments=tuple(subject.values),
        templates=tuple(each.name for each in subject.templates),
        rules=len(ran),
        roles=tuple(
            each for rule, of in _PROOFS.items() if rule in ran for each in of(subject)
        ),
        attempts=len(attempts) if "role-escalation" in ran else 0,
        proof_seconds=sum(each for rule, each in seconds.items() if rule != LINT),
        lint_seconds=seconds.get(LINT),
        import_seconds=subject.timings.get(cfn_lint.IMPORT),
    )


def _of_roles(
    needs_of: Callable[[Subject], Mapping[str, Iterable[Need]]],
) -> Callable[[Subject], list[Proven]]:
    """Give how the roles are counted of which ``needs_of`` tells."""

    def proven(subject: Subject) -> list[Proven]:
        roles = Roles(subject)
        return [
            _proven(roles.named(role)[1], needs)
            for role, needs in needs_of(subject).items()
        ]

    return proven


def _shifts(subject: Subject) -> list[Proven]:
    """Count each role once, with what the shifts of all environments ask of it."""
    asked: dict[str, list[Need]] = defaultdict(list)
    held: dict[str, RoleGrants] = {}
    for _, role, needs in shifting_roles(subject):
        asked[role.logical_id].extend(needs)
        held[role.logical_id] = role
    return [_proven(role, asked[name]) for name, role in held.items()]


def _functions(subject: Subject) -> list[Proven]:
    return [
        Proven(f"Functions with {roles}", calls, granted)
        for roles, calls, granted in counted(subject)
    ]


def _proven(role: RoleGrants, needs: Iterable[Need]) -> Proven:
    needed = len({each.key for each in needs})
    return Proven(role.logical_id, needed, len(role.grants))


_PROOFS: Mapping[str, Callable[[Subject], list[Proven]]] = {
    "deployer-lacks": _of_roles(needs_of_deployer),
    "pipeline-lacks": _of_roles(needs_of_pipeline),
    "build-lacks": _of_roles(needs_of_builders),
    "receiver-lacks": _of_roles(needs_of_receiver),
    "shift-lacks": _shifts,
    "function-lacks": _functions,
}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
