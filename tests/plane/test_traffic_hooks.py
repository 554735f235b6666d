"""The product's traffic hooks, run by the plane's CodeDeploy with the least they need."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

pytestmark = pytest.mark.plane

Aws = Callable[..., Any]

HOOKS = Path(__file__).parents[2] / "src" / "hooks"
ACCOUNT = "us-east-1:123456789012"
ANSWER = "def handler(event, context):\n    return {{'statusCode': {}}}\n"
RAISE = "def handler(event, context):\n    raise KeyError('a synthetic secret')\n"
HANGS = (
    "import time\n\ndef handler(event, context):\n"
    "    time.sleep(60 * (context.function_version == '2'))\n"
    "    return {'statusCode': 200}\n"
)
# What docs/strategy.md asks for, no more.
PERMISSIONS = {
    "codedeploy:PutLifecycleEventHookExecutionStatus": "deploymentgroup",
    "codedeploy:ListDeploymentTargets": "*",
    "codedeploy:BatchGetDeploymentTargets": "*",
    "lambda:InvokeFunction": "function",
    "lambda:GetAlias": "function",
}


@dataclass(frozen=True)
class Town:
    """Two functions with an alias each, and one pair of hooks for both."""

    aws: Aws
    name: str
    role: str

    def function(self, part: str, old: str, new: str) -> None:
        """Make a function with two versions, its alias at the first."""
        name = f"{self.name}-{part}"
        client = self.aws("lambda")
        client.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=self.role,
            Handler="app.handler",
            Timeout=29,
            Code={"ZipFile": _zip({"app.py": old})},
            Publish=True,
        )
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        # The same code again would publish no second version.
        client.update_function_code(
            FunctionName=name, ZipFile=_zip({"app.py": f"{new}# new\n"}), Publish=True
        )

    def hook(self, module: str, *, parts: tuple[str, ...], timeout: int = 60) -> str:
        """Make one hook that checks the second version of each part."""
        name = f"{self.name}-{module.replace('_', '-')}"
        arn = f"arn:aws:lambda:{ACCOUNT}:function:{self.name}"
        checks = [
            {
                "version": f"{arn}-{part}:2",
                "alias": f"{arn}-{part}:live",
                "request": {"method": "GET", "path": f"/{part}"},
                "attempts": 2,
            }
            for part in parts
        ]
        sources = {
            str(path.relative_to(HOOKS)): path.read_text(encoding="utf-8")
            for path in HOOKS.rglob("*.py")
        }
        self.aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=self.role,
            Handler=f"traffic_hooks.{module}.handler",
            Timeout=timeout,
            Code={"ZipFile": _zip(sources)},
            Environment={"Variables": {"CHECKS": json.dumps(checks)}},
        )
        return name

    def deploy(self, part: str, **hooks: str) -> dict[str, Any]:
        """Shift one part to its second version, and wait for the end."""
        properties = {
            "Name": f"{self.name}-{part}",
            "Alias": "live",
            "CurrentVersion": "1",
            "TargetVersion": "2",
        }
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        appspec = {
            "version": "0.0",
            "Resources": [{"fn": resource}],
            "Hooks": [{event: name} for event, name in hooks.items()],
        }
        client = self.aws("codedeploy")
        deployment = client.create_deployment(
            applicationName=self.name,
            deploymentGroupName=self.name,
            revision={
                "revisionType": "AppSpecContent",
                "appSpecContent": {"content": json.dumps(appspec)},
            },
        )["deploymentId"]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            info = client.get_deployment(deploymentId=deployment)["deploymentInfo"]
            if info["status"] not in ("Created", "Queued", "InProgress"):
                return dict(info)
            time.sleep(0.1)
        raise AssertionError(f"{deployment} did not end")

    def succeeds(self, part: str, **hooks: str) -> bool:
        """Whether a shift succeeds; tells what hooks said where it does not."""
        info = self.deploy(part, **hooks)
        if info["status"] != "Succeeded":
            print(info.get("errorInformation"), *map(self._said, hooks.values()))
        return bool(info["status"] == "Succeeded")

    def _said(self, hook: str) -> list[str]:
        groups = self.aws("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/")
        name = f"/aws/lambda/{hook}"
        if name not in {group["logGroupName"] for group in groups["logGroups"]}:
            return []
        events = self.aws("logs").filter_log_events(logGroupName=name)["events"]
        return [event["message"] for event in events]

    def version(self, part: str) -> str:
        """Return the version that the part's alias serves."""
        alias = self.aws("lambda").get_alias(
            FunctionName=f"{self.name}-{part}", Name="live"
        )
        return str(alias["FunctionVersion"])


