"""``start``: begin an execution of the pipeline."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options, dry_run_option


@click.command()
@dry_run_option
@common_options
@click.pass_obj
def start(settings: Settings, *, dry_run: bool) -> None:
    """Start an execution with the newest commit of the configured branch.

    With --local, commits that the plane's source does not have yet are pushed to it first.
    """
    from delivery.cli.deciding import start_execution

    start_execution(settings, dry_run=dry_run)
