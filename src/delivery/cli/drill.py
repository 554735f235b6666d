"""``drill``: practise a rollback under traffic."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.cli.traffic_options import mix_option, rate_option
from delivery.names import ENVIRONMENTS


@click.command()
@click.argument("environment", type=click.Choice(ENVIRONMENTS))
@click.option("--production", is_flag=True, help="Agree to a drill in production.")
@rate_option
@mix_option
@dry_run_option
@common_options
@click.pass_obj
def drill(
    settings: Settings,
    *,
    environment: str,
    production: bool,
    rate: float | None,
    mix: str,
    dry_run: bool,
) -> int:
    """Take ENVIRONMENT back to its last known good release, and forward again.

    Signed requests with synthetic records are sent meanwhile. It passes when none of them
    failed and both verifications passed.
    """
    from delivery.cli.drilling import run_drill
    from delivery.cli.straining import wanted

    asked = wanted((), environment=environment, mix=mix, rate=rate)
    return run_drill(settings, asked, production=production, dry_run=dry_run)
