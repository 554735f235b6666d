"""What roles hold in IAM, against what the templates say; and when they were used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awsrules.policies import Statement, statements_of
from delivery.maintain.findings import Section, counted, resource_name
from delivery.model import CheckResult, HeldRole, Outcome

_SHOWN = 4
_FIND_OUT = (
    "Find out in CloudTrail who changed it; then give it back what its template says: "
    "aws cloudformation detect-stack-drift --stack-name "
)
_ACCOUNT = re.compile(r"(?<=:)\d{12}(?=:)")


@dataclass(frozen=True, slots=True, order=True)
class Granted:
    """One action that a statement allows, or denies; ``everywhere`` when on any resource.

    ``statement`` is its Sid, or the ARN of a policy of AWS's own, whose action is then "*".
    """

    statement: str
    action: str
    everywhere: bool = False
    denied: bool = False

    def __str__(self) -> str:
        effect = "the denial of " if self.denied else ""
        where = " on everything" if self.everywhere else ""
        return f"{effect}{self.action}{where} ({self.statement})"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A deployed role: its stack, its logical id, what IAM has and what the template says.

    ``held`` is None when IAM has no such role, ``meant`` when the template has none.
    """

    stack: str
    logical_id: str
    held: HeldRole | None
    meant: frozenset[Granted] | None
    emergency: bool = False

    @property
    def name(self) -> str:
        """Return what checks call it."""
        return resource_name(self.stack, self.logical_id)

    @property
    def used_at(self) -> datetime | None:
        """Return when it was used last, if IAM tells."""
        return self.held.used_at if self.held else None


def granted_by(documents: Sequence[Mapping[str, Any]]) -> frozenset[Granted]:
    """Return what policies allow and deny, action by action."""
    return frozenset(
        Granted(
            each.name, action, "*" in each.texts("Resource"), each.effect != "Allow"
        )
        for document in documents
        for each in statements_of(document)
        for action in _actions(each)
    )


def trusted_by(document: Mapping[str, Any]) -> frozenset[Granted]:
    """Return who may act with a role; whose account it is does not matter."""
    return frozenset(
        Granted(each.name, f"{action} by {_ACCOUNT.sub('account', who)}")
        for each in statements_of(document)
        if each.effect == "Allow"
        for action in _actions(each)
        for who in _principals(each.body.get("Principal", "*"))
    )


def held_by(role: HeldRole) -> frozenset[Granted]:
    """Return all that a role holds; a policy of AWS's own counts as one action."""
    by_aws = {Granted(arn, "*", everywhere=True) for arn in role.managed_by_aws}
    return granted_by(role.documents) | by_aws | trusted_by(role.trust)


def _actions(statement: Statement) -> Iterator[str]:
    yield from statement.texts("Action")
    if others := statement.texts("NotAction"):
        yield f"all but {', '.join(sorted(others))}"


def _principals(principal: Any) -> Iterator[str]:
    if not isinstance(principal, Mapping):
        yield str(principal)
        return
    for named in principal.values():
        yield from named if isinstance(named, list) else [str(named)]


def roles_section(
    roles: Sequence[Reviewed], since: datetime, *, rehearsed: bool
) -> Section:
    """Compare each role, and say which was used when."""
    differ = [check for each in roles if (check := _difference(each))]
    emergency = [_unused(each, since, rehearsed) for each in roles if each.emergency]
    return Section(
        "Roles",
        lines=tuple(_used_line(each) for each in roles if not rehearsed),
        facts={"roles": [_fact(each) for each in roles]},
        checks=(*(differ or [_no_difference(roles)]), *emergency),
    )


def _no_difference(roles: Sequence[Reviewed]) -> CheckResult:
    if roles:
        what = f"{counted(len(roles), 'role')}: all hold what their templates say."
        return CheckResult("roles", Outcome.PASSED, what)
    what = "No stack of the delivery has a role."
    return CheckResult("roles", Outcome.INCONCLUSIVE, what, "./deploy_pipeline.py")


def _difference(role: Reviewed) -> CheckResult | None:
    """Return how a role differs from its template, or None."""
    told = _differs(role.held, role.meant)
    if not told:
        return None
    return CheckResult(role.name, Outcome.FAILED, told, f"{_FIND_OUT}{role.stack}")


def _differs(held: HeldRole | None, meant: frozenset[Granted] | None) -> str:
    if held is None:
        return "The stack has this role, and IAM has not."
    has = held_by(held)
    if meant is None:
        return f"Its stack's template has no such role; it holds {len(has)} actions."
    more = _listed("holds what its template does not say:", sorted(has - meant))
    less = _listed("lacks", sorted(meant - has))
    return " ".join(each for each in (more, less) if each)


def _listed(verb: str, granted: Sequence[Granted]) -> str:
    if not granted:
        return ""
    rest = len(granted) - _SHOWN
    told = ", ".join(str(each) for each in granted[:_SHOWN])
    return f"It {verb} {told}{f' and {rest} others' if rest > 0 else ''}."


def _unused(role: Reviewed, since: datetime, rehearsed: bool) -> CheckResult:
    """Somebody has to know of each use of a role that is for emergencies."""
    name, used = f"{role.name} unused", role.used_at
    if rehearsed:
        what = "The plane does not tell when a role was used."
        return CheckResult(name, Outcome.NOT_REHEARSED, what)
    if used is None or used < since:
        what = "It was not used in this period."
        return CheckResult(name, Outcome.PASSED, what)
    return CheckResult(
        name,
        Outcome.FAILED,
        f"It was used last at {used:%Y-%m-%d %H:%M} UTC.",
        "Look in CloudTrail who assumed it, and why; docs/security.md, emergency access",
    )


def _fact(role: Reviewed) -> dict[str, Any]:
    used = role.used_at.isoformat() if role.used_at else None
    return {"role": role.name, "used_at": used}


def _used_line(role: Reviewed) -> str:
    used = role.used_at
    when = f"{used:%Y-%m-%d}" if used else "not in the 400 days that IAM tells of"
    return f"Used last: {role.name}, {when}"
