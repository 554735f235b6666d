"""The work of ``dependencies``: ask about each pinned package, and say what is known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.errors import BadInput
from delivery.model import Outcome
from delivery.supply.audit import (
    SERVICE,
    Audit,
    Audited,
    audit_dependencies,
    read_accepted,
)

LOCKS = (
    Path("requirements/project.lock"),
    Path("requirements/bootstrap.lock"),
    Path("src/functions/requirements.txt"),
)
ACCEPTED = Path("requirements/accepted.yaml")
_EXITS = {Outcome.PASSED: 0, Outcome.NOT_REHEARSED: 0, Outcome.FAILED: 1}
EXIT_INCONCLUSIVE = 5


def audit_locks(
    settings: Settings,
    requirements: tuple[Path, ...],
    *,
    service: str | None,
    expect_nobody: bool,
    outcome_to: Path | None,
) -> int:
    """Ask about the locks' packages, print the answer, and return the exit code."""
    audit = lock_audit(requirements, service=service, expect_nobody=expect_nobody)
    audited = audit_dependencies(audit)
    if outcome_to is not None:
        outcome_to.parent.mkdir(parents=True, exist_ok=True)
        outcome_to.write_text(f"{audited.outcome.value}\n", encoding="utf-8")
    _show(settings, audited)
    return _EXITS.get(audited.outcome, EXIT_INCONCLUSIVE)


def lock_audit(
    requirements: tuple[Path, ...] = (),
    *,
    service: str | None = None,
    expect_nobody: bool = False,
) -> Audit:
    """Return what to ask: about the given locks, else about all that are there.

    Raises:
        BadInput: when a lock is not there, or none is.
    """
    audit = Audit(
        requirements=requirements or tuple(each for each in LOCKS if each.is_file()),
        service=service or SERVICE,
        expect_nobody=expect_nobody,
        accepted=read_accepted(ACCEPTED, datetime.now(UTC).date()),
    )
    missing = [str(each) for each in audit.requirements if not each.is_file()]
    if missing or not audit.requirements:
        raise BadInput(
            f"There is no lock {', '.join(missing) or 'to ask about'}.",
            why="Dependencies are what a lock pins.",
            next_step="Run the tool in the project's folder, or give --requirements.",
        )
    return audit


def _show(settings: Settings, audited: Audited) -> None:
    if settings.as_json:
        print_result(audited.as_data())
        return
    for hole in audited.holes:
        fixed = f"fixed in {', '.join(hole.fixed_in)}" if hole.fixed_in else "no fix"
        remark = f"; accepted {hole.accepted}" if hole.accepted else ""
        echo(f"{hole.package} {hole.version}: {hole.id}, {fixed}{remark}")
    words = audited.outcome.value.replace("_", " ").upper()
    echo(f"{words}: {audited.why}")
