"""``deploy``: ask, summarise, confirm, and bring foundation and pipeline up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.names import ENVIRONMENTS, WAYS_TO_READ_GITHUB

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def other_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags that name another stack than the product's."""
    options = (
        click.option("--template", type=_FILE, help="Another template's file."),
        click.option(
            "--stack-name", metavar="NAME", help="With --template: its stack."
        ),
        click.option(
            "--parameters", type=_FILE, help="With --template: its parameters, as JSON."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.option("--owner", help="GitHub user or organization.")
@click.option("--repository", help="Repository, without its owner.")
@click.option("--branch", help="Branch whose pushes are released.")
@click.option(
    "--access",
    type=click.Choice(WAYS_TO_READ_GITHUB),
    help="How GitHub is read: App connection (recommended) or token.",
)
@click.option(
    "--environment",
    type=click.Choice(ENVIRONMENTS),
    help="How far the pipeline reaches.",
)
@click.option(
    "--token-stdin", is_flag=True, help="Read the access token from standard input."
)
@click.option(
    "--even-while-running",
    is_flag=True,
    help="Update the pipeline although that cancels its running execution.",
)
@other_options
@dry_run_option
@common_options
@click.pass_obj
def deploy(
    settings: Settings,
    *,
    owner: str | None,
    repository: str | None,
    branch: str | None,
    access: str | None,
    environment: str | None,
    token_stdin: bool,
    even_while_running: bool,
    template: Path | None,
    stack_name: str | None,
    parameters: Path | None,
    dry_run: bool,
) -> None:
    """Create or update foundation and pipeline, by change sets.

    Asks for what no flag gives. The access token is read from a hidden prompt, from
    standard input (--token-stdin) or from GITHUB_TOKEN, and kept in Secrets Manager only.
    With --template and --stack-name it deploys that stack instead, the same way.
    """
    from delivery.cli.deploying import deploy_product
    from delivery.cli.other import deploy_other, given_other

    other = given_other(template, stack_name, parameters)
    if other is not None:
        deploy_other(settings, other, dry_run=dry_run)
        return
    given = {
        "owner": owner,
        "repository": repository,
        "branch": branch,
        "access": access or ("token" if token_stdin else None),
        "environment": environment,
    }
    deploy_product(
        settings,
        given={name: value for name, value in given.items() if value},
        token_stdin=token_stdin,
        even_while_running=even_while_running,
        dry_run=dry_run,
    )
