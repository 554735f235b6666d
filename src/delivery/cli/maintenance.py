"""``maintenance``: what to look at each week, month and quarter, and what can go."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options, dry_run_option

_REPORT = click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what is printed to FILE, too; a file that is there is replaced.",
)


@click.group()
@common_options
def maintenance() -> None:
    """Look after the delivery: weekly, monthly, quarterly; and delete what is left over.

    A review ends with 0 when all is well, 1 when something needs a person, 5 when
    something could not be told, and 4 when nothing may be read. It changes nothing.
    """


@maintenance.command(short_help="Look at executions, builds, approvals and cost.")
@_REPORT
@common_options
@click.pass_obj
def weekly(settings: Settings, *, report: Path | None) -> int:
    """Executions, builds, approvals, failures with their cause, what waits, cost."""
    return _review(settings, "weekly", report)


@maintenance.command(short_help="And at dependencies, roles and what is left over.")
@_REPORT
@common_options
@click.pass_obj
def monthly(settings: Settings, *, report: Path | None) -> int:
    """As weekly; and dependencies, what roles hold, build time, what is left over."""
    return _review(settings, "monthly", report)


@maintenance.command(short_help="And at the token, the settings and the guards.")
@_REPORT
@common_options
@click.pass_obj
def quarterly(settings: Settings, *, report: Path | None) -> int:
    """As monthly; and the token's age, the configuration, and the security settings."""
    return _review(settings, "quarterly", report)


@maintenance.command(name="clean-up", short_help="Delete what no release needs.")
@click.option(
    "--older-than",
    type=click.IntRange(0, 3650),
    metavar="DAYS",
    help="Packages stored more recently stay; default: foundation.artifact_retention_days, "
    "for as long an execution can be retried.",
)
@dry_run_option
@common_options
@click.pass_obj
def clean_up(settings: Settings, *, older_than: int | None, dry_run: bool) -> None:
    """Delete versions of functions and packages that no release needs.

    What can still be rolled back to stays whole. Nothing is deleted while a release or a
    rollback is under way, or when a ledger is not whole. It can be ended at any time, and
    run again.
    """
    from delivery.cli.cleaning import delete_leftovers

    delete_leftovers(settings, older_than=older_than, dry_run=dry_run)


def _review(settings: Settings, kind: str, report: Path | None) -> int:
    from delivery.cli.maintaining import review

    return review(settings, kind, report=report)
