"""CloudWatch on the plane: metrics by plane time, alarms that evaluate and notify."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.plane

Aws = Callable[..., Any]
Control = Callable[..., Any]


@pytest.fixture
def namespace() -> str:
    return f"Test/{uuid4().hex[:8]}"


@pytest.fixture
def alarm(aws: Aws, namespace: str) -> Callable[..., str]:
    """Put an alarm on the metric ``Errors``; give its name."""

    def put(**settings: Any) -> str:
        name = f"alarm-{uuid4().hex[:8]}"
        aws("cloudwatch").put_metric_alarm(
            **{
                "AlarmName": name,
                "Namespace": namespace,
                "MetricName": "Errors",
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                **settings,
            }
        )
        return name

    return put


def put_errors(aws: Aws, namespace: str, count: float = 1.0) -> None:
    """Record errors now."""
    datum = {"MetricName": "Errors", "Value": count, "Unit": "Count"}
    aws("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


def state_of(aws: Aws, name: str) -> str:
    """Return an alarm's state."""
    alarms = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarms[0]["StateValue"])


def becomes(aws: Aws, name: str, state: str) -> bool:
    """Say whether an alarm gets into ``state`` within seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if state_of(aws, name) == state:
            return True
        time.sleep(0.05)
    return False


def test_an_alarm_fires_in_the_minute_after_its_metric_breaches_and_recovers(
    aws: Aws, alarm: Callable[..., str], control: Control, namespace: str
) -> None:
    name = alarm()
    # Its first evaluation, in which nothing is missing that would matter.
    assert becomes(aws, name, "OK")
    put_errors(aws, namespace)
    control("POST", "clock", {"advance": 60})
    assert becomes(aws, name, "ALARM")
    control("POST", "clock", {"advance": 600})
    assert becomes(aws, name, "OK")
    history = aws("cloudwatch").describe_alarm_history(
        AlarmName=name, HistoryItemType="StateUpdate"
    )
    summaries = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    assert summaries == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ]


def test_an_alarm_notifies_its_topic(
    aws: Aws, alarm: Callable[..., str], control: Control, namespace: str
) -> None:
    queue = aws("sqs").create_queue(QueueName=f"seen-{uuid4().hex[:8]}")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topic = aws("sns").create_topic(Name=f"notices-{uuid4().hex[:8]}")["TopicArn"]
    aws("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
    )
    name = alarm(AlarmActions=[topic])
    put_errors(aws, namespace)
    control("POST", "clock", {"advance": 60})
    assert becomes(aws, name, "ALARM")
    deadline = time.monotonic() + 5
    found: dict[str, Any] = {}
    while not found.get("Messages") and time.monotonic() < deadline:
        found = aws("sqs").receive_message(QueueUrl=queue)
    notice = json.loads(json.loads(found["Messages"][0]["Body"])["Message"])
    assert (notice["AlarmName"], notice["NewStateValue"]) == (name, "ALARM")


def test_metric_math_is_evaluated(
    aws: Aws, alarm: Callable[..., str], control: Control, namespace: str
) -> None:
    def stat(query: str, metric: str) -> dict[str, Any]:
        return {
            "Id": query,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric},
                "Period": 60,
                "Stat": "Sum",
            },
        }

    name = f"rate-{uuid4().hex[:8]}"
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[
            stat("errors", "Errors"),
            stat("calls", "Calls"),
            {"Id": "rate", "Expression": "100 * errors / calls"},
        ],
    )
    calls = {"MetricName": "Calls", "Value": 10.0}
    aws("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[calls])
    put_errors(aws, namespace)
    control("POST", "clock", {"advance": 60})
    assert becomes(aws, name, "ALARM")


def test_statistics_are_read_back_by_plane_time(
    aws: Aws, control: Control, namespace: str
) -> None:
    now = datetime.fromisoformat(control("GET", "clock")["time"])
    for value in (1.0, 3.0):
        put_errors(aws, namespace, value)
    window = {
        "Namespace": namespace,
        "MetricName": "Errors",
        "StartTime": now - timedelta(minutes=5),
        "EndTime": now + timedelta(minutes=5),
        "Period": 600,
    }
    points = aws("cloudwatch").get_metric_statistics(
        **window, Statistics=["Sum", "Maximum", "SampleCount", "Average"]
    )["Datapoints"]
    assert [
        (p["Sum"], p["Maximum"], p["SampleCount"], p["Average"]) for p in points
    ] == [(4.0, 3.0, 2.0, 2.0)]
    listed = aws("cloudwatch").list_metrics(Namespace=namespace)["Metrics"]
    assert [item["MetricName"] for item in listed] == ["Errors"]


def test_an_alarm_sees_the_messages_that_wait_in_a_queue(
    aws: Aws, alarm: Callable[..., str], control: Control
) -> None:
    queue = f"letters-{uuid4().hex[:8]}"
    url = aws("sqs").create_queue(QueueName=queue)["QueueUrl"]
    name = alarm(
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Statistic="Maximum",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
    )
    control("POST", "clock", {"advance": 60})
    assert becomes(aws, name, "OK")
    aws("sqs").send_message(QueueUrl=url, MessageBody="waits")
    control("POST", "clock", {"advance": 60})
    assert becomes(aws, name, "ALARM")


def test_a_namespace_of_aws_cannot_be_written(aws: Aws) -> None:
    with pytest.raises(ClientError):
        aws("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda", MetricData=[{"MetricName": "Errors", "Value": 1.0}]
        )


def test_an_alarm_that_is_put_again_keeps_its_state(
    aws: Aws, alarm: Callable[..., str]
) -> None:
    name = alarm()
    aws("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="OK", StateReason="by hand"
    )
    definition = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    alarm(AlarmName=name, Threshold=2.0)
    again = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert (again["Threshold"], again["StateValue"]) == (2.0, definition["StateValue"])


def test_a_dashboard_is_kept(aws: Aws) -> None:
    body = json.dumps({"widgets": []})
    aws("cloudwatch").put_dashboard(DashboardName="demo", DashboardBody=body)
    assert (
        aws("cloudwatch").get_dashboard(DashboardName="demo")["DashboardBody"] == body
    )
