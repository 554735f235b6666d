"""``approve`` and ``reject``: decide about one execution, with a comment on record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from delivery.cli.execution_options import execution_option
from delivery.cli.options import Settings, common_options, dry_run_option

WAIT_SECONDS = 30


def _decision_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give both commands the same arguments."""
    options = (
        click.argument("stage"),
        click.option("--comment", help="Why; it is recorded with the decision."),
        execution_option("Decide about this execution only"),
        click.option(
            "--wait",
            "wait_seconds",
            type=click.FloatRange(min=0),
            default=WAIT_SECONDS,
            show_default=True,
            help="Seconds to wait for an execution to arrive at the stage.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_decision_options
@dry_run_option
@common_options
@click.pass_obj
def approve(settings: Settings, /, **options: Any) -> None:
    """Let the execution that waits in STAGE go on."""
    from delivery.cli.deciding import decide

    decide(settings, approved=True, **options)


@click.command()
@_decision_options
@dry_run_option
@common_options
@click.pass_obj
def reject(settings: Settings, /, **options: Any) -> None:
    """Stop the execution that waits in STAGE."""
    from delivery.cli.deciding import decide

    decide(settings, approved=False, **options)
