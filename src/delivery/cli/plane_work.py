"""The work of ``rehearse start``, ``stop``, ``status`` and ``reset``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any


from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_dry_run, print_result
from delivery.cli.wiring import PlaneSettings, Tools, default_plane_settings
from delivery.errors import Refused
from delivery.model import PlaneInfo

DISCARDED = "its stacks, functions, secrets and history, which lived in its memory"


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


def start_plane(settings: Settings, where: PlaneSettings) -> None:
    """Start the plane, unless it runs, and say where it is."""
    tools = Tools(settings, plane_settings=where)
    was_running = tools.plane.running() is not None
    info = tools.plane.start()
    if settings.as_json:
        print_result(_data(info))
        return
    verb = "already runs" if was_running else "runs"
    echo(f"The plane {verb} at {info.endpoint_url} (process {info.pid}).")
    echo("Next: ./deploy_pipeline.py --local")


def stop_plane(settings: Settings, where: PlaneSettings, *, dry_run: bool) -> None:
    """Stop the plane, and say what that discards."""
    tools = Tools(settings, plane_settings=where)
    if dry_run:
        print_dry_run(
            f"the plane would be stopped, discarding {DISCARDED}",
            as_json=settings.as_json,
        )
        return
    stopped = tools.plane.stop()
    if settings.as_json:
        print_result({"stopped": stopped, "running": False})
        return
    echo(
        f"The plane is stopped. Discarded: {DISCARDED}."
        if stopped
        else "The plane does not run."
    )
    if where.state_dir.exists():
        echo(f"Kept: logs and the source mirror in {where.state_dir}.")


def show_plane(settings: Settings, where: PlaneSettings) -> None:
    """Say whether the plane runs, and where."""
    info = Tools(settings, plane_settings=where).plane.running()
    if settings.as_json:
        print_result(_data(info))
    elif info is None:
        echo("The plane does not run.")
        echo("Next: ./deploy_pipeline.py rehearse start")
    else:
        echo(f"The plane runs at {info.endpoint_url} (process {info.pid}).")


def reset_plane(settings: Settings, where: PlaneSettings, *, dry_run: bool) -> None:
    """Stop the plane and remove its state, after a question."""
    tools = Tools(settings, plane_settings=where)
    if dry_run:
        print_dry_run(
            f"the plane would be stopped and {where.state_dir} removed",
            as_json=settings.as_json,
        )
        return
    if where.state_dir.exists() and not tools.screen.confirm(
        f"Stop the plane and remove {where.state_dir}?"
    ):
        raise Refused("Nothing was removed.", next_step="Confirm, or give --yes.")
    tools.plane.stop()
    tools.plane.reset()
    if settings.as_json:
        print_result({"reset": True, "running": False})
        return
    echo(f"{where.state_dir} is removed.")


def _data(info: PlaneInfo | None) -> dict[str, Any]:
    if info is None:
        return {"running": False, "endpoint_url": None}
    return {
        "running": True,
        "endpoint_url": info.endpoint_url,
        "pid": info.pid,
        "version": info.version,
    }
