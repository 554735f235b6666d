"""CodeDeploy on the plane: traffic shifts by steps, and returns when it must."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.plane

Aws = Callable[..., Any]
Control = Callable[..., Any]

GROUP_ROLLS_BACK = {
    "enabled": True,
    "events": [
        "DEPLOYMENT_FAILURE",
        "DEPLOYMENT_STOP_ON_ALARM",
        "DEPLOYMENT_STOP_ON_REQUEST",
    ],
}
HOOK = """
import os

import boto3


def handler(event, context):
    if os.environ["REPORT"] == "nothing":
        return
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=os.environ["REPORT"],
    )
"""


def package(source: str) -> bytes:
    """Zip one module."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()


@dataclass(frozen=True)
class Shop:
    """A function with two versions, its alias at the first, and a deployment group."""

    aws: Aws
    name: str
    role: str

    def deploy(self, **settings: Any) -> str:
        """Start a deployment from version 1 to 2; give its id."""
        hooks = settings.pop("hooks", [])
        versions = settings.pop("versions", ("1", "2"))
        appspec = {
            "version": "0.0",
            "Resources": [
                {
                    "fn": {
                        "Type": "AWS::Lambda::Function",
                        "Properties": {
                            "Name": self.name,
                            "Alias": "live",
                            "CurrentVersion": versions[0],
                            "TargetVersion": versions[1],
                        },
                    }
                }
            ],
            "Hooks": hooks,
        }
        answer = self.aws("codedeploy").create_deployment(
            applicationName=self.name,
            deploymentGroupName=self.name,
            revision={
                "revisionType": "AppSpecContent",
                "appSpecContent": {"content": json.dumps(appspec)},
            },
            **settings,
        )
        return str(answer["deploymentId"])

    def info(self, deployment: str) -> dict[str, Any]:
        """Return a deployment."""
        found: dict[str, Any] = self.aws("codedeploy").get_deployment(
            deploymentId=deployment
        )["deploymentInfo"]
        return found

    def finished(self, deployment: str) -> dict[str, Any]:
        """Wait for a deployment's end."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            info = self.info(deployment)
            if info["status"] not in ("Created", "Queued", "InProgress"):
                return info
            time.sleep(0.05)
        raise AssertionError(f"{deployment} did not end: {info}")

    def route(self) -> tuple[str, dict[str, float]]:
        """Return the alias's main version and weights."""
        alias = self.aws("lambda").get_alias(FunctionName=self.name, Name="live")
        routing = alias.get("RoutingConfig", {})
        return alias["FunctionVersion"], routing.get("AdditionalVersionWeights", {})

    def routes_until_the_end(self, deployment: str) -> list[tuple[str, Any]]:
        """Return the routes that the alias goes through, each once in a row."""
        seen: list[tuple[str, Any]] = []
        while True:
            ended = self.info(deployment)["status"] not in ("Created", "InProgress")
            route = self.route()
            if not seen or seen[-1] != route:
                seen.append(route)
            if ended:
                return seen

    def hook(self, report: str) -> str:
        """Create a hook function that reports ``report``; give its name."""
        name = f"hook-{uuid4().hex[:8]}"
        self.aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=self.role,
            Handler="app.handler",
            Timeout=20,
            Code={"ZipFile": package(HOOK)},
            Environment={"Variables": {"REPORT": report}},
        )
        return name

    def alarm(self) -> str:
        """Put an alarm that never has data; give its name."""
        name = f"stop-{uuid4().hex[:8]}"
        self.aws("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="ignore",
            Dimensions=[
                {"Name": "FunctionName", "Value": self.name},
                {"Name": "Resource", "Value": f"{self.name}:live"},
                {"Name": "ExecutedVersion", "Value": "2"},
            ],
        )
        return name

    def watch(self, *alarms: str) -> None:
        """Let the group watch alarms."""
        self.aws("codedeploy").update_deployment_group(
            applicationName=self.name,
            currentDeploymentGroupName=self.name,
            alarmConfiguration={
                "enabled": True,
                "alarms": [{"name": alarm} for alarm in alarms],
            },
        )


