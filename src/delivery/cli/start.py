"""``start``: begin an execution of the pipeline."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options, dry_run_option


@click.command()
@click.option("--commit", metavar="SHA", help="This commit, by its full id.")
@dry_run_option
@common_options
@click.pass_obj
def start(settings: Settings, *, commit: str | None, dry_run: bool) -> None:
    """Start an execution with the newest commit of the configured branch, or with one.

    With --local, commits that the plane's source does not have yet are pushed to it first.
    """
    from delivery.cli.deciding import start_execution
    from delivery.cli.steering import start_with_commit

    if commit is not None:
        start_with_commit(settings, commit, dry_run=dry_run)
        return
    start_execution(settings, dry_run=dry_run)
