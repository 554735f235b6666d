"""``logs``: what builds, functions and hooks write, once or as it comes."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options
from delivery.names import ENVIRONMENTS


@click.command()
@click.argument("what", default="functions", metavar="[build|functions|hooks|NAME]")
@click.option(
    "--environment",
    type=click.Choice(ENVIRONMENTS),
    default=ENVIRONMENTS[0],
    help=f"Whose functions and hooks; default: {ENVIRONMENTS[0]}.",
)
@click.option(
    "--since",
    default="10m",
    metavar="TIME",
    help="How far back: a number with s, m, h or d; default: 10m.",
)
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@common_options
@click.pass_obj
def logs(
    settings: Settings, *, what: str, environment: str, since: str, follow: bool
) -> None:
    """Show logs of the pipeline's builds, or of an environment's functions or hooks.

    NAME is one of them, by its name in the template or in AWS. With --output json each
    line is one JSON document.
    """
    from delivery.cli.tailing import show_logs

    show_logs(settings, what, environment=environment, since=since, follow=follow)
