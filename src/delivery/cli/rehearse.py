"""``rehearse``: the plane on this machine, and a rehearsal of two releases on it."""

from __future__ import annotations

import click

from delivery.cli.lazy import LazyCommand, LazyGroup
from delivery.cli.options import common_options

_HERE = "delivery.cli.plane_commands"

REHEARSE_COMMANDS = {
    "run": LazyCommand(
        "delivery.cli.rehearse_run:run", "Take two commits from Source to production."
    ),
    "inject": LazyCommand(
        "delivery.cli.rehearse_traffic:inject", "Break the next release on purpose."
    ),
    "traffic": LazyCommand(
        "delivery.cli.rehearse_traffic:traffic", "Send requests to a deployed API."
    ),
    "start": LazyCommand(f"{_HERE}:start", "Start the plane."),
    "stop": LazyCommand(f"{_HERE}:stop", "Stop the plane."),
    "status": LazyCommand(f"{_HERE}:status", "Say whether the plane runs."),
    "reset": LazyCommand(f"{_HERE}:reset", "Stop the plane and remove its state."),
}


@click.group(cls=LazyGroup, table=REHEARSE_COMMANDS)
@common_options
def rehearse() -> None:
    """Run the whole product on this machine, without an AWS account.

    The plane is a server on 127.0.0.1 that answers as AWS does. Any command speaks to it
    with --local.
    """
