"""``rehearse run``: two releases with automatic approvals, and what became of them."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.cli.plane_commands import plane_options, speed_option


@click.command()
@plane_options
@speed_option
@dry_run_option
@common_options
@click.pass_obj
def run(
    settings: Settings,
    *,
    port: int | None,
    state_dir: Path | None,
    speed: float | None,
    dry_run: bool,
) -> int:
    """Take two commits from Source to production on this machine.

    The first is the repository's HEAD and creates everything; the second changes one file
    and shifts production's traffic. Approvals are given automatically. The plane keeps
    running afterwards.
    """
    from delivery.cli.plane_work import plane_settings
    from delivery.cli.rehearsing import rehearse_two_releases

    where = plane_settings(port, state_dir, speed)
    return rehearse_two_releases(settings, where, dry_run=dry_run)
