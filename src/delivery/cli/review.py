"""``review``: what an execution would change in the environment behind an approval."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.execution_options import artifact_option, own_execution_option
from delivery.cli.options import Settings, common_options
from delivery.errors import BadInput
from delivery.names import ENVIRONMENTS


@click.command()
@click.argument("environment", type=click.Choice(ENVIRONMENTS))
@own_execution_option(required=False)
@click.option(
    "--show",
    is_flag=True,
    help="Print the report that the pipeline made, the newest without --execution.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Look again at what the pipeline reviewed before; no artifact is needed.",
)
@artifact_option
@click.option(
    "--write-to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write report.txt, report.json, summary.txt and link.txt there.",
)
@common_options
@click.pass_obj
def review(
    settings: Settings,
    *,
    environment: str,
    execution: str,
    show: bool,
    again: bool,
    artifact: Path,
    write_to: Path | None,
) -> None:
    """Show what an execution would change in ENVIRONMENT, before anybody approves it.

    The pipeline runs this in front of each approval: it makes a change set, reads it,
    removes it, and stores the report in the release store.
    """
    from delivery.cli.reviewing import make_review, show_review

    if show:
        show_review(settings, environment, execution)
        return
    if not execution:
        raise BadInput(
            "The execution is missing.",
            why="A review tells about the package of one execution.",
            next_step="Give --execution ID, or --show for the newest report.",
        )
    make_review(
        settings,
        environment,
        execution,
        artifact=None if again else artifact,
        write_to=write_to,
    )
