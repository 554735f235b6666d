"""The work of ``stop``, ``retry``, ``start --commit`` and ``start --past-alarm``."""

from __future__ import annotations

import getpass


from delivery.cli.deciding import (
    next_status,
    push_newer,
    tell_firing,
    tools_with_pipeline,
)
from delivery.cli.fitting import echo
from delivery.cli.options import Settings
from delivery.cli.screen import print_dry_run, print_result
from delivery.cli.wiring import Tools
from delivery.errors import BadInput, Refused
from delivery.flows.firing import refuse_needless_override
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    OVERRIDDEN_ENVIRONMENT,
    override_variables,
)
from delivery.names import PIPELINE_NAME
from delivery.operate.status import pending_approvals
from delivery.operate.steer import checked_commit
from delivery.operate.watched import checked_reason


def stop_execution(
    settings: Settings, *, execution_id: str, abandon: bool, reason: str, dry_run: bool
) -> None:
    """Show the running execution, ask, and stop it."""
    tools = Tools(settings)
    steerer = tools.steerer()
    execution = steerer.running(execution_id)
    how = (
        "at once, leaving its actions to themselves" if abandon else "after its actions"
    )
    commit = execution.commit[:8] or "commit not known"
    tools.screen.say(f"Execution {execution.id} ({commit}) would stop {how}.")
    if not dry_run and not execution_id and not tools.screen.confirm("Stop it?"):
        raise Refused("Nothing was stopped.", next_step="Run it again when it should.")
    given = reason or f"stopped by {getpass.getuser()}"
    stopped = not dry_run and steerer.stop(execution, abandon=abandon, reason=given)
    if settings.as_json:
        data = {"pipeline": PIPELINE_NAME, "execution": execution.id}
        print_result({**data, "stopped": stopped, "dry_run": dry_run})
        return
    if dry_run:
        echo("Dry run: nothing was stopped.")
    elif stopped:
        echo(f"Execution {execution.id} is being stopped.")
        echo(next_status(settings))
    else:
        echo(f"Execution {execution.id} had ended already.")


def retry_stage(
    settings: Settings,
    *,
    stage: str,
    execution_id: str,
    all_actions: bool,
    dry_run: bool,
) -> None:
    """Run a failed stage again, if the stacks it deploys to allow it."""
    tools = Tools(settings)
    steerer = tools.steerer()
    wanted = steerer.failed(execution_id, stage)
    if f"{APPLICATION_STACK_PREFIX}{OVERRIDDEN_ENVIRONMENT}" in wanted.stacks:
        tell_firing(tools)
    if not dry_run:
        steerer.retry(wanted, all_actions=all_actions)
    if settings.as_json:
        print_result({**wanted.as_data(), "dry_run": dry_run})
        return
    verb = "Dry run: would retry" if dry_run else "Retrying"
    what = ", ".join(wanted.actions) or "all actions"
    echo(f"{verb} {wanted.stage} of execution {wanted.execution_id}: {what}.")
    if not dry_run:
        echo(next_status(settings))


def start_with_commit(settings: Settings, commit: str, *, dry_run: bool) -> None:
    """Start an execution with one commit."""
    full = checked_commit(commit)
    tools = Tools(settings)
    tell_firing(tools)
    if dry_run:
        print_dry_run(
            f"{PIPELINE_NAME} would be started with {full}", as_json=settings.as_json
        )
        return
    execution_id = tools.steerer().start_with(full)
    if settings.as_json:
        print_result(
            {"pipeline": PIPELINE_NAME, "execution": execution_id, "commit": full}
        )
        return
    echo(f"Execution {execution_id} has started with {full[:8]}.")
    echo(next_status(settings))


def start_past_alarm(
    settings: Settings,
    past_alarm: bool,
    reason: str,
    commit: str | None,
    *,
    dry_run: bool,
) -> None:
    """Start the one execution that shifts in production whatever alarms say."""
    if not past_alarm:
        raise BadInput(
            "--reason belongs to --past-alarm.",
            next_step="Give both, or neither.",
        )
    why = checked_reason(reason)
    full = checked_commit(commit) if commit is not None else ""
    tools = tools_with_pipeline(settings)
    firing = tools.alarm_watch().firing(OVERRIDDEN_ENVIRONMENT)
    refuse_needless_override(firing)
    names = [each.logical_id for each in firing]
    if dry_run:
        print_dry_run(
            f"{PIPELINE_NAME} would be started past {', '.join(names)}",
            as_json=settings.as_json,
        )
        return
    push_newer(tools)
    execution_id = tools.steerer().start_with(full, override_variables(why))
    _tell_held_stages(tools)
    if settings.as_json:
        print_result(
            {
                "pipeline": PIPELINE_NAME,
                "execution": execution_id,
                "commit": full or None,
                "past_alarms": names,
                "reason": why,
            }
        )
        return
    echo(
        f"Execution {execution_id} has started. It shifts in {OVERRIDDEN_ENVIRONMENT} "
        f"past {', '.join(names)}; the one after it does not."
    )
    echo(next_status(settings))


def _tell_held_stages(tools: Tools) -> None:
    """Say which approvals hold a stage that the new execution has to pass.

    An execution that waits inside a stage is not superseded; one in front of it is.
    """
    state = tools.pipelines.state(PIPELINE_NAME)
    for each in pending_approvals(state.stages) if state else ():
        tools.screen.warn(
            f"Execution {each.execution_id} waits in {each.stage} and holds it: "
            f"./deploy_pipeline.py reject {each.stage} lets this one in."
        )
