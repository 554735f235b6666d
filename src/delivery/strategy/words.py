"""Numbers and predictions as people read them, and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from delivery.strategy.assess import Assessment, FunctionAssessment
from delivery.strategy.liveness import Liveness
from delivery.strategy.model import (
    Alarm,
    Prediction,
    Schedule,
    ShiftFinding,
    Traffic,
)

PREDICTION_HEADER = (
    "STRATEGY",
    "LASTS",
    "CANARY SEES NO FAILURE",
    "STOPPED BY AN ALARM",
    "MINUTES TO DETECT",
    "TO RECOVER",
    "EXPOSED",
    "FAILED",
    "STOPS A GOOD RELEASE",
)
ALARM_HEADER = ("ALARM", "READS", "EVIDENCE", "SEES", "CAN FIRE")


def chance(value: float | None) -> str:
    """Write a chance in percent; what is not quite 0 or 1 does not look like it."""
    if value is None:
        return "-"
    percent = value * 100
    if 0 < percent < 0.01:
        return "<0.01 %"
    if 99.99 < percent < 100 - 1e-7:
        return ">99.99 %"
    return f"{percent:.4g} %"


def minutes(value: float | None) -> str:
    """Write minutes with one digit."""
    return "-" if value is None else f"{value:.1f}"


def number(value: float) -> str:
    """Write a mean number of requests."""
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def lasts(schedule: Schedule) -> str:
    """Write how long both versions serve."""
    return f"{schedule.duration_seconds / 60:g} min" if schedule.stepwise else "at once"


def steps(schedule: Schedule) -> str:
    """Write the steps: when, and the new version's share from then on."""
    return ", ".join(
        f"{step.weight * 100:g} % at {step.at_seconds / 60:g} min"
        for step in schedule.steps
    )


def prediction_row(prediction: Prediction) -> tuple[str, ...]:
    """Write a prediction under `PREDICTION_HEADER`."""
    # A mean of what hardly ever happens would only mislead.
    happens = prediction.detected >= 1e-4
    return (
        prediction.schedule.name,
        lasts(prediction.schedule),
        chance(prediction.canary_sees_no_failure),
        chance(prediction.detected),
        minutes(prediction.minutes_to_detection if happens else None),
        minutes(prediction.minutes_to_recovery),
        number(prediction.requests_exposed),
        number(prediction.requests_failed),
        chance(prediction.false_abort),
    )


def alarm_row(live: Liveness) -> tuple[str, ...]:
    """Write an alarm under `ALARM_HEADER`."""
    alarm = live.alarm
    sights = sorted({each.sight.value for each in live.emissions})
    return (
        alarm.logical_id,
        reads(alarm),
        evidence(alarm),
        ", ".join(sights),
        "yes" if live.can_fire else "no",
    )


def reads(alarm: Alarm) -> str:
    """Name the metrics that an alarm reads."""
    if alarm.expression:
        return alarm.expression
    return ", ".join(
        f"{m.namespace} {m.name} ({m.statistic})" for m in alarm.metrics
    ) or ("unknown")


def evidence(alarm: Alarm) -> str:
    """Write how many periods of which length an alarm needs."""
    if not alarm.metrics:
        return "unknown"
    return (
        f"{alarm.datapoints_to_alarm} of {alarm.evaluation_periods} × "
        f"{alarm.period_seconds} s"
    )


def advice(function: FunctionAssessment, traffic: Traffic) -> str:
    """Say how much traffic the alarms need, or that they cannot notice."""
    own = function.own
    if own is None or not own.schedule.stepwise:
        return ""
    enough = function.enough_requests_per_second(traffic.error_rate)
    share = chance(traffic.error_rate)
    if enough is None:
        return f"No alarm notices {share} failing requests for certain, at any rate."
    needs = (
        f"An alarm notices {share} failing requests on its first chance, with 99 %, from "
        f"{number(enough)} requests/s on"
    )
    if own.detected > 0.9:
        return f"{needs}."
    return (
        f"{needs}; at {traffic.requests_per_second:g} requests/s it misses the bad "
        f"release in {chance(1 - own.detected)} of all shifts."
    )


def assessment_data(assessment: Assessment) -> dict[str, Any]:
    """Return an assessment as plain data."""
    traffic = assessment.traffic
    weakest = assessment.weakest
    return {
        "environment": assessment.environment,
        "traffic": {
            "requests_per_second": traffic.requests_per_second,
            "error_rate": traffic.error_rate,
            "baseline_error_rate": traffic.baseline_error_rate,
            "response_minutes": traffic.response_minutes,
            "alarm_delay_seconds": traffic.alarm_delay_seconds,
        },
        "weakest_function": weakest.shift.logical_id if weakest else None,
        "functions": [_function_data(each, traffic) for each in assessment.functions],
        "findings": [_finding_data(each) for each in assessment.findings],
    }


def _function_data(function: FunctionAssessment, traffic: Traffic) -> dict[str, Any]:
    shift = function.shift
    return {
        "function": shift.logical_id,
        "alias": shift.alias,
        "shifts": shift.enabled,
        "strategy": shift.schedule.name if shift.schedule else None,
        "duration_minutes": (
            shift.schedule.duration_seconds / 60 if shift.schedule else None
        ),
        "steps": _steps_data(shift.schedule),
        "hooks": list(shift.hooks),
        "alarms": [_alarm_data(each) for each in function.alarms],
        "not_in_predictions": {each.name: each.reason for each in function.left_out},
        "enough_requests_per_second": function.enough_requests_per_second(
            traffic.error_rate
        ),
        "predictions": [_prediction_data(each) for each in function.predictions],
    }


def _steps_data(schedule: Schedule | None) -> list[dict[str, float]]:
    found: Sequence[Any] = schedule.steps if schedule else ()
    return [{"minute": s.at_seconds / 60, "weight": s.weight} for s in found]


def _alarm_data(live: Liveness) -> dict[str, Any]:
    return {
        "alarm": live.alarm.logical_id,
        "reads": reads(live.alarm),
        "evidence": evidence(live.alarm),
        "sees": sorted({each.sight.value for each in live.emissions}),
        "can_fire": live.can_fire,
    }


def _prediction_data(prediction: Prediction) -> dict[str, Any]:
    return {
        "strategy": prediction.schedule.name,
        "duration_minutes": prediction.schedule.duration_seconds / 60,
        "alarm": prediction.alarm or None,
        "canary_requests": prediction.canary_requests,
        "canary_sees_no_request": prediction.canary_sees_no_request,
        "canary_sees_no_failure": prediction.canary_sees_no_failure,
        "detected": prediction.detected,
        "minutes_to_detection": prediction.minutes_to_detection,
        "minutes_to_recovery": prediction.minutes_to_recovery,
        "requests_exposed": prediction.requests_exposed,
        "requests_failed": prediction.requests_failed,
        "false_abort": prediction.false_abort,
    }


def _finding_data(finding: ShiftFinding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "logical_id": finding.logical_id,
        "line": finding.line,
        "message": finding.message,
        "next_step": finding.next_step,
    }
