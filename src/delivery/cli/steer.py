"""``stop`` and ``retry``: end an execution, or run its failed stage again."""

from __future__ import annotations

import click

from delivery.cli.execution_options import execution_option
from delivery.cli.options import Settings, common_options, dry_run_option

_EXECUTION = execution_option("This execution")


@click.command()
@_EXECUTION
@click.option(
    "--abandon",
    is_flag=True,
    help="Leave running actions to themselves instead of waiting for their end.",
)
@click.option("--reason", default="", help="Why; it is recorded with the execution.")
@dry_run_option
@common_options
@click.pass_obj
def stop(
    settings: Settings, *, execution_id: str, abandon: bool, reason: str, dry_run: bool
) -> None:
    """Stop the running execution after the actions that run now.

    A stack that is being changed is not taken back by it: see ./rollback.py.
    """
    from delivery.cli.steering import stop_execution

    stop_execution(
        settings,
        execution_id=execution_id,
        abandon=abandon,
        reason=reason,
        dry_run=dry_run,
    )


@click.command()
@click.argument("stage", default="")
@_EXECUTION
@click.option("--all-actions", is_flag=True, help="Also repeat actions that succeeded.")
@dry_run_option
@common_options
@click.pass_obj
def retry(
    settings: Settings,
    *,
    stage: str,
    execution_id: str,
    all_actions: bool,
    dry_run: bool,
) -> None:
    """Run the failed STAGE of an execution again, by default of the newest.

    The same artifact is used; what was mended by a commit needs a new execution.
    """
    from delivery.cli.steering import retry_stage

    retry_stage(
        settings,
        stage=stage,
        execution_id=execution_id,
        all_actions=all_actions,
        dry_run=dry_run,
    )