@pytest.fixture(scope="module")
def role(aws: Aws) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {
                    "Service": ["lambda.amazonaws.com", "codedeploy.amazonaws.com"]
                },
                "Action": "sts:AssumeRole",
            }
        ],
    }
    answer = aws("iam").create_role(
        RoleName=f"deploy-{uuid4().hex[:8]}", AssumeRolePolicyDocument=json.dumps(trust)
    )
    return str(answer["Role"]["Arn"])


@pytest.fixture
def shop(aws: Aws, role: str) -> Shop:
    name = f"shop-{uuid4().hex[:8]}"
    source = "def handler(event, context):\n    return {!r}\n"
    aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": package(source.format("old"))},
        Publish=True,
    )
    aws("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    aws("lambda").update_function_code(
        FunctionName=name, ZipFile=package(source.format("new")), Publish=True
    )
    aws("codedeploy").create_application(applicationName=name, computePlatform="Lambda")
    aws("codedeploy").create_deployment_group(
        applicationName=name,
        deploymentGroupName=name,
        serviceRoleArn=role,
        deploymentConfigName="CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
        deploymentStyle={
            "deploymentType": "BLUE_GREEN",
            "deploymentOption": "WITH_TRAFFIC_CONTROL",
        },
        autoRollbackConfiguration=GROUP_ROLLS_BACK,
    )
    return Shop(aws, name, role)


@pytest.fixture
def slowly(control: Control) -> Iterator[None]:
    """Let waits pass only 20 times as fast, so that a test can step in."""
    before = control("GET", "clock")["speed"]
    control("POST", "clock", {"speed": 20})
    yield
    control("POST", "clock", {"speed": before})


def test_linear_traffic_moves_in_steps_of_ten_percent(shop: Shop) -> None:
    deployment = shop.deploy()
    routes = shop.routes_until_the_end(deployment)
    assert shop.info(deployment)["status"] == "Succeeded"
    assert routes[-1] == ("2", {})
    shares = [weights.get("2", 0) for version, weights in routes if version == "1"]
    assert shares == sorted(shares)
    assert set(shares) <= {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}
    assert len(shares) > 4


def test_a_canary_waits_by_plane_time(shop: Shop) -> None:
    started = time.monotonic()
    deployment = shop.deploy(
        deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes"
    )
    info = shop.finished(deployment)
    assert info["status"] == "Succeeded"
    assert (info["completeTime"] - info["startTime"]).total_seconds() >= 300
    assert time.monotonic() - started < 15
    assert shop.route() == ("2", {})


