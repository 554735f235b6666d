"""Where the project and its rehearsal plane lie on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import delivery
from delivery.errors import BadInput

DEFAULT_PORT = 4599


@dataclass(frozen=True)
class PlaneSettings:
    """Where the rehearsal plane lives on this machine."""

    state_dir: Path
    port: int = DEFAULT_PORT
    speed: float | None = None


def project_root() -> Path:
    """Return the folder that holds ``templates/``: here, or around the tool itself.

    A build's artifact, where the pipeline runs the tool, holds ``packaged.yaml`` instead.
    """
    here = Path.cwd()
    for folder in (here, Path(delivery.__file__).resolve().parents[2]):
        if (folder / "templates").is_dir() or (folder / "packaged.yaml").is_file():
            return folder
    raise BadInput(
        "This folder has no templates/.",
        why=f"The tool was run in {here}.",
        next_step="Run it in the project's folder.",
    )


def default_plane_settings() -> PlaneSettings:
    """Return where the plane lives unless options say otherwise.

    ``REHEARSAL_STATE_DIR`` and ``REHEARSAL_PORT`` let several planes live side by side.
    """
    state_dir = os.environ.get("REHEARSAL_STATE_DIR")
    port = os.environ.get("REHEARSAL_PORT", str(DEFAULT_PORT))
    if not port.isdigit():
        raise BadInput(
            f"REHEARSAL_PORT is {port!r}.", next_step="Give it a number, such as 4600."
        )
    folder = Path(state_dir) if state_dir else project_root() / ".rehearsal"
    return PlaneSettings(folder.resolve(), int(port))
