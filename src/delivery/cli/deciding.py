"""The work of ``start``, ``approve`` and ``reject``."""

from __future__ import annotations

import getpass


from delivery.cli import ask
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_dry_run, print_result
from delivery.cli.source import push_if_newer, work_tree
from delivery.cli.wiring import Tools
from delivery.deploy.memory import remembered_answers
from delivery.errors import DeliveryError, Refused
from delivery.flows.candidate import shifts_by_review, stored_review
from delivery.flows.firing import stopped_by
from delivery.flows.stack import new_token
from delivery.flows.status import no_pipeline
from delivery.model import OVERRIDDEN_ENVIRONMENT, Execution, FiringAlarm
from delivery.names import ENVIRONMENTS, PIPELINE_NAME
from delivery.operate.status import PendingApproval
from delivery.operate.steer import refuse_without_source


def start_execution(settings: Settings, *, dry_run: bool) -> None:
    """Start an execution, on the plane with the commits that it does not have yet."""
    tools = Tools(settings)
    state = tools.pipelines.state(PIPELINE_NAME)
    if state is None:
        raise no_pipeline(PIPELINE_NAME)
    refuse_without_source(state)
    tell_firing(tools)
    if dry_run:
        print_dry_run(f"{PIPELINE_NAME} would be started", as_json=settings.as_json)
        return
    execution_id = push_newer(tools) or tools.pipelines.start(
        PIPELINE_NAME, token=new_token("start")
    )
    if settings.as_json:
        print_result({"pipeline": PIPELINE_NAME, "execution": execution_id})
        return
    echo(f"Execution {execution_id} has started.")
    echo(next_status(settings))


def decide(
    settings: Settings,
    *,
    approved: bool,
    stage: str,
    comment: str | None,
    execution_id: str,
    wait_seconds: float,
    dry_run: bool,
) -> None:
    """Show what waits in the stage, ask, and record the decision."""
    tools = tools_with_pipeline(settings)
    decider = tools.decider()
    seen = decider.wait_for(stage, execution_id=execution_id, wait_seconds=wait_seconds)
    execution = tools.pipelines.execution(PIPELINE_NAME, seen.execution_id)
    _show(tools, seen, execution)
    if approved:
        _refuse_while_stopped(tools, seen, execution)
    if dry_run:
        print_dry_run(f"{stage} would be {_word(approved)}", as_json=settings.as_json)
        return
    text = _comment(comment, approved)
    # Naming the execution is confirmation enough; otherwise a person looks first.
    if not execution_id and not _agreed(tools, approved):
        raise Refused("Nothing was decided.", next_step="Run it again when it should.")
    done = decider.decide(seen, approved=approved, comment=text)
    _report(settings, done, approved, text)


def next_status(settings: Settings) -> str:
    """Recommend to follow the execution."""
    local = " --local" if settings.local else ""
    return f"Next: ./deploy_pipeline.py{local} status --watch"


def tools_with_pipeline(settings: Settings) -> Tools:
    """Return the ports; refuses when there is no pipeline."""
    tools = Tools(settings)
    if tools.pipelines.state(PIPELINE_NAME) is None:
        raise no_pipeline(PIPELINE_NAME)
    return tools


def tell_firing(tools: Tools) -> None:
    """Say early that production's alarms would stop a release, as far as can be seen."""
    environment = OVERRIDDEN_ENVIRONMENT
    if firing := _firing(tools, environment):
        refusal = stopped_by(environment, firing)
        tools.screen.warn(f"{refusal.what} {refusal.next_step}")


def _firing(tools: Tools, environment: str) -> tuple[FiringAlarm, ...]:
    try:
        return tools.alarm_watch().firing(environment)
    except DeliveryError as error:
        tools.screen.warn(f"Whether an alarm fires could not be read: {error.what}")
        return ()


def _refuse_while_stopped(
    tools: Tools, seen: PendingApproval, execution: Execution | None
) -> None:
    """Refuse to approve what CodeDeploy would stop before it begins.

    Raises:
        Refused: when a watched alarm fires, the release shifts, and it has no override.
    """
    environment = seen.stage.removeprefix("Approve").lower()
    if environment not in ENVIRONMENTS:
        return
    if environment == OVERRIDDEN_ENVIRONMENT and execution and execution.override:
        return
    firing = _firing(tools, environment)
    if firing and shifts_by_review(tools.release_store, environment, seen.execution_id):
        raise stopped_by(environment, firing, held=seen.stage)


def push_newer(tools: Tools) -> str:
    """Push newer commits to the plane; return the execution that this started, if any."""
    if not tools.settings.local:
        return ""
    answers = remembered_answers(tools.config_file.read(), local=True)
    branch = answers.get("branch") or work_tree(tools).branch
    push = push_if_newer(tools, branch) if branch else None
    return push.started[0] if push and push.started else ""


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
    commit = execution.commit[:8] if execution and execution.commit else "not known"
    summary = execution.commit_summary.splitlines() if execution else []
    headline = f": {summary[0]}" if summary else ""
    say = tools.screen.say
    say(f"Execution {seen.execution_id} waits in {seen.stage}.")
    say(f"  Commit {commit}{headline}")
    actions = tools.pipelines.actions(PIPELINE_NAME, seen.execution_id)
    asked = next(
        (each for each in actions.get(seen.stage, ()) if each.name == seen.action), None
    )
    settings = asked.configuration if asked else {}
    for key in ("CustomData", "ExternalEntityLink"):
        if text := settings.get(key):
            say(f"  {text}")
    for line in _review_of(tools, seen).splitlines():
        say(f"  {line}")


def _review_of(tools: Tools, seen: PendingApproval) -> str:
    """Return what the review found that the release would change, if one was stored."""
    environment = seen.stage.removeprefix("Approve").lower()
    if environment not in ENVIRONMENTS:
        return ""
    try:
        found = stored_review(tools.release_store, environment, [seen.execution_id])
    except DeliveryError as error:
        return f"The review could not be read: {error.what}"
    return found or ""


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
    echo(f"{done.stage} is {_word(approved)}: {comment}")
    echo(next_status(settings))


def _word(approved: bool) -> str:
    return "approved" if approved else "rejected"