def test_the_target_tells_the_share_of_the_new_version(shop: Shop) -> None:
    deployment = shop.deploy(deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce")
    shop.finished(deployment)
    client = shop.aws("codedeploy")
    (target_id,) = client.list_deployment_targets(deploymentId=deployment)["targetIds"]
    target = client.get_deployment_target(deploymentId=deployment, targetId=target_id)[
        "deploymentTarget"
    ]["lambdaTarget"]
    assert target["lambdaFunctionInfo"] == {
        "functionName": shop.name,
        "functionAlias": "live",
        "currentVersion": "1",
        "targetVersion": "2",
        "targetVersionWeight": 1.0,
    }
    assert [e["lifecycleEventName"] for e in target["lifecycleEvents"]] == [
        "BeforeAllowTraffic",
        "AllowTraffic",
        "AfterAllowTraffic",
    ]


def test_an_alarm_during_the_shift_returns_the_traffic(
    shop: Shop, slowly: None
) -> None:
    alarm = shop.alarm()
    shop.watch(alarm)
    deployment = shop.deploy()
    while not shop.route()[1]:
        time.sleep(0.05)
    shop.aws("cloudwatch").set_alarm_state(
        AlarmName=alarm, StateValue="ALARM", StateReason="errors of the new version"
    )
    info = shop.finished(deployment)
    assert info["status"] == "Stopped"
    assert info["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert shop.route() == ("1", {})
    back = shop.info(info["rollbackInfo"]["rollbackDeploymentId"])
    assert (back["status"], back["creator"]) == ("Succeeded", "codeDeployRollback")


def test_errors_of_the_new_version_fire_its_alarm_and_return_the_traffic(
    shop: Shop, control: Control
) -> None:
    shop.watch(shop.alarm())
    fault = {"kind": "errors", "target": shop.name, "settings": {"version": "2"}}
    control("POST", "faults", fault)
    try:
        deployment = shop.deploy()
        while shop.info(deployment)["status"] in ("Created", "InProgress"):
            shop.aws("lambda").invoke(FunctionName=shop.name, Qualifier="live")
    finally:
        control("DELETE", "faults")
    assert shop.info(deployment)["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert shop.route() == ("1", {})


def test_an_alarm_that_fires_already_blocks_unless_it_is_overridden(shop: Shop) -> None:
    alarm = shop.alarm()
    shop.watch(alarm)
    shop.aws("cloudwatch").set_alarm_state(
        AlarmName=alarm, StateValue="ALARM", StateReason="still firing"
    )
    blocked = shop.finished(shop.deploy())
    assert blocked["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert shop.route() == ("1", {})
    forced = shop.deploy(
        overrideAlarmConfiguration={"enabled": False},
        deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
    )
    assert shop.finished(forced)["status"] == "Succeeded"


def test_a_version_that_is_not_the_live_one_is_refused_with_awss_words(
    shop: Shop,
) -> None:
    info = shop.finished(shop.deploy(versions=("2", "1")))
    assert info["errorInformation"]["code"] == "INVALID_LAMBDA_CONFIGURATION"
    assert info["errorInformation"]["message"].endswith(
        "The Lambda function alias version does not match the current version in AppSpec "
        "file."
    )


def test_a_stop_with_rollback_returns_the_traffic(shop: Shop, slowly: None) -> None:
    deployment = shop.deploy()
    while not shop.route()[1]:
        time.sleep(0.05)
    answer = shop.aws("codedeploy").stop_deployment(
        deploymentId=deployment, autoRollbackEnabled=True
    )
    assert answer["status"] == "Pending"
    assert shop.finished(deployment)["status"] == "Stopped"
    assert shop.route() == ("1", {})


def test_a_stop_without_rollback_strands_the_weights_and_blocks_the_next(
    shop: Shop, slowly: None
) -> None:
    deployment = shop.deploy()
    while not shop.route()[1]:
        time.sleep(0.05)
    shop.aws("codedeploy").stop_deployment(
        deploymentId=deployment, autoRollbackEnabled=False
    )
    shop.finished(deployment)
    assert shop.route() == ("1", {"2": 0.1})
    following = shop.finished(shop.deploy())
    assert following["errorInformation"]["code"] == "INVALID_LAMBDA_CONFIGURATION"


def test_one_deployment_at_a_time_in_a_group(shop: Shop, slowly: None) -> None:
    first = shop.deploy()
    with pytest.raises(ClientError) as caught:
        shop.deploy()
    assert caught.value.response["Error"]["Code"] == "DeploymentLimitExceededException"
    shop.aws("codedeploy").stop_deployment(deploymentId=first)
    shop.finished(first)


def test_hooks_before_and_after_are_called_and_let_traffic_through(shop: Shop) -> None:
    hook = shop.hook("Succeeded")
    deployment = shop.deploy(
        hooks=[{"BeforeAllowTraffic": hook}, {"AfterAllowTraffic": hook}]
    )
    assert shop.finished(deployment)["status"] == "Succeeded"
    assert shop.route() == ("2", {})


def test_a_hook_that_fails_moves_no_traffic(shop: Shop) -> None:
    deployment = shop.deploy(hooks=[{"BeforeAllowTraffic": shop.hook("Failed")}])
    info = shop.finished(deployment)
    assert info["status"] == "Failed"
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert shop.route() == ("1", {})


def test_a_hook_that_fails_afterwards_returns_the_traffic(shop: Shop) -> None:
    deployment = shop.deploy(
        hooks=[{"AfterAllowTraffic": shop.hook("Failed")}],
        deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
    )
    assert shop.finished(deployment)["status"] == "Failed"
    assert shop.route() == ("1", {})


def test_a_hook_that_never_reports_fails_after_an_hour_of_plane_time(
    shop: Shop, control: Control
) -> None:
    before = control("GET", "clock")["speed"]
    control("POST", "clock", {"speed": 6000})
    info = shop.finished(
        shop.deploy(hooks=[{"BeforeAllowTraffic": shop.hook("nothing")}])
    )
    control("POST", "clock", {"speed": before})
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert (info["completeTime"] - info["startTime"]).total_seconds() >= 3600


def test_a_configuration_beyond_codedeploys_limits_is_refused(aws: Aws) -> None:
    with pytest.raises(ClientError) as caught:
        aws("codedeploy").create_deployment_config(
            deploymentConfigName=f"too-slow-{uuid4().hex[:8]}",
            computePlatform="Lambda",
            trafficRoutingConfig={
                "type": "TimeBasedLinear",
                "timeBasedLinear": {"linearPercentage": 1, "linearInterval": 60},
            },
        )
    code = caught.value.response["Error"]["Code"]
    assert code == "InvalidTrafficRoutingConfigurationException"


def test_a_custom_configuration_shifts(aws: Aws, shop: Shop) -> None:
    name = f"halves-{uuid4().hex[:8]}"
    aws("codedeploy").create_deployment_config(
        deploymentConfigName=name,
        computePlatform="Lambda",
        trafficRoutingConfig={
            "type": "TimeBasedLinear",
            "timeBasedLinear": {"linearPercentage": 50, "linearInterval": 5},
        },
    )
    deployment = shop.deploy(deploymentConfigName=name)
    assert ("1", {"2": 0.5}) in shop.routes_until_the_end(deployment)
    assert shop.route() == ("2", {})


def test_a_deployment_of_a_stack_is_found_by_the_stacks_id(shop: Shop) -> None:
    stack = f"arn:aws:cloudformation:us-east-1:123456789012:stack/s/{uuid4()}"
    deployment = shop.deploy(
        description=stack, deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce"
    )
    found = shop.aws("codedeploy").list_deployments(externalId=stack)["deployments"]
    assert found == [deployment]
    info = shop.finished(deployment)
    assert (info["creator"], info["externalId"]) == ("CloudFormation", stack)


def test_deployments_are_listed_by_group_status_and_time(shop: Shop) -> None:
    api = shop.aws("codedeploy")
    at_once = {"deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce"}
    first = shop.deploy(**at_once)
    created = shop.finished(first)["createTime"]
    second = shop.deploy(**at_once)
    assert shop.finished(second)["status"] == "Failed"
    group = {"applicationName": shop.name, "deploymentGroupName": shop.name}

    def ids(**wanted: Any) -> Any:
        return api.list_deployments(**group, **wanted)["deployments"]

    assert ids() == [second, first]
    assert ids(includeOnlyStatuses=["Succeeded"]) == [first]
    assert ids(createTimeRange={"end": created}) == [first]
    with pytest.raises(ClientError, match="DeploymentGroupNameRequiredException"):
        api.list_deployments(applicationName=shop.name)
    with pytest.raises(ClientError, match="BatchLimitExceededException"):
        api.batch_get_deployments(deploymentIds=["d-1"] * 101)