@pytest.fixture
def town(aws: Aws) -> Town:
    name = f"town-{uuid4().hex[:8]}"
    role = _role(aws, name)
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
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
    )
    return Town(aws, name, role)


def test_a_good_version_passes_both_hooks(town: Town) -> None:
    town.function("order", ANSWER.format(200), ANSWER.format(200))
    assert town.succeeds(
        "order",
        BeforeAllowTraffic=town.hook("pre_traffic", parts=("order",)),
        AfterAllowTraffic=town.hook("post_traffic", parts=("order",)),
    )
    assert town.version("order") == "2"


@pytest.mark.parametrize("new", [ANSWER.format(503), RAISE, "import nowhere\n"])
def test_a_version_that_cannot_work_gets_no_traffic(town: Town, new: str) -> None:
    town.function("order", ANSWER.format(200), new)
    before = town.hook("pre_traffic", parts=("order",))
    info = town.deploy("order", BeforeAllowTraffic=before)
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert town.version("order") == "1"


def test_one_pair_of_hooks_checks_only_what_is_deployed(town: Town) -> None:
    town.function("order", ANSWER.format(200), ANSWER.format(200))
    town.function("broken", ANSWER.format(200), RAISE)
    parts = ("broken", "order")
    hooks = {
        "BeforeAllowTraffic": town.hook("pre_traffic", parts=parts),
        "AfterAllowTraffic": town.hook("post_traffic", parts=parts),
    }
    assert town.succeeds("order", **hooks)
    broken = town.deploy("broken", **hooks)
    assert broken["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"


def test_a_version_that_hangs_is_reported_before_the_hook_is_ended(town: Town) -> None:
    town.function("order", HANGS, HANGS)
    before = town.hook("pre_traffic", parts=("order",), timeout=18)
    started = time.monotonic()
    info = town.deploy("order", BeforeAllowTraffic=before)
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    # Reported after three seconds; ended by Lambda it would be silent for an hour.
    assert time.monotonic() - started < 30
    assert town.version("order") == "1"


def test_an_alias_that_was_moved_away_fails_after_traffic(town: Town) -> None:
    town.function("order", ANSWER.format(200), ANSWER.format(200))
    # The checks name a version that the deployment does not end at.
    client = town.aws("lambda")
    after = town.hook("post_traffic", parts=("order",))
    checks = client.get_function_configuration(FunctionName=after)["Environment"]
    text = checks["Variables"]["CHECKS"].replace("-order:2", "-order:1")
    client.update_function_configuration(
        FunctionName=after, Environment={"Variables": {"CHECKS": text}}
    )
    info = town.deploy("order", AfterAllowTraffic=after)
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert town.version("order") == "1"


def _role(aws: Aws, name: str) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": ["lambda.amazonaws.com", "codedeploy.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    }
    role = aws("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust]}
        ),
    )
    resources = {
        "deploymentgroup": f"arn:aws:codedeploy:{ACCOUNT}:deploymentgroup:{name}*/*",
        "function": f"arn:aws:lambda:{ACCOUNT}:function:{name}-*",
        "*": "*",
    }
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": resources[kind]}
        for action, kind in PERMISSIONS.items()
    ]
    # As CodeDeploy's own role it moves the alias, too.
    moving = ["lambda:UpdateAlias", "lambda:GetFunctionConfiguration"]
    statements.append(
        {"Effect": "Allow", "Action": moving, "Resource": resources["function"]}
    )
    aws("iam").put_role_policy(
        RoleName=name,
        PolicyName="least",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
    return str(role["Role"]["Arn"])


def _zip(sources: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in sources.items():
            archive.writestr(name, source)
    return buffer.getvalue()
