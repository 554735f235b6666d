"""``measure``: put what a build's reports tell where the dashboard reads it."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options


@click.command()
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    default=Path("junit.xml"),
    help="Results of the tests; default: junit.xml.",
)
@click.option(
    "--coverage",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    default=Path("coverage.xml"),
    help="Coverage as Cobertura has it; default: coverage.xml.",
)
@common_options
@click.pass_obj
def measure(settings: Settings, *, junit: Path, coverage: Path) -> None:
    """Put a build's test pass rate and coverage into CloudWatch; the build runs this.

    What cannot be read or put is said on stderr; the exit code is 0 all the same, because
    a build is no worse for it.
    """
    from delivery.cli.measuring import measure_build

    measure_build(settings, junit=junit, coverage=coverage)
