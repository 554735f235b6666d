"""``validate``: check configuration and templates, without AWS."""

from __future__ import annotations

from pathlib import Path

import click

from delivery.cli.options import Settings, common_options


@click.command()
@click.option("--only", multiple=True, metavar="RULE", help="Run this rule only.")
@click.option("--skip", multiple=True, metavar="RULE", help="Leave this rule out.")
@click.option("--rules", is_flag=True, help="Tell what each rule demands.")
@click.option(
    "--sarif",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the findings in SARIF to this file too.",
)
@common_options
@click.pass_obj
def validate(
    settings: Settings,
    *,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    rules: bool,
    sarif: Path | None,
) -> int:
    """Check configuration and templates; a finding ends with exit code 2."""
    from delivery.cli.validating import run_rules, show_rules

    if rules:
        show_rules(settings, only, skip)
        return 0
    return run_rules(settings, only, skip, sarif)
