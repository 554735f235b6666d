"""``render``: write what an environment's deployment would be given."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options


@click.command()
@click.argument("environment", required=False)
@click.option(
    "--packaged",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What `sam package` wrote; default: the template as it stands.",
)
@click.option(
    "--code",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where `sam build` put the code, whose hashes go into the manifest.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write the release's files there; without it they are only shown.",
)
@common_options
@click.pass_obj
def render(
    settings: Settings,
    *,
    environment: str | None,
    packaged: Path | None,
    code: Path | None,
    into: Path | None,
) -> None:
    """Show what each ENVIRONMENT's deployment is given, or write a release's files."""
    from delivery.cli.rendering import render_configurations

    render_configurations(
        settings, environment, packaged=packaged, code=code, into=into
    )
