"""``rehearse inject`` and ``rehearse traffic``: break a running plane, and load it."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.cli.plane_commands import plane_options
from delivery.cli.traffic_options import mix_option, rate_option
from delivery.names import ENVIRONMENTS


@click.command()
@click.argument("faults", nargs=-1, metavar="[ENV:KIND[=VALUE]]…")
@click.option("--clear", is_flag=True, help="End all that was injected before.")
@plane_options
@dry_run_option
@common_options
@click.pass_obj
def inject(
    settings: Settings,
    *,
    faults: tuple[str, ...],
    clear: bool,
    port: int | None,
    state_dir: Path | None,
    dry_run: bool,
) -> None:
    """Break versions that are published from now on, or say what is broken.

    Kinds: errors=30%, latency=13s, throttling=50%, memory, hook=pre|post, alarm=NAME,
    metric=NAME. Versions that are there already are left alone.
    """
    from delivery.cli.load_work import inject_into_plane
    from delivery.cli.plane_work import plane_settings
    from delivery.operate.injections import read_injections

    found = read_injections(faults, ENVIRONMENTS)
    where = plane_settings(port, state_dir)
    inject_into_plane(settings, where, found, clear=clear, dry_run=dry_run)


@click.command()
@rate_option
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True, max=86_400),
    default=30.0,
    show_default=True,
    help="How long, in this machine's time; Ctrl-C ends it sooner.",
)
@click.option(
    "--environment",
    type=click.Choice(ENVIRONMENTS),
    default="production",
    show_default=True,
)
@mix_option
@plane_options
@common_options
@click.pass_obj
def traffic(
    settings: Settings,
    *,
    rate: float | None,
    seconds: float,
    environment: str,
    mix: str,
    port: int | None,
    state_dir: Path | None,
) -> int:
    """Send signed requests to a deployed API of the running plane.

    Where errors are injected, the plane's clock runs slower meanwhile, so that alarms get
    enough requests in each of their periods.
    """
    from delivery.cli.load_work import send_traffic
    from delivery.cli.plane_work import plane_settings
    from delivery.cli.straining import wanted

    asked = wanted((), environment=environment, mix=mix, rate=rate)
    return send_traffic(
        settings, plane_settings(port, state_dir), asked, seconds=seconds
    )
