"""Five cells of the strategy's predictions, replayed with real code and real metrics.

Each cell is one deployment under Poisson traffic to the alias, all five at the same time.
One run cannot prove a chance; it must lie where a thousand simulated shifts lie, at the
rate that the machine really managed, and end as predicted where that is certain. The test
prints what was predicted, simulated and replayed.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from own_plane import clients_of, own_plane, set_speed
from simulated_shift import Outcome, simulate

from delivery.strategy.blast import predict
from delivery.strategy.model import ErrorAlarm, Prediction, Schedule, Traffic
from delivery.strategy.schedules import custom

pytestmark = [pytest.mark.soak, pytest.mark.plane]

Aws = Callable[..., Any]

# Slow enough for the plane's own calls to take little of a step.
SPEED = 20
SHIFTS = 1000
# The plane's CodeDeploy looks at alarms every 15 seconds of plane time.
PLANE = Traffic(0.25, 0.0, 0.0, 0.0, alarm_delay_seconds=8.0, return_seconds=0.0)
CODE = """
import random

def handler(event, context):
    if context.function_version == "2" and random.random() < {errors}:
        raise RuntimeError("a synthetic failure")
    return {{"statusCode": 200}}
"""


@dataclass(frozen=True)
class Cell:
    """A strategy, an alarm and an error rate."""

    schedule: Schedule
    alarm: ErrorAlarm
    errors: float


ONCE = ErrorAlarm("once", 60, 1, 1, 1)
TWICE = ErrorAlarm("twice", 60, 2, 2, 1)
NEVER = ErrorAlarm("never", 60, 1, 1, 50)
CELLS = (
    Cell(custom("Canary", 10, 10), ONCE, 0.9),
    Cell(custom("Canary", 10, 5), NEVER, 0.5),
    Cell(custom("Linear", 10, 1), ONCE, 1.0),
    Cell(custom("Linear", 10, 1), TWICE, 0.6),
    Cell(custom("Linear", 10, 1), ONCE, 0.0),
)


@dataclass(frozen=True)
class Replay:
    """What one run on the plane did: requests a second of plane time, and its end."""

    cell: Cell
    rate: float
    outcome: Outcome


def test_five_cells_on_the_plane_agree_with_prediction_and_simulation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with own_plane(tmp_path) as endpoint:
        aws = clients_of(endpoint)
        role = _role(aws)
        names = [_deployable(aws, role, cell) for cell in CELLS]
        set_speed(endpoint, SPEED)
        with ThreadPoolExecutor(len(CELLS)) as pool:
            started = [
                pool.submit(_replay, aws, cell, name)
                for cell, name in zip(CELLS, names, strict=True)
            ]
            replays = [each.result() for each in started]
    lines = [_compare(replay) for replay in replays]
    with capsys.disabled():
        print("", *lines, sep="\n")
    assert [line for line in lines if line.endswith("DIFFERS")] == []


def _compare(replay: Replay) -> str:
    """Tell the three numbers of a cell, and whether they go together."""
    cell = replay.cell
    asked = replace(PLANE, requests_per_second=replay.rate, error_rate=cell.errors)
    predicted = predict(cell.schedule, (cell.alarm,), asked)
    random = Random(cell.schedule.name + cell.alarm.name)
    runs = [simulate(cell.schedule, cell.alarm, asked, random) for _ in range(SHIFTS)]
    agrees = _ends_as_predicted(predicted, replay.outcome) and all(
        _within([getattr(run, number) for run in runs], getattr(replay.outcome, number))
        for number in ("exposed", "failed")
    )
    stopped = sum(run.seconds is not None for run in runs) / SHIFTS
    exposed = sum(run.exposed for run in runs) / SHIFTS
    end = "stopped" if replay.outcome.seconds is not None else "completed"
    return (
        f"{cell.schedule.name} {cell.alarm.name} {cell.errors:.0%} at "
        f"{replay.rate:.2f}/s: predicted {predicted.detected:.1%} stopped, "
        f"{predicted.requests_exposed:.1f} exposed; simulated {stopped:.1%}, "
        f"{exposed:.1f}; replayed {end}, {replay.outcome.exposed} exposed, "
        f"{replay.outcome.failed} failed{'' if agrees else ' DIFFERS'}"
    )


def _ends_as_predicted(predicted: Prediction, outcome: Outcome) -> bool:
    if predicted.detected > 0.999:
        return outcome.seconds is not None
    if predicted.detected < 0.001:
        return outcome.seconds is None
    return True


def _within(simulated: list[int], found: int) -> bool:
    """Whether a run may be one of these: the machine's pace is not quite Poisson."""
    return min(simulated) * 0.7 - 4 <= found <= max(simulated) * 1.3 + 4


