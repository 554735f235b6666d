"""``destroy``: delete stacks, after showing what goes and what stays."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.names import ENVIRONMENTS


@click.command()
@click.option(
    "--environment",
    type=click.Choice(ENVIRONMENTS),
    help="Only this environment's application stack.",
)
@click.option("--stack-name", metavar="NAME", help="Only this stack.")
@dry_run_option
@common_options
@click.pass_obj
def destroy(
    settings: Settings,
    *,
    environment: str | None,
    stack_name: str | None,
    dry_run: bool,
) -> None:
    """Delete the applications, the pipeline and the foundation, in this order.

    Shows first what is deleted and what is left behind. For production its name has to be
    typed back. A deletion that failed is tried again, and what blocks it is named.
    """
    from delivery.cli.destroying import destroy_stacks

    destroy_stacks(
        settings, environment=environment, stack_name=stack_name, dry_run=dry_run
    )
