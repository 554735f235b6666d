"""Options that name an execution of the pipeline, and what its build left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Any], Any]


def execution_option(whose: str) -> Decorator:
    """Give a command ``--execution`` as ``execution_id``; ``whose`` begins its help."""
    return click.option(
        "--execution",
        "execution_id",
        default="",
        metavar="ID",
        help=f"{whose}; the beginning of its id will do.",
    )


def own_execution_option(*, required: bool) -> Decorator:
    """Give a command ``--execution`` as ``execution``: that of the pipeline it runs in."""
    needed: dict[str, Any] = {"required": True} if required else {"default": ""}
    return click.option(
        "--execution",
        envvar="PIPELINE_EXECUTION_ID",
        metavar="ID",
        help="The pipeline's execution; default: PIPELINE_EXECUTION_ID.",
        **needed,
    )


artifact_option: Decorator = click.option(
    "--artifact",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("."),
    help="The build artifact's folder; default: here.",
)
