"""Logs, metrics and alarms: does anything complain about what serves?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from delivery.ports import AlarmStates, ErrorMetrics, FunctionLogs, Invocations
from delivery.verify.case import Case, Check, Findings

_ALARM = "AWS::CloudWatch::Alarm"
_SHOWN_IDS = 3


@dataclass(frozen=True, slots=True)
class LogCheck(Check):
    """The versions that serve logged no error since the operation began.

    Only counts and ids of lines are told; a line may quote what it was about.
    """

    logs: FunctionLogs
    invocations: Invocations
    name: ClassVar[str] = "logs"
    next_step: ClassVar[str] = (
        "aws logs filter-log-events --log-group-name GROUP, by whoever may " "read it"
    )

    def look(self, case: Case, found: Findings) -> str:
        for function, alias in case.aliases:
            group = self.invocations.facts(function, alias.version).log_group
            errors = self.logs.errors(group, alias.version, case.expected.since)
            if errors.count:
                ids = ", ".join(errors.ids[:_SHOWN_IDS])
                found.bad.append(
                    f"{function} version {alias.version} logged {errors.count} errors "
                    f"in {group} (events {ids})"
                )
        return f"No error was logged since {case.expected.since:%H:%M:%S} UTC."


@dataclass(frozen=True, slots=True)
class MetricCheck(Check):
    """No alias counted an error in the newest minute that it was called in."""

    metrics: ErrorMetrics
    name: ClassVar[str] = "metrics"
    patient: ClassVar[bool] = True
    # A function that nobody calls has no minute newer than that of its last error.
    fed_by: ClassVar[str] = "invocations"
    next_step: ClassVar[str] = "./deploy_pipeline.py verify again in a minute"

    def look(self, case: Case, found: Findings) -> str:
        since = case.expected.since
        for function, alias in case.aliases:
            errors = self.metrics.newest_errors(function, alias.alias, since)
            if errors is None:
                found.unclear.append(f"{function}:{alias.alias} has no metric yet")
            elif errors and case.expected.moved:
                # Its minute may be the one in which the version before still served.
                found.unclear.append(
                    f"{function}:{alias.alias} counted {errors} errors, which may be of "
                    "the version that it left"
                )
            elif errors:
                found.bad.append(f"{function}:{alias.alias} counted {errors} errors")
        return "No alias counted an error in its newest minute."


@dataclass(frozen=True, slots=True)
class AlarmCheck(Check):
    """Every alarm of the stack is OK."""

    alarms: AlarmStates
    name: ClassVar[str] = "alarms"
    patient: ClassVar[bool] = True
    next_step: ClassVar[str] = "aws cloudwatch describe-alarms --state-value ALARM"

    def look(self, case: Case, found: Findings) -> str:
        names = sorted(case.physical_ids(_ALARM))
        states = self.alarms.states(names) if names else {}
        for name in names:
            match states.get(name):
                case "OK":
                    continue
                case "ALARM":
                    found.bad.append(f"{name} fires")
                case "INSUFFICIENT_DATA":
                    found.unclear.append(f"{name} has no data yet")
                case _:
                    found.unclear.append(f"{name} does not exist any more")
        return f"{len(names)} alarms are OK." if names else "The stack has no alarms."
