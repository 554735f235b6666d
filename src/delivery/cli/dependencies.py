"""``dependencies``: ask whether a pinned dependency has a known hole."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options


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
    service: str | None,
    when_unreachable: str,
    outcome_to: Path | None,
) -> int:
    """Ask whether a pinned dependency has a known hole: 0 no, 1 yes, 5 nobody knows."""
    from delivery.cli.auditing import audit_locks

    return audit_locks(
        settings,
        requirements,
        service=service,
        expect_nobody=when_unreachable == "not-rehearsed",
        outcome_to=outcome_to,
    )
