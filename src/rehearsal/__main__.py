"""``python -m rehearsal serve``: run the plane in the foreground."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from rehearsal.clock import DEFAULT_SPEED
from rehearsal.server import serve as serve_plane


@click.group()
def main() -> None:
    """An AWS release plane on 127.0.0.1."""


@main.command()
@click.option("--port", type=int, default=4599, show_default=True)
@click.option(
    "--state-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".rehearsal"),
    show_default=True,
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_SPEED,
    show_default=True,
    help="How many times faster than the wall clock waits pass.",
)
def serve(port: int, state_dir: Path, speed: float) -> None:
    """Serve until SIGTERM or POST /_rehearsal/stop."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for chatty in ("werkzeug", "botocore", "boto3", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        serve_plane(port=port, state_dir=state_dir, speed=speed)
    except OSError as error:
        raise click.ClickException(
            f"port {port} on 127.0.0.1 cannot be used: {error.strerror}"
        ) from error


main()
