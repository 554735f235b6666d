"""Read from a SAM template how each function's alias shifts, and the alarms there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.shifts import BadShift
from awsrules.templates import line_of
from delivery.strategy.model import Alarm, FunctionShift, Metric, Schedule
from delivery.strategy.names import Names
from delivery.strategy.schedules import custom, predefined

_FUNCTION = "AWS::Serverless::Function"
_ALARM = "AWS::CloudWatch::Alarm"


@dataclass(frozen=True, slots=True)
class Shifts:
    """What a template says about shifting, for one environment's parameters."""

    functions: tuple[FunctionShift, ...]
    alarms: Mapping[str, Alarm]


def read_shifts(names: Names) -> Shifts:
    """Read every function with an alias, and every alarm."""
    alarms = {
        logical_id: _alarm(logical_id, names.properties(resource), names)
        for logical_id, resource in names.resources(_ALARM)
    }
    by_name = _alarm_ids_by_name(names)
    functions = (
        _function(logical_id, resource, names, by_name)
        for logical_id, resource in names.resources(_FUNCTION)
    )
    return Shifts(tuple(each for each in functions if each is not None), alarms)


def function_properties(names: Names, resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a function's properties over what Globals gives to all functions.

    Source: AWS SAM Developer Guide, "Globals section": maps are merged, the function's
    own values stand.
    """
    shared = (names.template.get("Globals") or {}).get("Function") or {}
    return _merged(shared, resource.get("Properties") or {})


def _merged(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(shared)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(shared.get(key), dict)
        merged[key] = _merged(shared[key], value) if both else value
    return merged


def _alarm_ids_by_name(names: Names) -> dict[str, str]:
    return {
        str(names.value({"Ref": logical_id})): logical_id
        for logical_id, _ in names.resources(_ALARM)
    }


def _function(
    logical_id: str,
    resource: Mapping[str, Any],
    names: Names,
    alarm_ids: Mapping[str, str],
) -> FunctionShift | None:
    properties = function_properties(names, resource)
    alias = names.value(properties.get("AutoPublishAlias"))
    preference = properties.get("DeploymentPreference") or {}
    if not isinstance(alias, str) or not preference:
        return None
    kind = str(names.value(preference.get("Type", "")))
    schedule, problem = _schedule(kind, names)
    return FunctionShift(
        logical_id=logical_id,
        name=str(names.value({"Ref": logical_id})),
        alias=alias,
        enabled=_enabled(preference, names),
        kind=kind,
        schedule=schedule,
        alarms=_alarms(preference, names, alarm_ids),
        hooks=_hooks(preference, names),
        problem=problem,
        line=line_of(names.template, "Resources", logical_id),
    )


def _enabled(preference: Mapping[str, Any], names: Names) -> bool:
    """Say whether the alias shifts; absent means yes.

    SAM decides this while it transforms, from parameters and mappings: an ``Fn::If``
    is not looked into, and the preference stays enabled.
    """
    given = preference.get("Enabled", True)
    if isinstance(given, dict) and "Fn::If" in given:
        return True
    return str(names.value(given)).lower() == "true"


def _alarms(
    preference: Mapping[str, Any], names: Names, alarm_ids: Mapping[str, str]
) -> tuple[str, ...]:
    listed = names.value(preference.get("Alarms") or [])
    named = [str(each) for each in listed] if isinstance(listed, list) else []
    return tuple(alarm_ids.get(each, each) for each in named)


def _hooks(preference: Mapping[str, Any], names: Names) -> tuple[str, ...]:
    hooks = names.value(preference.get("Hooks") or {})
    named = hooks.values() if isinstance(hooks, dict) else ()
    return tuple(str(each) for each in named if each)


def _schedule(kind: str, names: Names) -> tuple[Schedule | None, str]:
    """Find the schedule behind a configuration's name, or say why there is none."""
    for logical_id, resource in names.resources("AWS::CodeDeploy::DeploymentConfig"):
        if str(names.value({"Ref": logical_id})) == kind:
            return _own_schedule(names.properties(resource))
    schedule = predefined(kind)
    if schedule is None:
        return None, f"CodeDeploy has no configuration of the name {kind}"
    return schedule, ""


def _own_schedule(properties: Mapping[str, Any]) -> tuple[Schedule | None, str]:
    routing = properties.get("TrafficRoutingConfig") or {}
    for kind in ("Linear", "Canary"):
        block = routing.get(f"TimeBased{kind}")
        if block:
            percent, minutes = block[f"{kind}Percentage"], block[f"{kind}Interval"]
            try:
                return custom(kind, int(percent), int(minutes)), ""
            except (BadShift, ValueError) as error:
                return None, str(error)
    if routing.get("Type") == "AllAtOnce":
        return predefined("AllAtOnce"), ""
    return None, "its configuration has neither a linear nor a canary shift"


def _alarm(logical_id: str, properties: Mapping[str, Any], names: Names) -> Alarm:
    periods = int(_number(properties.get("EvaluationPeriods"), 1))
    return Alarm(
        logical_id=logical_id,
        metrics=_metrics(properties),
        expression=_expression(properties),
        evaluation_periods=periods,
        datapoints_to_alarm=int(_number(properties.get("DatapointsToAlarm"), periods)),
        threshold=_number(properties.get("Threshold"), 0.0),
        comparison=str(properties.get("ComparisonOperator", "")),
        missing_data=str(properties.get("TreatMissingData", "missing")),
        acts=_acts(properties),
        line=line_of(names.template, "Resources", logical_id),
    )


def _acts(properties: Mapping[str, Any]) -> bool:
    enabled = str(properties.get("ActionsEnabled", True)).lower() != "false"
    return enabled and bool(properties.get("AlarmActions"))


def _metrics(properties: Mapping[str, Any]) -> tuple[Metric, ...]:
    if "MetricName" in properties:
        return (_metric(properties, properties, ""),)
    return tuple(
        _metric(entry["MetricStat"]["Metric"], entry["MetricStat"], str(entry["Id"]))
        for entry in properties.get("Metrics") or []
        if "MetricStat" in entry
    )


def _metric(named: Mapping[str, Any], measured: Mapping[str, Any], id_: str) -> Metric:
    statistic = measured.get("Stat", measured.get("Statistic"))
    return Metric(
        namespace=str(named.get("Namespace", "")),
        name=str(named.get("MetricName", "")),
        statistic=str(statistic or measured.get("ExtendedStatistic", "")),
        dimensions=tuple(
            sorted(
                (str(each["Name"]), str(each["Value"]))
                for each in named.get("Dimensions") or []
            )
        ),
        period_seconds=int(_number(measured.get("Period"), 60)),
        id=id_,
    )


def _expression(properties: Mapping[str, Any]) -> str:
    """Return the expression whose value the alarm compares, if there is one."""
    shown = [
        entry
        for entry in properties.get("Metrics") or []
        if "Expression" in entry
        and str(entry.get("ReturnData", True)).lower() != "false"
    ]
    return str(shown[0]["Expression"]) if shown else ""


def _number(value: Any, default: float) -> float:
    """Read a number; a token, which only AWS knows, counts as the default."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float(default)
