"""Faults of hooks, alarms and metrics; weights that are honoured."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from plane_stacks import unique

pytestmark = pytest.mark.plane

Aws = Callable[..., Any]
Control = Callable[..., Any]


def package(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "app.py", f"def handler(event, context):\n    return {text!r}\n"
        )
    return buffer.getvalue()


@pytest.fixture
def faults(control: Control) -> Iterator[Callable[..., None]]:
    """Bring a fault into force; all end with the test."""

    def add(kind: str, target: str, **settings: Any) -> None:
        body = {"kind": kind, "target": target, "settings": settings}
        control("POST", "faults", body)

    yield add
    control("DELETE", "faults")


@pytest.fixture
def function(aws: Aws) -> str:
    """Make a function with version 1 behind ``live``."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    name = unique("faulty")
    role = aws("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust]}
        ),
    )["Role"]["Arn"]
    aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": package("one")},
        Timeout=2,
        Publish=True,
    )
    aws("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def publish(aws: Aws, name: str) -> str:
    answer = aws("lambda").update_function_code(
        FunctionName=name, ZipFile=package("two"), Publish=True
    )
    return str(answer["Version"])


def split(aws: Aws, name: str, weight: float) -> None:
    aws("lambda").update_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": weight}},
    )


def answers(aws: Aws, function: str, requests: int) -> list[str]:
    """Invoke ``live`` again and again; give the version that served each request.

    One signed request is sent over one connection: signing each would cost more than
    serving it.
    """
    endpoint = aws("lambda").meta.endpoint_url
    path = f"/2015-03-31/functions/{function}/invocations?Qualifier=live"
    request = AWSRequest("POST", endpoint + path, data=b"{}")
    keys = Credentials("rehearsal", "rehearsal")
    SigV4Auth(keys, "lambda", "us-east-1").add_auth(request)
    connection = HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    served = []
    for _ in range(requests):
        connection.request("POST", path, b"{}", dict(request.headers))
        answer = connection.getresponse()
        version = answer.headers["X-Amz-Executed-Version"]
        assert json.load(answer) == {"1": "one", "2": "two"}[version]
        served.append(version)
    connection.close()
    return served


def total(
    aws: Aws, control: Control, metric: str, statistic: str = "Sum", **dimensions: str
) -> float:
    now = datetime.fromisoformat(control("GET", "clock")["time"])
    found = aws("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()],
        StartTime=now - timedelta(hours=12),
        EndTime=now + timedelta(minutes=1),
        Period=86_400,
        Statistics=[statistic],
    )
    return sum(point[statistic] for point in found["Datapoints"])


def test_running_out_of_memory_looks_as_on_lambda_and_the_next_call_is_served(
    aws: Aws, function: str, faults: Callable[..., None], control: Control
) -> None:
    faults("memory", function, version="new")
    publish(aws, function)
    dead = aws("lambda").invoke(FunctionName=function, Qualifier="2", LogType="Tail")
    assert dead["FunctionError"] == "Unhandled"
    assert "signal: killed" in json.load(dead["Payload"])["errorMessage"]
    control("DELETE", "faults")
    alive = aws("lambda").invoke(FunctionName=function, Qualifier="2")
    assert json.load(alive["Payload"]) == "two"


def test_latency_beyond_the_timeout_is_a_timeout(
    aws: Aws, function: str, faults: Callable[..., None]
) -> None:
    faults("latency", function, version="new", seconds=30)
    publish(aws, function)
    began = time.monotonic()
    slow = aws("lambda").invoke(FunctionName=function, Qualifier="2")
    assert (
        "Task timed out after 2.00 seconds"
        in json.load(slow["Payload"])["errorMessage"]
    )
    assert 2 <= time.monotonic() - began < 10
    healthy = aws("lambda").invoke(FunctionName=function, Qualifier="live")
    assert "FunctionError" not in healthy


def test_a_lost_metric_is_lost_in_the_new_version_alone(
    aws: Aws, function: str, faults: Callable[..., None], control: Control
) -> None:
    faults("metric", function, version="new", name="Errors")
    faults("errors", function, version="new")
    publish(aws, function)
    split(aws, function, 0.5)
    for _ in range(12):
        aws("lambda").invoke(FunctionName=function, Qualifier="live")
    live = {"FunctionName": function, "Resource": f"{function}:live"}
    calls = [
        total(aws, control, "Invocations", **live, ExecutedVersion=each)
        for each in ("1", "2")
    ]
    assert sum(calls) == 12 and min(calls) > 0
    old = total(aws, control, "Errors", "SampleCount", **live, ExecutedVersion="1")
    new = total(aws, control, "Errors", "SampleCount", **live, ExecutedVersion="2")
    assert (old, new) == (calls[0], 0)
    counted = control("GET", "traffic")["calls"][function]
    assert counted["2"] == {"invocations": calls[1], "errors": calls[1]}


def test_an_alarm_is_held_and_let_go(
    aws: Aws, faults: Callable[..., None], control: Control
) -> None:
    name = f"app-production-{unique('Bad')}"
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Synthetic",
        MetricName="Bad",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    faults("alarm", "production", name="Bad")
    assert _reaches(aws, name, "ALARM")["StateReason"].startswith("A fault that")
    control("POST", "clock", {"advance": 120})
    assert _reaches(aws, name, "ALARM")
    control("DELETE", "faults")
    control("POST", "clock", {"advance": 600})
    _reaches(aws, name, "OK")
    (fired,) = [
        item
        for item in aws("cloudwatch").describe_alarm_history(AlarmName=name)[
            "AlarmHistoryItems"
        ]
        if '"stateValue": "ALARM"' in item["HistoryData"].partition("newState")[2]
    ]
    later = fired["Timestamp"] + timedelta(seconds=1)
    items = aws("cloudwatch").describe_alarm_history(AlarmName=name, StartDate=later)
    assert fired not in items["AlarmHistoryItems"]


def test_an_unknown_fault_is_refused_with_those_that_are_known(
    control: Control,
) -> None:
    from urllib.error import HTTPError

    with pytest.raises(HTTPError) as caught:
        control("POST", "faults", {"kind": "fire"})
    assert caught.value.code == 400
    assert "no fault fire; there are errors" in json.load(caught.value)["error"]


@pytest.mark.thorough
def test_the_weight_is_the_share_of_requests_and_metrics_agree_with_it(
    aws: Aws, function: str, control: Control
) -> None:
    publish(aws, function)
    split(aws, function, 0.3)

    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(partial(answers, aws, function), [REQUESTS // 2] * 2)
        served = Counter(version for half in halves for version in half)
    assert abs(served["2"] / REQUESTS - 0.3) <= 0.015
    live = {"FunctionName": function, "Resource": f"{function}:live"}
    measured = {
        version: total(aws, control, "Invocations", **live, ExecutedVersion=version)
        for version in ("1", "2")
    }
    assert measured == dict(served)
    assert total(aws, control, "Invocations", **live) == REQUESTS
    assert total(aws, control, "Invocations", FunctionName=function) == REQUESTS


REQUESTS = 10_000


def _reaches(aws: Aws, name: str, state: str) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
        if found["StateValue"] == state:
            return dict(found)
        time.sleep(0.05)
    raise AssertionError(f"{name} is {found['StateValue']}: {found['StateReason']}")
