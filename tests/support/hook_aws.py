"""What traffic hooks meet: AWS's clients behind a Stubber, a context, CHECKS."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from traffic_hooks.clients import Tools

ARN = "arn:aws:lambda:us-east-1:123456789012:function"
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}


@dataclass
class Aws:
    """Lambda and CodeDeploy behind botocore's Stubber, so that shapes are checked."""

    tools: Tools
    functions: Stubber
    deployments: Stubber
    slept: list[float] = field(default_factory=list)

    def will_be_called(
        self, qualifier: str, answer: object, *, function: str = "f", **changed: Any
    ) -> None:
        """Expect one invocation and answer it."""
        response = {
            "StatusCode": 200,
            "ExecutedVersion": "3",
            "Payload": io.BytesIO(json.dumps(answer).encode()),
            **changed,
        }
        expected = {
            "FunctionName": function,
            "Qualifier": qualifier,
            "InvocationType": "RequestResponse",
            "Payload": ANY,
        }
        self.functions.add_response("invoke", response, expected)

    def will_report(self, status: str) -> None:
        """Expect the report of ``status``."""
        self.deployments.add_response(
            "put_lifecycle_event_hook_execution_status",
            {"lifecycleEventHookExecutionId": "hook-1"},
            {
                "deploymentId": "d-1",
                "lifecycleEventHookExecutionId": "hook-1",
                "status": status,
            },
        )

    def has_targets(self, *shifts: tuple[str, str]) -> None:
        """Expect the question about what is deployed: function and target version."""
        ids = [f"{name}:live" for name, _ in shifts]
        self.deployments.add_response(
            "list_deployment_targets", {"targetIds": ids}, {"deploymentId": "d-1"}
        )
        if not shifts:
            return
        targets = [
            {
                "deploymentTargetType": "LambdaTarget",
                "lambdaTarget": {
                    "lambdaFunctionInfo": {
                        "functionName": name,
                        "functionAlias": "live",
                        "currentVersion": "2",
                        "targetVersion": version,
                    }
                },
            }
            for name, version in shifts
        ]
        self.deployments.add_response(
            "batch_get_deployment_targets",
            {"deploymentTargets": targets},
            {"deploymentId": "d-1", "targetIds": ids},
        )

    def will_show_alias(self, version: str, weights: dict[str, float]) -> None:
        """Expect a read of alias ``live`` of function ``f``."""
        self.functions.add_response(
            "get_alias",
            {
                "FunctionVersion": version,
                "RoutingConfig": {"AdditionalVersionWeights": weights},
            },
            {"FunctionName": "f", "Name": "live"},
        )


@dataclass
class Context:
    """Lambda's context, with the time that is left."""

    seconds: float = 60

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@contextmanager
def stubbed_aws() -> Iterator[Aws]:
    """Give clients that answer only what a test expects, and are asked for all of it."""
    options = {
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
    functions = boto3.client("lambda", **options)
    deployments = boto3.client("codedeploy", **options)
    slept: list[float] = []
    tools = Tools(functions, deployments, deployments, slept.append)
    with Stubber(functions) as first, Stubber(deployments) as second:
        yield Aws(tools, first, second, slept)
        first.assert_no_pending_responses()
        second.assert_no_pending_responses()


def check(**changed: object) -> dict[str, object]:
    """Make one entry of CHECKS."""
    entry: dict[str, object] = {
        "version": f"{ARN}:f:3",
        "alias": f"{ARN}:f:live",
        "request": {"method": "GET", "path": "/things"},
    }
    return {k: v for k, v in {**entry, **changed}.items() if v is not None}


def environment(*entries: dict[str, object]) -> dict[str, str]:
    """Make the environment with these checks; one plain check without any."""
    return {"CHECKS": json.dumps(list(entries) or [check()])}
