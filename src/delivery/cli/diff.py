"""``diff``: what a deployment would change, without deploying."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.deploy import other_options
from delivery.cli.options import Settings, common_options


@click.command()
@click.option(
    "--exit-code", "tell", is_flag=True, help="Exit with 10 when there are differences."
)
@other_options
@common_options
@click.pass_obj
def diff(
    settings: Settings,
    *,
    tell: bool,
    template: Path | None,
    stack_name: str | None,
    parameters: Path | None,
) -> int:
    """Show what `deploy` would change: resources, paths, replacement, data, permissions.

    The answers are those of the last deployment. Change sets are made and removed again.
    """
    from delivery.cli.differing import show_differences
    from delivery.cli.other import given_other

    other = given_other(template, stack_name, parameters)
    return show_differences(settings, other, tell=tell)
