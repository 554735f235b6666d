"""``rollback.py ENVIRONMENT``: take a release back, by menu or by flags."""

from __future__ import annotations

import sys
from typing import Any

import click

from delivery.cli.lazy import exit_code_of
from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.names import ENVIRONMENTS


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88}
)
@click.argument("environment", type=click.Choice(ENVIRONMENTS))
@click.option("--stack", is_flag=True, help="Roll back the entire stack.")
@click.option(
    "--to",
    type=click.IntRange(min=1),
    metavar="RELEASE",
    help="With --stack: the release to bring back; default: the last known good one.",
)
@click.option(
    "--skip",
    multiple=True,
    metavar="RESOURCE",
    help="With --stack, when a rollback is stuck: a resource to leave as it is "
    "(repeatable). CloudFormation takes it as rolled back; it has to be mended by hand.",
)
@click.option(
    "--on-failure",
    type=click.Choice(["go-on", "keep", "return"]),
    help="With --stack, when aliases cannot be moved: try those again for half a minute, "
    "keep what was moved, or send it back. A terminal is asked; default: keep.",
)
@click.option(
    "--automatic",
    is_flag=True,
    help="With --stack: only when the release that this pipeline execution deployed "
    "serves and failed, and rollback.automatic is true.",
)
@click.option("--function", metavar="NAME", help="Send one function to a version.")
@click.option("--version", metavar="V", help="With --function: the version's number.")
@click.option("--cancel", is_flag=True, help="Cancel the update that is under way.")
@click.option(
    "--reconcile",
    is_flag=True,
    help="Send functions that --function moved back to what the stack recorded.",
)
@click.option("--verify", is_flag=True, help="Only verify what serves now.")
@click.option("--reason", metavar="TEXT", help="Why; it is recorded in the ledger.")
@dry_run_option
@common_options
@click.pass_obj
def rollback(settings: Settings, /, environment: str, **flags: Any) -> int:
    """Take a release back in ENVIRONMENT.

    Without flags it shows what serves and a menu. The entire stack goes back traffic
    first: aliases are moved within seconds, whatever alarms say, and the stack follows.
    """
    from delivery.cli.undoing import Asked, run

    return run(settings, environment, Asked(**flags))


def main() -> None:
    """Run the tool; never returns."""

    def work() -> Any:
        return rollback.main(prog_name="rollback.py", standalone_mode=False)

    sys.exit(exit_code_of(work, debug="--debug" in sys.argv))
