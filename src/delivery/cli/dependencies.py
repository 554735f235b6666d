"""``dependencies``: ask whether a pinned dependency has a known hole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from delivery.cli.fitting import echo
from delivery.cli.options import Settings, common_options
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


@click.command()
@click.option(
    "--requirements",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Lock to ask about; default: the tool's, the installer's, the functions'.",
)
@click.option(
    "--service",
    envvar="DEPENDENCY_AUDIT_SERVICE",
    default=SERVICE,
    metavar="URL",
    help="Where to ask: OSV's query API, or a mirror of it.",
)
@click.option(
    "--when-unreachable",
    envvar="DEPENDENCY_AUDIT_WHEN_UNREACHABLE",
    type=click.Choice(["fail", "not-rehearsed"]),
    default="fail",
    help="What silence counts as; the rehearsal plane says not-rehearsed.",
)
@click.option(
    "--outcome-to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the outcome, a word, to this file too.",
)
@common_options
@click.pass_obj
def dependencies(
    settings: Settings,
    *,
    requirements: tuple[Path, ...],
    service: str,
    when_unreachable: str,
    outcome_to: Path | None,
) -> int:
    """Ask whether a pinned dependency has a known hole: 0 no, 1 yes, 5 nobody knows."""
    audit = Audit(
        requirements=requirements or tuple(each for each in LOCKS if each.is_file()),
        service=service,
        expect_nobody=when_unreachable == "not-rehearsed",
        accepted=read_accepted(ACCEPTED, datetime.now(UTC).date()),
    )
    missing = [str(each) for each in audit.requirements if not each.is_file()]
    if missing or not audit.requirements:
        raise BadInput(
            f"There is no lock {', '.join(missing) or 'to ask about'}.",
            why="Dependencies are what a lock pins.",
            next_step="Run the tool in the project's folder, or give --requirements.",
        )
    audited = audit_dependencies(audit)
    if outcome_to is not None:
        outcome_to.parent.mkdir(parents=True, exist_ok=True)
        outcome_to.write_text(f"{audited.outcome.value}\n", encoding="utf-8")
    _show(settings, audited)
    return _EXITS.get(audited.outcome, EXIT_INCONCLUSIVE)


def _show(settings: Settings, audited: Audited) -> None:
    if settings.as_json:
        from delivery.cli.screen import print_result

        print_result(audited.as_data())
        return
    for hole in audited.holes:
        fixed = f"fixed in {', '.join(hole.fixed_in)}" if hole.fixed_in else "no fix"
        remark = f"; accepted {hole.accepted}" if hole.accepted else ""
        echo(f"{hole.package} {hole.version}: {hole.id}, {fixed}{remark}")
    words = audited.outcome.value.replace("_", " ").upper()
    echo(f"{words}: {audited.why}")
