"""What is wrong with the shifts of a template, for one environment's parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from delivery.strategy.liveness import Liveness, examine
from delivery.strategy.model import Alarm, FunctionShift, Severity, ShiftFinding
from delivery.strategy.names import Names
from delivery.strategy.read import Shifts, read_shifts

# AWS CodeDeploy API Reference, AlarmConfiguration.
MOST_ALARMS = 10


def shift_findings(
    template: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    region: str = "us-east-1",
) -> list[ShiftFinding]:
    """List what would not protect users, in the template's order, each once.

    ``template`` is a SAM template as `awsrules.templates.load_template` gives it, and
    ``parameters`` what the environment's configuration offers it.
    """
    names = Names(template, parameters, region=region)
    return findings_of(read_shifts(names), names)


def findings_of(shifts: Shifts, names: Names) -> list[ShiftFinding]:
    """List the findings of shifts that were read already."""
    found: dict[ShiftFinding, None] = {}
    for function in shifts.functions:
        if function.enabled:
            alive = examine_alarms(function, shifts, names)
            found |= dict.fromkeys(_of_function(function, alive))
            found |= dict.fromkeys(f for each in alive for f in each.findings)
    found |= dict.fromkeys(_watched_by_nobody(shifts))
    return sorted(found, key=lambda each: each.line or 0)


def examine_alarms(
    function: FunctionShift, shifts: Shifts, names: Names
) -> tuple[Liveness, ...]:
    """Examine each alarm that a function's deployment watches."""
    return tuple(
        examine(
            shifts.alarms.get(each, Alarm(each, line=function.line)), function, names
        )
        for each in function.alarms
    )


def _of_function(
    function: FunctionShift, alive: tuple[Liveness, ...]
) -> Iterator[ShiftFinding]:
    if function.problem:
        yield _finding(
            function,
            "shift-not-allowed",
            f"cannot shift: {function.problem}.",
            "Correct blue_green in environment_config.yaml, or the template.",
        )
    if len(function.alarms) > MOST_ALARMS:
        yield _finding(
            function,
            "too-many-alarms",
            f"is watched by {len(function.alarms)} alarms, and CodeDeploy takes "
            f"{MOST_ALARMS}.",
            "Put several metrics into one alarm by metric math.",
        )
    yield from _unprotected(function, alive)


def _unprotected(
    function: FunctionShift, alive: tuple[Liveness, ...]
) -> Iterator[ShiftFinding]:
    """Say whether anything at all can stop this shift.

    All traffic at once leaves alarms no time, so that only a hook helps there.
    """
    stepwise = function.schedule is not None and function.schedule.stepwise
    can_stop = [each for each in alive if stepwise and each.can_fire]
    if function.hooks or can_stop or function.schedule is None:
        return
    why = "no alarm and no hook" if not alive else "no hook, and no alarm that can fire"
    if not stepwise:
        why = "all traffic moves at once, before an alarm can fire, and no hook looks"
    yield _finding(
        function,
        "shift-protects-nobody",
        f"shifts by {function.schedule.name} and nothing can stop it: {why}.",
        "Give DeploymentPreference an alarm that can fire in time, or a PreTraffic hook.",
    )


def _watched_by_nobody(shifts: Shifts) -> Iterator[ShiftFinding]:
    shifting = [each for each in shifts.functions if each.enabled]
    if not shifting:
        return
    watched = {alarm for function in shifting for alarm in function.alarms}
    for logical_id, alarm in shifts.alarms.items():
        if logical_id not in watched and not alarm.acts:
            yield ShiftFinding(
                rule="alarm-watched-by-nobody",
                severity=Severity.WARNING,
                logical_id=logical_id,
                message=f"Alarm {logical_id} has no action and no deployment watches it.",
                next_step="Give it AlarmActions, or name it in a DeploymentPreference.",
                line=alarm.line,
            )


def _finding(
    function: FunctionShift, rule: str, says: str, next_step: str
) -> ShiftFinding:
    return ShiftFinding(
        rule=rule,
        severity=Severity.ERROR,
        logical_id=function.logical_id,
        message=f"Function {function.logical_id} {says}",
        next_step=next_step,
        line=function.line,
    )
