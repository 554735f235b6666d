"""One execution of a hook: read the event, decide in time, report, whatever happens.

CodeDeploy waits an hour for a hook that does not report, and the stack with it:
https://docs.aws.amazon.com/codedeploy/latest/userguide/
reference-appspec-file-structure-hooks.html
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from traffic_hooks import log
from traffic_hooks.checks import PASSED, Verdict
from traffic_hooks.clients import RESERVE_SECONDS, Tools, describe, make_tools
from traffic_hooks.deadline import OutOfTime, time_limit
from traffic_hooks.deployment import checks_of
from traffic_hooks.settings import BadSettings, Check, read_checks

_DECIDED_BEFORE = "LifecycleEventAlreadyCompletedException"

OneCheck = Callable[[Check, Tools], Verdict]
ToolMaker = Callable[[float], Tools]


class Context(Protocol):
    """What a hook reads of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until Lambda ends the function."""


@dataclass(frozen=True, slots=True)
class Execution:
    """The two ids by which CodeDeploy knows one call of a hook."""

    deployment_id: str
    hook_id: str


def run_hook(
    event: Mapping[str, Any],
    context: Context,
    check: OneCheck,
    *,
    make: ToolMaker = make_tools,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Decide and report; the same event again reports again, which CodeDeploy ignores.

    Raises:
        KeyError: for an event that is not CodeDeploy's: there is nobody to report to.
        ClientError: when the report is refused. Lambda then calls the hook once more,
            because CodeDeploy calls it asynchronously.
    """
    execution = Execution(event["DeploymentId"], event["LifecycleEventHookExecutionId"])
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    tools = make(seconds)
    verdict = _decide(execution, check, tools, environment, seconds)
    return _report(execution, verdict, tools)


def _decide(
    execution: Execution,
    check: OneCheck,
    tools: Tools,
    environment: Mapping[str, str],
    seconds: float,
) -> Verdict:
    """Turn every way to end into a verdict."""
    try:
        with time_limit(seconds):
            return _run_checks(execution, check, tools, environment)
    except OutOfTime:
        return Verdict(False, _late(seconds))
    except BadSettings as error:
        return Verdict(False, str(error))
    except Exception as error:  # whatever it is, CodeDeploy must hear of it
        return Verdict(False, f"the hook failed: {describe(error)}")


def _late(seconds: float) -> str:
    if seconds <= 0:
        return f"the hook's timeout must be over {RESERVE_SECONDS:.0f} seconds"
    return f"the checks did not end within {seconds:.0f} seconds"


def _run_checks(
    execution: Execution,
    check: OneCheck,
    tools: Tools,
    environment: Mapping[str, str],
) -> Verdict:
    """Run the checks in order; the first that fails ends it."""
    configured = read_checks(environment)
    chosen = checks_of(configured, tools.deployments, execution.deployment_id)
    verdicts = (check(each, tools) for each in chosen)
    return next((each for each in verdicts if not each.passed), PASSED)


def _report(execution: Execution, verdict: Verdict, tools: Tools) -> dict[str, str]:
    status = "Succeeded" if verdict.passed else "Failed"
    log.write(
        "decided",
        deployment=execution.deployment_id,
        status=status,
        reason=verdict.reason,
    )
    try:
        tools.reports.put_lifecycle_event_hook_execution_status(
            deploymentId=execution.deployment_id,
            lifecycleEventHookExecutionId=execution.hook_id,
            status=status,
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != _DECIDED_BEFORE:
            raise
        log.write("decided before", deployment=execution.deployment_id)
    return {"status": status, "reason": verdict.reason}
