"""Deployments of one small stack on a plane whose API is disturbed.

What a deployment comes to is what it leaves: the exit code, the stack's status, what its
resources are, and whether anything half-made stays behind.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from delivery.aws.clients import Clients
from delivery.aws.deployed import StackReader
from delivery.aws.rollback import CloudFormationUndo
from delivery.aws.stacks import CloudFormationStacks
from delivery.cli.screen import PlainScreen
from delivery.errors import DeliveryError
from delivery.flows.stack import StackDeployer
from delivery.model import StackRequest

# How much faster than AWS the plane makes a small stack, and the tool has to look.
FASTER = 40.0

_TOPIC = """\
Parameters: {Title: {Type: String, MinLength: 3}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Title}}
"""
_QUEUE = "  Queue: {Type: AWS::SQS::Queue}\n"
# The topic that it names does not exist, which only the service can find out.
_BROKEN = """\
  Broken:
    Type: AWS::SNS::Subscription
    DependsOn: Topic
    Properties:
      Protocol: sqs
      Endpoint: arn:aws:sqs:us-east-1:123456789012:nowhere
      TopicArn: arn:aws:sns:us-east-1:123456789012:nowhere
"""
# What to deploy, by name: the template and the topic's title.
WANTED = {
    "good": (_TOPIC, "first"),
    "grown": (_TOPIC + _QUEUE, "second"),
    "broken": (_TOPIC + _BROKEN, "third"),
    "refused": (_TOPIC, "x"),
}
# Each deploys to the stack that the ones before it left.
STORIES = (
    ("good", "good", "grown", "broken"),
    ("broken", "good", "broken", "grown"),
    ("refused", "grown", "grown", "good"),
    ("good", "refused", "broken", "broken"),
    ("grown", "good", "broken", "good"),
)


_DONE_WITH = ("EXECUTE_COMPLETE", "EXECUTE_FAILED", "OBSOLETE")


@dataclass
class QuickClock:
    """Real time, in which the tool's waits pass faster."""

    started: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return (time.monotonic() - self.started) * FASTER

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / FASTER)


class _QuickCondition(threading.Condition):
    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(None if timeout is None else timeout / FASTER)


def make_retries_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let botocore's waits between attempts, and for its own rate limit, pass faster."""
    quick_time = SimpleNamespace(
        sleep=lambda seconds: time.sleep(seconds / FASTER),
        time=lambda: time.time() * FASTER,
    )
    monkeypatch.setattr("botocore.endpoint.time", quick_time)
    monkeypatch.setattr("botocore.retries.bucket.time", quick_time)
    quick_threading = SimpleNamespace(Lock=threading.Lock, Condition=_QuickCondition)
    monkeypatch.setattr("botocore.retries.bucket.threading", quick_threading)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one deployment came to."""

    exit_code: int
    status: str
    resources: tuple[str, ...]
    title: str
    left_behind: tuple[str, ...]
    said: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Deployments:
    """Deploys with the tool, and looks with clients that do not give up."""

    cloudformation: Any
    sns: Any

    def tell(self, story: tuple[str, ...], name: str) -> list[Outcome]:
        """Deploy each of ``story`` to the stack ``name``, one after the other."""
        clients = Clients("us-east-1")
        deployer = StackDeployer(
            CloudFormationStacks(clients),
            QuickClock(),
            PlainScreen(yes=True),
            undo=CloudFormationUndo(clients),
            contents=StackReader(clients),
        )
        return [self._deploy(deployer, each, name) for each in story]

    def _deploy(self, deployer: StackDeployer, wanted: str, name: str) -> Outcome:
        template, title = WANTED[wanted]
        exit_code, said = 0, ""
        try:
            deployer.deploy(StackRequest(name, template, {"Title": title}))
        except DeliveryError as error:
            exit_code, said = error.exit_code, str(error)
        return self._look(exit_code, said, name)

    def _look(self, exit_code: int, said: str, name: str) -> Outcome:
        status = self._status(name)
        if status == "absent":
            return Outcome(exit_code, status, (), "", (), said)
        resources = self.cloudformation.list_stack_resources(StackName=name)
        made = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in resources["StackResourceSummaries"]
            if each["ResourceStatus"].endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE"))
        }
        title = ""
        if topic := made.get("Topic"):
            attributes = self.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
            title = attributes["DisplayName"]
        waiting = self.cloudformation.list_change_sets(StackName=name)["Summaries"]
        return Outcome(
            exit_code,
            status,
            tuple(sorted(made)),
            title,
            tuple(
                each["ExecutionStatus"]
                for each in waiting
                if each["ExecutionStatus"] not in _DONE_WITH
            ),
            said,
        )

    def _status(self, name: str) -> str:
        try:
            found = self.cloudformation.describe_stacks(StackName=name)["Stacks"]
        except self.cloudformation.exceptions.ClientError as error:
            assert "does not exist" in str(error)
            return "absent"
        return str(found[0]["StackStatus"])


def disturbances(seed: int) -> list[dict[str, Any]]:
    """Give the faults of one time of chaos, as the plane takes them."""
    chance = random.Random(seed)

    def fault(kind: str, **settings: Any) -> dict[str, Any]:
        settings["seed"] = chance.randrange(1 << 30)
        return {"kind": kind, "target": "cloudformation", "settings": settings}

    return [
        fault("throttled", rate=0.3),
        fault("connection-reset", rate=0.03, name="before"),
        fault("connection-reset", rate=0.03, name="after", answered=True),
        fault("api-latency", rate=0.1, seconds=0.1),
        {
            "kind": "stack-events",
            "target": "*",
            "settings": {
                "seconds": 0.2,
                "twice": 0.3,
                "seed": chance.randrange(1 << 30),
            },
        },
    ]
