"""``start``: begin an execution of the pipeline."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.flows.stack import new_token
from delivery.flows.status import no_pipeline
from delivery.model import PIPELINE_NAME


@click.command()
@dry_run_option
@common_options
@click.pass_obj
def start(settings: Settings, *, dry_run: bool) -> None:
    """Start an execution with the newest commit of the configured branch."""
    tools = Tools(settings)
    if tools.pipelines.state(PIPELINE_NAME) is None:
        raise no_pipeline(PIPELINE_NAME)
    if dry_run:
        click.echo(f"Dry run: {PIPELINE_NAME} would be started.")
        return
    execution_id = tools.pipelines.start(PIPELINE_NAME, token=new_token("start"))
    if settings.as_json:
        print_result({"pipeline": PIPELINE_NAME, "execution": execution_id})
        return
    click.echo(f"Execution {execution_id} has started.")
    local = " --local" if settings.local else ""
    click.echo(f"Next: ./deploy_pipeline.py{local} status --watch")
