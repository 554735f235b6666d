"""``report``: what really happened, with the five DORA metrics."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options
from delivery.names import ENVIRONMENTS

DEFAULT_DAYS = 30
# CodePipeline keeps no more. Source: AWS CodePipeline User Guide, "Quotas".
MOST_DAYS = 365


@click.command()
@click.option(
    "--environment",
    type=click.Choice(ENVIRONMENTS),
    default="production",
    show_default=True,
    help="Whose metrics, stack updates and traffic shifts.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DEFAULT_DAYS,
    show_default=True,
    help="How far to look back from now.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page with pictures, too; a file that is there is replaced.",
)
@common_options
@click.pass_obj
def report(
    settings: Settings, *, environment: str, days: int, html: Path | None
) -> None:
    """Show what really happened, by ledgers, CodePipeline, CodeDeploy and git.

    Executions of the pipeline, releases of each environment, stack updates and traffic
    shifts of one, and its five DORA metrics, each with its definition, what it rests on,
    and its band. What cannot be known is said, and never counted as 0.
    """
    from delivery.cli.reporting import show_report

    show_report(settings, environment, days=days, html=html)
