"""``start``: begin an execution of the pipeline."""

from __future__ import annotations

import click

from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.cli.screen import print_result
from delivery.cli.source import push_if_newer, work_tree
from delivery.cli.wiring import Tools
from delivery.deploy.memory import remembered_answers
from delivery.flows.stack import new_token
from delivery.flows.status import no_pipeline
from delivery.model import PIPELINE_NAME


@click.command()
@dry_run_option
@common_options
@click.pass_obj
def start(settings: Settings, *, dry_run: bool) -> None:
    """Start an execution with the newest commit of the configured branch.

    With --local, commits that the plane's source does not have yet are pushed to it first.
    """
    tools = Tools(settings)
    if tools.pipelines.state(PIPELINE_NAME) is None:
        raise no_pipeline(PIPELINE_NAME)
    if dry_run:
        click.echo(f"Dry run: {PIPELINE_NAME} would be started.")
        return
    execution_id = _pushed(tools) or tools.pipelines.start(
        PIPELINE_NAME, token=new_token("start")
    )
    if settings.as_json:
        print_result({"pipeline": PIPELINE_NAME, "execution": execution_id})
        return
    click.echo(f"Execution {execution_id} has started.")
    local = " --local" if settings.local else ""
    click.echo(f"Next: ./deploy_pipeline.py{local} status --watch")


def _pushed(tools: Tools) -> str:
    """Push newer commits to the plane; return the execution that this started, if any."""
    if not tools.settings.local:
        return ""
    answers = remembered_answers(tools.config_file.read(), local=True)
    branch = answers.get("branch") or work_tree(tools).branch
    push = push_if_newer(tools, branch) if branch else None
    return push.started[0] if push and push.started else ""
