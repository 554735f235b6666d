"""``status``: where an execution stands, why it failed, what it waits for."""

from __future__ import annotations

import click

from delivery.cli.execution_options import execution_option
from delivery.cli.options import Settings, common_options


@click.command()
@click.option("--watch", is_flag=True, help="Refresh until the execution settles.")
@execution_option("This execution, not the newest")
@common_options
@click.pass_obj
def status(settings: Settings, *, watch: bool, execution_id: str) -> int:
    """Show stages, actions, failures with their cause, and pending approvals.

    With --watch the exit code is 1 when the execution did not succeed.
    """
    from delivery.cli.showing import show_status

    return show_status(settings, watch=watch, execution_id=execution_id)
