"""``approve`` and ``reject``: decide about one execution, with a comment on record."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import click

from delivery.cli import ask
from delivery.cli.options import Settings, common_options, dry_run_option
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.errors import Refused
from delivery.flows.status import no_pipeline
from delivery.model import Execution, PIPELINE_NAME
from delivery.operate.status import PendingApproval

WAIT_SECONDS = 30


def _decision_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give both commands the same arguments."""
    options = (
        click.argument("stage"),
        click.option("--comment", help="Why; it is recorded with the decision."),
        click.option(
            "--execution",
            "execution_id",
            default="",
            metavar="ID",
            help="Decide about this execution only; the beginning of its id will do.",
        ),
        click.option(
            "--wait",
            "wait_seconds",
            type=click.FloatRange(min=0),
            default=WAIT_SECONDS,
            show_default=True,
            help="Seconds to wait for an execution to arrive at the stage.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_decision_options
@dry_run_option
@common_options
@click.pass_obj
def approve(settings: Settings, /, **options: Any) -> None:
    """Let the execution that waits in STAGE go on."""
    _decide(settings, approved=True, **options)


@click.command()
@_decision_options
@dry_run_option
@common_options
@click.pass_obj
def reject(settings: Settings, /, **options: Any) -> None:
    """Stop the execution that waits in STAGE."""
    _decide(settings, approved=False, **options)


def _decide(
    settings: Settings,
    *,
    approved: bool,
    stage: str,
    comment: str | None,
    execution_id: str,
    wait_seconds: float,
    dry_run: bool,
) -> None:
    tools = Tools(settings)
    if tools.pipelines.state(PIPELINE_NAME) is None:
        raise no_pipeline(PIPELINE_NAME)
    decider = tools.decider()
    seen = decider.wait_for(stage, execution_id=execution_id, wait_seconds=wait_seconds)
    execution = tools.pipelines.execution(PIPELINE_NAME, seen.execution_id)
    _show(tools, seen, execution)
    if dry_run:
        click.echo(f"Dry run: {stage} would be {_word(approved)}.")
        return
    text = _comment(comment, approved)
    # Naming the execution is confirmation enough; otherwise a person looks first.
    if not execution_id and not _agreed(tools, approved):
        raise Refused("Nothing was decided.", next_step="Run it again when it should.")
    done = decider.decide(seen, approved=approved, comment=text)
    _report(settings, done, approved, text)


def _agreed(tools: Tools, approved: bool) -> bool:
    if not ask.is_interactive():
        return True
    verb = "Approve" if approved else "Reject"
    return tools.screen.confirm(f"{verb} it?")


def _comment(comment: str | None, approved: bool) -> str:
    """Return the comment; on a terminal it is asked for."""
    if comment is not None:
        return comment
    default = f"{_word(approved)} by {getpass.getuser()}"
    if not ask.is_interactive():
        return default
    return ask.text("Comment", flag="--comment", default=default)


def _show(tools: Tools, seen: PendingApproval, execution: Execution | None) -> None:
    commit = execution.commit[:8] if execution else "?"
    summary = execution.commit_summary.splitlines() if execution else []
    headline = f": {summary[0]}" if summary else ""
    say = tools.screen.say
    say(f"Execution {seen.execution_id} waits in {seen.stage}.")
    say(f"  Commit {commit}{headline}")
    for line in filter(None, (seen.note, seen.link)):
        say(f"  {line}")


def _report(
    settings: Settings, done: PendingApproval, approved: bool, comment: str
) -> None:
    if settings.as_json:
        print_result(
            {
                "stage": done.stage,
                "execution": done.execution_id,
                "decision": _word(approved),
                "comment": comment,
            }
        )
        return
    click.echo(f"{done.stage} is {_word(approved)}: {comment}")
    local = " --local" if settings.local else ""
    click.echo(f"Next: ./deploy_pipeline.py{local} status --watch")


def _word(approved: bool) -> str:
    return "approved" if approved else "rejected"
