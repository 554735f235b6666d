"""Small stacks whose one function shifts, under traffic, on a plane."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from plane_stacks import Stack

Aws = Callable[[str], Any]

HOOK_FUNCTION = "shared-hook"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Name: {Type: String}
  RoleArn: {Type: String}
  Revision: {Type: String}
  Hook: {Type: String}
  Kind: {Type: String}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Ref Name
      Runtime: python3.11
      Handler: index.handler
      Timeout: 3
      Role: !Ref RoleArn
      InlineCode: "def handler(event, context): return context.function_version"
      AutoPublishAlias: live
      AutoPublishCodeSha256: !Ref Revision
      Environment: {Variables: {REVISION: !Ref Revision}}
      DeploymentPreference:
        Type: !Ref Kind
        Role: !Ref RoleArn
        Alarms: [!Ref Errors, !Ref Duration, !Ref Throttles]
        Hooks: {PreTraffic: !Ref Hook, PostTraffic: !Ref Hook}
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub "${Name}-Errors"
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Dimensions:
        - {Name: FunctionName, Value: !Ref Function}
        - {Name: Resource, Value: !Sub "${Function}:live"}
        - {Name: ExecutedVersion, Value: !GetAtt Function.Version.Version}
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
  Duration:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub "${Name}-Duration"
      Namespace: AWS/Lambda
      MetricName: Duration
      Statistic: Maximum
      Dimensions:
        - {Name: FunctionName, Value: !Ref Function}
        - {Name: Resource, Value: !Sub "${Function}:live"}
      Period: 60
      EvaluationPeriods: 1
      Threshold: 2400
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
  Throttles:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Sub "${Name}-Throttles"
      Namespace: AWS/Lambda
      MetricName: Throttles
      Statistic: Sum
      Dimensions:
        - {Name: FunctionName, Value: !Ref Function}
        - {Name: Resource, Value: !Sub "${Function}:live"}
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
"""
_HOOK_CODE = """
import boto3

def handler(event, context):
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Succeeded",
    )
"""


@dataclass
class ShiftedStack(Stack):
    """A stack with one function, whose alias ``live`` shifts to each new release."""

    aws: Aws = field(default=lambda service: None)
    role: str = ""
    kind: str = "Linear10PercentEvery1Minute"

    def release(self, revision: str) -> str:
        """Deploy one more revision; give the status that the stack settles in."""
        digest = hashlib.sha256(revision.encode()).hexdigest()
        return self.deploy(
            TEMPLATE,
            parameters={
                "Name": self.name,
                "RoleArn": self.role,
                "Revision": digest,
                "Hook": HOOK_FUNCTION,
                "Kind": self.kind,
            },
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )

    def route(self) -> tuple[str, dict[str, float]]:
        """Give the alias's version and its weights."""
        alias = self.aws("lambda").get_alias(FunctionName=self.name, Name="live")
        routing = alias.get("RoutingConfig") or {}
        return alias["FunctionVersion"], routing.get("AdditionalVersionWeights", {})

    def newest(self) -> str:
        """Give the number of the version that was published last."""
        found = self.aws("lambda").list_versions_by_function(FunctionName=self.name)
        return str(found["Versions"][-1]["Version"])

    def why(self) -> str:
        """Give why the alias's last update failed; empty when it did not."""
        try:
            return self.reason("FunctionAliaslive", "UPDATE_FAILED")
        except AssertionError:
            return ""


def make_stacks(aws: Aws, *names: str) -> dict[str, ShiftedStack]:
    """Create a stack of each name at its first release, all at the same time."""
    role = _role(aws)
    _hook(aws, role)
    stacks = {
        name: ShiftedStack(aws("cloudformation"), name, aws, role) for name in names
    }
    threads = [
        threading.Thread(target=stack.release, args=["first"])
        for stack in stacks.values()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return stacks


@contextmanager
def calls_to(aws: Aws, name: str, *, per_second: float) -> Iterator[Counter[str]]:
    """Call the alias all the while; count answers by version, failures by their kind."""
    counts: Counter[str] = Counter()
    stop = threading.Event()

    def call_on() -> None:
        due = time.monotonic()
        while not stop.is_set():
            counts[_call(aws, name)] += 1
            due = max(due + 1 / per_second, time.monotonic() - 0.1)
            stop.wait(max(0.0, due - time.monotonic()))

    # Two callers: one that waits for a slow version must not silence the other.
    threads = [threading.Thread(target=call_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _call(aws: Aws, name: str) -> str:
    functions = aws("lambda")
    try:
        answer = functions.invoke(FunctionName=name, Qualifier="live")
    except functions.exceptions.TooManyRequestsException:
        return "throttled"
    return "error" if "FunctionError" in answer else str(answer["ExecutedVersion"])


def _role(aws: Aws) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": ["lambda.amazonaws.com", "codedeploy.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    }
    answer = aws("iam").create_role(
        RoleName="shifted-stacks",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust]}
        ),
    )
    return str(answer["Role"]["Arn"])


def _hook(aws: Aws, role: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", _HOOK_CODE)
    aws("lambda").create_function(
        FunctionName=HOOK_FUNCTION,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": buffer.getvalue()},
    )
