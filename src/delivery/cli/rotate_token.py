"""``rotate-token``: replace the GitHub token, and prove that the new one works."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options, dry_run_option


@click.command("rotate-token")
@click.option(
    "--token-stdin", is_flag=True, help="Read the new token from standard input."
)
@dry_run_option
@common_options
@click.pass_obj
def rotate_token(settings: Settings, *, token_stdin: bool, dry_run: bool) -> None:
    """Replace the token by which the pipeline reads GitHub.

    This updates the pipeline, and releases the newest commit to development: a
    successful source action is the proof. Without it the old token comes back. The new
    token is read from a hidden prompt, from standard input or from GITHUB_TOKEN.
    """
    from delivery.cli.rotating import replace_token

    replace_token(settings, token_stdin=token_stdin, dry_run=dry_run)
