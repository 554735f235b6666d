"""``rehearse run``: two releases with automatic approvals, and what became of them."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.cli.plane_commands import plane_options, speed_option
from delivery.cli.traffic_options import injection_option, mix_option, rate_option
from delivery.names import ENVIRONMENTS


@click.command()
@plane_options
@speed_option
@injection_option
@click.option("--traffic", is_flag=True, help="Send requests during the second shift.")
@rate_option
@mix_option
@dry_run_option
@common_options
@click.pass_obj
def run(
    settings: Settings,
    *,
    port: int | None,
    state_dir: Path | None,
    speed: float | None,
    injections: tuple[str, ...],
    traffic: bool,
    rate: float | None,
    mix: str,
    dry_run: bool,
) -> int:
    """Take two commits from Source to production on this machine.

    The first is the repository's HEAD and creates everything; the second changes one file
    and shifts production's traffic. Approvals are given automatically. The plane keeps
    running afterwards.

    With --inject the second release is bad on purpose, and requests are sent while it
    shifts: an alarm should take the traffic back, and the run fails.
    """
    from delivery.cli.plane_work import plane_settings
    from delivery.cli.rehearsing import rehearse_two_releases
    from delivery.cli.straining import wanted
    from delivery.operate.injections import read_injections

    found = read_injections(injections, ENVIRONMENTS)
    asked = wanted(found, environment="production", mix=mix, rate=rate)
    where = plane_settings(port, state_dir, speed)
    return rehearse_two_releases(
        settings,
        where,
        dry_run=dry_run,
        asked=asked if found or traffic or rate else None,
    )
