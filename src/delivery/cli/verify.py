"""``verify``: whether an environment is what its ledger says, and answers."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options
from delivery.names import ENVIRONMENTS


@click.command()
@click.argument("environment", type=click.Choice(ENVIRONMENTS))
@common_options
@click.pass_obj
def verify(settings: Settings, *, environment: str) -> int:
    """Verify ENVIRONMENT: what serves, whether it answers, and what complains.

    What is expected stands in the release ledger. The exit code is 1 when a check
    failed, and 5 when one could not be decided.
    """
    from delivery.cli.verifying import exit_code_of, verify_environment

    return exit_code_of(verify_environment(settings, environment))
