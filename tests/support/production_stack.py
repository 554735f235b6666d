"""A small production on a plane: functions behind aliases, their ledger, and the tools."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from own_plane import clients_of
from plane_stacks import Stack

from delivery.cli.options import Settings
from delivery.cli.wiring import PlaneSettings, Tools
from delivery.flows.half_way import Decide, keep
from delivery.flows.undone import Undone
from delivery.ledger.book import Book
from delivery.ledger.events import (
    Commit,
    Deployed,
    Deployment,
    Fact,
    Failed,
    Scope,
    StoredTemplate,
    TrafficComplete,
    Verified,
)
from delivery.ledger.facts import ReleasedAlias, alias_arns, functions_of, traffic_of
from delivery.ledger.plan import Step
from delivery.model import APPLICATION_STACK_PREFIX, StackContents
from delivery.names import DEFAULT_REGION
from delivery.rollback.options import Choice

Aws = Callable[[str], Any]

STACK = f"{APPLICATION_STACK_PREFIX}production"
BUCKET = "small-releases"
CODE = """\
def handler(event, context):
    return {"statusCode": 200, "body": context.function_version}
"""
_HEAD = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  RoleArn: {Type: String}
  ShiftEnabled: {Type: String, Default: "false", AllowedValues: ["true", "false"]}
  Reserved: {Type: Number, Default: 50}
  Release: {Type: String}
"""
_FUNCTION = """\
  NAME:
    Type: AWS::Serverless::Function
    Metadata: PROOF
    Properties:
      FunctionName: small-NAME
      Runtime: python3.11
      Handler: index.handler
      Timeout: 10
      Role: !Ref RoleArn
      ReservedConcurrentExecutions: !Ref Reserved
      InlineCode: |
CODE
      AutoPublishAlias: live
      AutoPublishCodeSha256: !Ref NAMERevision
      Environment: {Variables: {RELEASE: !Ref Release}}
      DeploymentPreference:
        Enabled: !Ref ShiftEnabled
        Type: Linear10PercentEvery1Minute
        Role: !Ref RoleArn
        Alarms: [!Ref NAMEErrors]
  NAMEErrors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: small-NAME-Errors
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Dimensions:
        - {Name: FunctionName, Value: !Ref NAME}
        - {Name: Resource, Value: !Sub "${NAME}:live"}
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
"""


def template_of(
    names: tuple[str, ...], code: str = CODE, *, proven: bool = True
) -> str:
    """Write the template of functions of these names; ``proven`` ones may be called."""
    proof = "{Verification: {event: {}, statuses: [200]}}" if proven else "{}"
    indented = "".join(f"        {line}\n" for line in code.splitlines())
    parameters = "".join(f"  {name}Revision: {{Type: String}}\n" for name in names)
    functions = "".join(
        _FUNCTION.replace("CODE\n", indented)
        .replace("NAME", name)
        .replace("PROOF", proof)
        for name in names
    )
    return f"{_HEAD}{parameters}Resources:\n{functions}"


