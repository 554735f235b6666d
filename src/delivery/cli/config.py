"""``config``: tell what the configuration comes to."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options


@click.group()
@common_options
def config() -> None:
    """Explain the effective configuration."""


@config.command("explain")
@click.argument("key", default="")
@common_options
@click.pass_obj
def explain_command(settings: Settings, key: str) -> None:
    """Show each effective value and where it came from.

    KEY narrows it: an environment (production), a block (production.lambda), one key
    (production.lambda.memory_megabytes), or the same key in all environments
    (lambda.memory_megabytes).
    """
    from delivery.cli.explaining import explain_values

    explain_values(settings, key)
