"""``diagnose``: why an execution failed, the cause in one line first."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options


@click.command()
@click.argument("execution_id", metavar="[EXECUTION]", default="")
@common_options
@click.pass_obj
def diagnose(settings: Settings, *, execution_id: str) -> None:
    """Say why EXECUTION failed, by default the newest: cause, meaning, next command.

    Looks at the pipeline's action, the build's phase, log and tests, the stack's events
    down into nested stacks, and what early validation found.
    """
    from delivery.cli.diagnosing import show_diagnosis

    show_diagnosis(settings, execution_id)
