"""``releases``: what was released, whether the ledger is whole, and its recorder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from delivery.cli.execution_options import artifact_option, own_execution_option
from delivery.cli.options import (
    SHARED_FLAGS,
    SHARED_WITH_VALUE,
    Settings,
    common_options,
)
from delivery.names import ENVIRONMENTS

DEFAULT_LIMIT = 10
OUTCOMES = ("deployed", "traffic_complete", "verified", "failed")


class ReleasesGroup(click.Group):
    """``releases [ENV]`` lists; a first word that is a command's name runs that."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_list(args, commands=self.commands))


def with_list(args: Sequence[str], *, commands: Any) -> list[str]:
    """Insert ``list`` where a command's name would stand, when none is given."""
    position = 0
    while position < len(args):
        word = args[position]
        if word in {"-h", "--help"} or word in commands:
            return list(args)
        if word in SHARED_FLAGS or "=" in word and word.startswith("--"):
            position += 1
        elif word in SHARED_WITH_VALUE:
            position += 2
        else:
            break
    position = min(position, len(args))
    return [*args[:position], "list", *args[position:]]


@click.group(cls=ReleasesGroup)
@common_options
def releases() -> None:
    """Show what was released to the environments, newest first.

    `releases [ENV]` lists, `releases verify [ENV]` checks that the ledger is whole, and
    `releases record` is what the pipeline runs after each deployment.
    """


@releases.command(name="list")
@click.argument("environment", type=click.Choice(ENVIRONMENTS), required=False)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=DEFAULT_LIMIT,
    show_default=True,
    help="How many releases of each environment.",
)
@common_options
@click.pass_obj
def list_releases(settings: Settings, *, environment: str | None, limit: int) -> None:
    """List releases, newest first."""
    from delivery.cli.releasing import show_releases

    show_releases(settings, environment, limit=limit)


@releases.command(short_help="Check that the ledger is whole.")
@click.argument("environment", type=click.Choice(ENVIRONMENTS), required=False)
@common_options
@click.pass_obj
def verify(settings: Settings, *, environment: str | None) -> int:
    """Check every event's hash, order and place, and every template that it names.

    The exit code is 1 when anything is wrong.
    """
    from delivery.cli.releasing import check_ledgers

    return check_ledgers(settings, environment)


@releases.command(short_help="Record what an execution did (the pipeline does it).")
@click.argument("environment", type=click.Choice(ENVIRONMENTS))
@click.option(
    "--outcome",
    type=click.Choice(OUTCOMES),
    required=True,
    help="What to record, with all that leads up to it.",
)
@own_execution_option(required=True)
@artifact_option
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("reports/verify.xml"),
    help="Where the tests' report is, for the reason of a failure.",
)
@common_options
@click.pass_obj
def record(
    settings: Settings,
    *,
    environment: str,
    outcome: str,
    execution: str,
    artifact: Path,
    junit: Path,
) -> None:
    """Record what an execution did to an environment; the pipeline runs this.

    Facts come from CloudFormation, Lambda and CodePipeline. What was recorded before is
    not recorded again.
    """
    from delivery.cli.releasing import record_outcome

    record_outcome(
        settings,
        environment,
        outcome=outcome,
        execution=execution,
        artifact=artifact,
        junit=junit,
    )