def _replay(aws: Aws, cell: Cell, name: str) -> Replay:
    """Deploy, and send requests to the alias until the deployment ends."""
    deployment = _deploy(aws, name)
    random, rate = Random(name), PLANE.requests_per_second * SPEED
    sent, exposed, failed = 0, 0, 0
    due = time.monotonic()
    while _info(aws, deployment)["status"] in ("Created", "Queued", "InProgress"):
        due = max(due + random.expovariate(rate), time.monotonic() - 0.2)
        time.sleep(max(0.0, due - time.monotonic()))
        answer = aws("lambda").invoke(FunctionName=name, Qualifier="live")
        sent += 1
        exposed += answer["ExecutedVersion"] == "2"
        failed += "FunctionError" in answer
    info = _info(aws, deployment)
    passed: timedelta = info["completeTime"] - info["startTime"]
    stopped = info["status"] == "Stopped"
    outcome = Outcome(passed.total_seconds() if stopped else None, exposed, failed)
    return Replay(cell, sent / passed.total_seconds(), outcome)


def _info(aws: Aws, deployment: str) -> dict[str, Any]:
    found: dict[str, Any] = aws("codedeploy").get_deployment(deploymentId=deployment)[
        "deploymentInfo"
    ]
    return found


def _deploy(aws: Aws, name: str) -> str:
    properties = {
        "Name": name,
        "Alias": "live",
        "CurrentVersion": "1",
        "TargetVersion": "2",
    }
    resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
    appspec = {"version": "0.0", "Resources": [{"fn": resource}]}
    revision = {
        "revisionType": "AppSpecContent",
        "appSpecContent": {"content": json.dumps(appspec)},
    }
    answer = aws("codedeploy").create_deployment(
        applicationName=name, deploymentGroupName=name, revision=revision
    )
    return str(answer["deploymentId"])


def _deployable(aws: Aws, role: str, cell: Cell) -> str:
    """Make a function with two versions, its alarm, and its deployment group."""
    name = f"cell-{uuid4().hex[:8]}"
    functions, shifts = aws("lambda"), aws("codedeploy")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": _zip(CODE.format(errors=cell.errors))},
        Publish=True,
    )
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    functions.update_function_code(
        FunctionName=name,
        ZipFile=_zip(CODE.format(errors=cell.errors) + "# new\n"),
        Publish=True,
    )
    for version in ("1", "2"):
        functions.invoke(FunctionName=name, Qualifier=version)
    _put_alarm(aws, name, cell.alarm)
    shifts.create_application(applicationName=name, computePlatform="Lambda")
    shifts.create_deployment_group(
        applicationName=name,
        deploymentGroupName=name,
        serviceRoleArn=role,
        deploymentConfigName=f"CodeDeployDefault.Lambda{cell.schedule.name}",
        deploymentStyle={
            "deploymentType": "BLUE_GREEN",
            "deploymentOption": "WITH_TRAFFIC_CONTROL",
        },
        alarmConfiguration={"enabled": True, "alarms": [{"name": name}]},
        autoRollbackConfiguration={
            "enabled": True,
            "events": ["DEPLOYMENT_STOP_ON_ALARM"],
        },
    )
    return name


def _put_alarm(aws: Aws, name: str, alarm: ErrorAlarm) -> None:
    by = {"FunctionName": name, "Resource": f"{name}:live", "ExecutedVersion": "2"}
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Dimensions=[{"Name": key, "Value": value} for key, value in by.items()],
        Period=int(alarm.period_seconds),
        EvaluationPeriods=alarm.evaluation_periods,
        DatapointsToAlarm=alarm.datapoints_to_alarm,
        Threshold=alarm.threshold,
        ComparisonOperator=alarm.comparison,
        TreatMissingData=alarm.missing_data,
    )


def _role(aws: Aws) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": ["lambda.amazonaws.com", "codedeploy.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    }
    answer = aws("iam").create_role(
        RoleName=f"cells-{uuid4().hex[:8]}",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust]}
        ),
    )
    return str(answer["Role"]["Arn"])


def _zip(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()
