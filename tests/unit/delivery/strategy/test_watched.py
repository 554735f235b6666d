"""Which alarms a prediction counts, and why it leaves others out."""

from __future__ import annotations

from typing import Any

import pytest
from shift_template import alarm, dimensions, names, shift_template

from delivery.strategy.findings import examine_alarms
from delivery.strategy.model import Counts, ErrorAlarm
from delivery.strategy.read import read_shifts
from delivery.strategy.watched import NotCounted, as_error_alarm

ALIAS = dimensions(FunctionName="app-order", Resource="app-order:live")


def counted(properties: Any = None, **changes: Any) -> ErrorAlarm | NotCounted:
    """Read the plain template's alarm with changes, or one of ``properties``."""
    template = shift_template(alarm=changes)
    if properties is not None:
        template["Resources"]["OrderErrors"] = properties
    resolved = names(template)
    shifts = read_shifts(resolved)
    (live,) = examine_alarms(shifts.functions[0], shifts, resolved)
    return as_error_alarm(live)


def math_alarm(expression: str, *metrics: tuple[str, str, str], **more: Any) -> Any:
    """Build an alarm on an expression over metrics: id, name, statistic."""
    stats = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric,
                    "Dimensions": more.get("by", ALIAS),
                },
                "Period": 60,
                "Stat": statistic,
            },
        }
        for name, metric, statistic in metrics
    ]
    plain = ("MetricName", "Namespace", "Statistic", "Dimensions", "Period")
    return alarm(
        Metrics=[*stats, {"Id": "x", "Expression": expression}],
        Threshold=more.get("threshold", 5),
        **dict.fromkeys(plain),
    )


ERRORS = ("e", "Errors", "Sum")
CALLS = ("i", "Invocations", "Sum")


def test_a_sum_of_errors_counts_failures_of_the_new_version() -> None:
    found = counted()
    assert isinstance(found, ErrorAlarm)
    assert found.counts is Counts.FAILURES
    assert not found.sees_old_version


def test_an_average_of_errors_is_a_share_and_the_alias_sees_both_versions() -> None:
    found = counted(Statistic="Average", Dimensions=ALIAS)
    assert isinstance(found, ErrorAlarm)
    assert found.counts is Counts.RATIO
    assert found.sees_old_version


def test_an_expression_over_errors_and_invocations_counts() -> None:
    found = counted(math_alarm("IF(i > 0, 100 * e / i, 0)", ERRORS, CALLS))
    assert isinstance(found, ErrorAlarm)
    assert (found.failures, found.requests) == (("e",), ("i",))


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        (alarm(MetricName="Duration", Statistic="Maximum"), "does not count failing"),
        (alarm(Statistic="Maximum"), "does not count failing"),
        (alarm(Period=3600), "cannot fire during the shift"),
        (
            alarm(
                ComparisonOperator="LessThanThreshold",
                TreatMissingData="missing",
                MetricName="Invocations",
            ),
            "fires when a metric falls",
        ),
        (
            alarm(
                Namespace="AWS/SQS",
                MetricName="A",
                Dimensions=dimensions(QueueName="jobs"),
            ),
            "does not count failing",
        ),
        (
            alarm(Period=10, EvaluationPeriods=20, DatapointsToAlarm=2),
            "more than 12 periods",
        ),
        (math_alarm("i - e", ERRORS, CALLS), "does not count failing"),
        (math_alarm("i", CALLS), "does not count failing"),
        (math_alarm("SUM(e)", ERRORS), "does not count failing"),
        (math_alarm("RATE(e)", ERRORS), "does not count failing"),
        (math_alarm("e", ("e", "Duration", "Sum")), "does not count failing"),
    ],
)
def test_an_alarm_that_cannot_be_predicted_is_left_out_with_a_reason(
    properties: Any, reason: str
) -> None:
    found = counted(properties)
    assert isinstance(found, NotCounted)
    assert reason in found.reason


def test_metrics_of_different_requests_are_not_mixed() -> None:
    mixed = math_alarm("e + i", ERRORS, CALLS)
    stat = mixed["Properties"]["Metrics"][0]["MetricStat"]
    stat["Metric"]["Dimensions"] = dimensions(FunctionName="app-order")
    found = counted(mixed)
    assert isinstance(found, NotCounted)
    assert "mixes metrics" in found.reason
