"""``rehearse start``, ``stop``, ``status`` and ``reset``: manage the plane's process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from delivery.cli.options import Settings, common_options, dry_run_option


def plane_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` the options that say where the plane lives."""
    options = (
        click.option("--port", type=click.IntRange(1, 65535), help="Default: 4599."),
        click.option(
            "--state-dir",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="FOLDER",
            help="Default: .rehearsal.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def speed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` the option ``--speed``."""
    return click.option(
        "--speed",
        type=click.FloatRange(min=0, min_open=True),
        help="How many times faster waits pass; default: 1000.",
    )(command)


@click.command()
@plane_options
@speed_option
@common_options
@click.pass_obj
def start(
    settings: Settings,
    *,
    port: int | None,
    state_dir: Path | None,
    speed: float | None,
) -> None:
    """Start the plane, unless it runs, and say where it is."""
    from delivery.cli.plane_work import plane_settings, start_plane

    start_plane(settings, plane_settings(port, state_dir, speed))


@click.command()
@plane_options
@dry_run_option
@common_options
@click.pass_obj
def stop(
    settings: Settings, *, port: int | None, state_dir: Path | None, dry_run: bool
) -> None:
    """Stop the plane. What it held in memory is discarded."""
    from delivery.cli.plane_work import plane_settings, stop_plane

    stop_plane(settings, plane_settings(port, state_dir), dry_run=dry_run)


@click.command()
@plane_options
@common_options
@click.pass_obj
def status(settings: Settings, *, port: int | None, state_dir: Path | None) -> None:
    """Say whether the plane runs, and where."""
    from delivery.cli.plane_work import plane_settings, show_plane

    show_plane(settings, plane_settings(port, state_dir))


@click.command()
@plane_options
@dry_run_option
@common_options
@click.pass_obj
def reset(
    settings: Settings, *, port: int | None, state_dir: Path | None, dry_run: bool
) -> None:
    """Stop the plane and remove all its state from this machine."""
    from delivery.cli.plane_work import plane_settings, reset_plane

    reset_plane(settings, plane_settings(port, state_dir), dry_run=dry_run)
