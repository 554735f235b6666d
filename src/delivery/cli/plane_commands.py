"""``rehearse start``, ``stop``, ``status`` and ``reset``: manage the plane's process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.cli.screen import print_result
from delivery.cli.wiring import PlaneSettings, Tools, default_plane_settings
from delivery.errors import PlaneUnavailable, Refused
from delivery.model import PlaneInfo

DISCARDED = "its stacks, functions, secrets and history, which lived in its memory"


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
        help="How many times faster waits pass; default: 600.",
    )(command)


def plane_settings(
    port: int | None, state_dir: Path | None, speed: float | None = None
) -> PlaneSettings:
    """Return where the plane lives: options first, then the environment."""
    where = default_plane_settings()
    if port is not None:
        where = replace(where, port=port)
    if state_dir is not None:
        where = replace(where, state_dir=state_dir.resolve())
    return replace(where, speed=speed)


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
    tools = Tools(settings, plane_settings=plane_settings(port, state_dir, speed))
    was_running = tools.plane.running() is not None
    info = tools.plane.start()
    if settings.as_json:
        print_result(_data(info))
        return
    verb = "already runs" if was_running else "runs"
    click.echo(f"The plane {verb} at {info.endpoint_url} (process {info.pid}).")
    click.echo("Next: ./deploy_pipeline.py --local")


@click.command()
@plane_options
@dry_run_option
@common_options
@click.pass_obj
def stop(
    settings: Settings, *, port: int | None, state_dir: Path | None, dry_run: bool
) -> None:
    """Stop the plane. What it held in memory is discarded."""
    tools = Tools(settings, plane_settings=plane_settings(port, state_dir))
    if dry_run:
        click.echo(f"Dry run: the plane would be stopped, discarding {DISCARDED}.")
        return
    stopped = tools.plane.stop()
    if settings.as_json:
        print_result({"stopped": stopped, "running": False})
        return
    click.echo(
        f"The plane is stopped. Discarded: {DISCARDED}."
        if stopped
        else "The plane does not run."
    )
    click.echo(f"Kept: logs and the source mirror in {tools.plane_settings.state_dir}.")


@click.command()
@plane_options
@common_options
@click.pass_obj
def status(settings: Settings, *, port: int | None, state_dir: Path | None) -> None:
    """Say whether the plane runs, and where."""
    tools = Tools(settings, plane_settings=plane_settings(port, state_dir))
    info = tools.plane.running()
    if settings.as_json:
        print_result(_data(info))
    elif info is None:
        click.echo("The plane does not run.")
        click.echo("Next: ./deploy_pipeline.py rehearse start")
    else:
        click.echo(f"The plane runs at {info.endpoint_url} (process {info.pid}).")


@click.command()
@plane_options
@dry_run_option
@common_options
@click.pass_obj
def reset(
    settings: Settings, *, port: int | None, state_dir: Path | None, dry_run: bool
) -> None:
    """Stop the plane and remove all its state from this machine."""
    where = plane_settings(port, state_dir)
    tools = Tools(settings, plane_settings=where)
    if dry_run:
        click.echo(
            f"Dry run: the plane would be stopped and {where.state_dir} removed."
        )
        return
    if where.state_dir.exists() and not tools.screen.confirm(
        f"Stop the plane and remove {where.state_dir}?"
    ):
        raise Refused("Nothing was removed.", next_step="Confirm, or give --yes.")
    _stop_any_version(tools)
    tools.plane.reset()
    if settings.as_json:
        print_result({"reset": True, "running": False})
        return
    click.echo(f"{where.state_dir} is removed.")


def _stop_any_version(tools: Tools) -> None:
    """Stop the plane; a plane of another version is stopped like any other."""
    try:
        tools.plane.stop()
    except PlaneUnavailable as error:
        tools.screen.warn(str(error))
        raise


def _data(info: PlaneInfo | None) -> dict[str, Any]:
    if info is None:
        return {"running": False, "endpoint_url": None}
    return {
        "running": True,
        "endpoint_url": info.endpoint_url,
        "pid": info.pid,
        "version": info.version,
    }