@dataclass
class Production:
    """The stack, what releases it, and the tool that takes releases back."""

    endpoint: str
    aws: Aws
    tools: Tools
    role: str
    names: tuple[str, ...] = ("One",)
    reserved: int = 50
    code: str = CODE
    shift: bool = False
    proven: bool = True

    @property
    def stack(self) -> Stack:
        return Stack(self.aws("cloudformation"), STACK)

    @property
    def function(self) -> str:
        """The first function's name."""
        return f"small-{self.names[0]}"

    @property
    def book(self) -> Book:
        account = self.tools.account.identity().account
        scope = Scope(account, DEFAULT_REGION, "production")
        return Book(self.tools.release_store, scope)

    def start(self, name: str, *, shift: bool | None = None, code: str = "") -> str:
        """Begin a release and give its template; what it is recorded as comes later."""
        template = template_of(self.names, code or self.code, proven=self.proven)
        stack = self.stack
        stack.execute(
            stack.change(
                template,
                parameters=self._parameters(name, shift),
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            )
        )
        return template

    def release(self, name: str, *, good: bool = True, **more: Any) -> int:
        """Deploy a release and record it; give its number."""
        template = self.start(name, **more)
        status = self.stack.settled()
        assert status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), status
        return self.record(name, template, good=good)

    def record(self, name: str, template: str, *, good: bool) -> int:
        """Write what the pipeline's recorder writes."""
        contents = self.tools.deployed_stacks.contents(STACK)
        assert contents is not None
        aliases = self._aliases(contents)
        deployed = Deployed(
            kind=Deployment.UPDATE,
            commit=Commit(hashlib.sha1(name.encode()).hexdigest()),
            stack_id=contents.stack.id,
            template=self._stored(template),
            parameters=contents.stack.parameters,
            functions=functions_of(contents, aliases),
        )
        traffic = TrafficComplete(traffic_of(aliases).versions)
        verdict: Fact = Verified("test") if good else Failed("test", "it was bad")
        number = self._append(deployed, None)
        for fact in (traffic, verdict):
            self._append(fact, number)
        return number

    def take_back(
        self,
        *,
        to: int | None = None,
        reason: str = "it is bad",
        tools: Tools | None = None,
        decide: Decide = keep,
    ) -> Undone:
        """Do what ``rollback.py production --stack`` does, with these tools or ours."""
        undoer = (tools or self.tools).undoer("production")
        situation = undoer.situation()
        option = next(
            each
            for each in undoer.options(situation, to)
            if each.choice is Choice.STACK
        )
        return undoer.roll_back(situation, option, to=to, reason=reason, decide=decide)

    def serves(self) -> dict[str, str]:
        """Give the release that each function's alias answers from, by asking it."""
        found = {}
        for name in self.names:
            answer = self.aws("lambda").invoke(
                FunctionName=f"small-{name}", Qualifier="live"
            )
            version = answer["ExecutedVersion"]
            settings = self.aws("lambda").get_function_configuration(
                FunctionName=f"small-{name}", Qualifier=version
            )
            found[name] = settings["Environment"]["Variables"]["RELEASE"]
        return found

    def _parameters(self, name: str, shift: bool | None) -> dict[str, str]:
        enabled = self.shift if shift is None else shift
        revision = hashlib.sha256(name.encode()).hexdigest()
        return {
            "RoleArn": self.role,
            "ShiftEnabled": str(enabled).lower(),
            "Reserved": str(self.reserved),
            "Release": name,
            **{f"{each}Revision": revision for each in self.names},
        }

    def _aliases(self, contents: StackContents) -> list[ReleasedAlias]:
        found = []
        for arn in alias_arns(contents.resources):
            route = self.tools.functions.route(arn)
            code = self.tools.deployed_stacks.code_sha256(route.function, route.version)
            found.append(ReleasedAlias(route, route.version, code))
        return found

    def _stored(self, template: str) -> StoredTemplate:
        content = template.encode()
        digest = hashlib.sha256(content).hexdigest()
        key = f"releases/{digest}/packaged.yaml"
        store = self.tools.release_store
        stored = store.put_new(key, content) or store.find(key)
        assert stored is not None
        return StoredTemplate(stored.bucket, stored.key, stored.version_id, digest)

    def _append(self, fact: Fact, release: int | None) -> int:
        book = self.book
        event = book.append(
            book.view(),
            Step(fact, release),
            execution="",
            actor="test",
            now=self.tools.clock.now(),
        )
        assert event is not None
        return event.release


def make_production(
    endpoint: str, state: Path, monkeypatch: pytest.MonkeyPatch, **more: Any
) -> Production:
    """Give a production without a release, and tools that act on it."""
    aws = clients_of(endpoint)
    aws("s3").create_bucket(Bucket=BUCKET)
    aws("s3").put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    monkeypatch.setenv("RELEASE_BUCKET", BUCKET)
    monkeypatch.setenv("REHEARSAL_STATE_DIR", str(state))
    settings = Settings(local=True, yes=True)
    tools = Tools(settings, plane_settings=PlaneSettings(state), brief=True)
    return Production(endpoint, aws, tools, _role(aws), **more)


@contextmanager
def requests_to(production: Production, *, per_second: float) -> Iterator[Counter[str]]:
    """Call the first function's alias when each call is due; count answers by their kind."""
    counts: Counter[str] = Counter()
    stop = threading.Event()
    client = _impatient(production.endpoint)

    def call() -> None:
        try:
            answer = client.invoke(
                FunctionName=production.function, Qualifier="live", Payload=b"{}"
            )
            kind = "error" if "FunctionError" in answer else "answered"
        except client.exceptions.ClientError as error:
            kind = error.response["Error"]["Code"]
        counts[kind] += 1

    def send(pool: ThreadPoolExecutor) -> None:
        began, number = time.monotonic(), 0
        while not stop.wait(max(0.0, began + number / per_second - time.monotonic())):
            counts["sent"] += 1
            number += 1
            pool.submit(call)

    with ThreadPoolExecutor(80) as pool:
        sender = threading.Thread(target=send, args=[pool])
        sender.start()
        try:
            yield counts
        finally:
            stop.set()
            sender.join()


def _impatient(endpoint: str) -> Any:
    """Give a client that calls once: a retry would hide a lost request."""
    return boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name=DEFAULT_REGION,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=80),
    )


def _role(aws: Aws) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": ["lambda.amazonaws.com", "codedeploy.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    }
    answer = aws("iam").create_role(
        RoleName="small-production",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust]}
        ),
    )
    return str(answer["Role"]["Arn"])
