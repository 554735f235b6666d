"""One template, deployed by three tools to one plane: calls, bytes, and their own time.

A tool's own time is what its command takes beyond the operation of the stack, which is the
same for all of them. The plane's time is as fast as the wall's here, so the stack's events
tell how long the operation took.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from counting import Counted, counting
from own_plane import clients_of, own_plane, set_speed

pytestmark = pytest.mark.bench

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = (1, 10, 50)
# `aws` looks once in 30 seconds, and nothing else may be compared with that.
POLL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a tool came to."""

    calls: int
    kilobytes: float
    seconds: float
    operation_seconds: float

    @property
    def own_seconds(self) -> float:
        return self.seconds - self.operation_seconds


@dataclass(frozen=True, slots=True)
class Bench:
    """A plane, what counts in front of it, and the environment of the tools."""

    counted: Counted
    cloudformation: Any
    folder: Path

    def run(self, tool: str, functions: int, memory: int) -> Cost:
        """Deploy a stack of ``functions`` with ``memory`` megabytes each."""
        template = self.folder / f"{functions}-{memory}.json"
        template.write_text(json.dumps(_template(functions, memory)), encoding="utf-8")
        stack = f"{tool}-{functions}"
        before = self._events(stack)
        self.counted.restart()
        began = time.perf_counter()
        done = subprocess.run(
            _command(tool, template, stack),
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        seconds = time.perf_counter() - began
        calls, size = self.counted.calls, self.counted.sent_and_received
        taken = self._operation_seconds(stack, before)
        assert done.returncode == 0, f"{tool}: {done.stdout}{done.stderr}"
        return Cost(calls, size / 1024, seconds, taken)

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.counted.endpoint,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SAM_CLI_TELEMETRY": "0",
        }

    def _events(self, stack: str) -> dict[str, Any]:
        try:
            pages = self.cloudformation.get_paginator("describe_stack_events")
            return {
                each["EventId"]: each["Timestamp"]
                for page in pages.paginate(StackName=stack)
                for each in page["StackEvents"]
            }
        except self.cloudformation.exceptions.ClientError:
            return {}

    def _operation_seconds(self, stack: str, before: dict[str, Any]) -> float:
        new = [at for id, at in self._events(stack).items() if id not in before]
        return float((max(new) - min(new)).total_seconds()) if new else 0.0


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("deployments")
    with own_plane(folder) as endpoint, counting(endpoint) as counted:
        set_speed(endpoint, 1)
        yield Bench(counted, clients_of(endpoint)("cloudformation"), folder)


@pytest.mark.parametrize("functions", FUNCTIONS)
def test_deployments_beside_sam_and_aws(
    bench: Bench, record: Callable[..., None], functions: int
) -> None:
    for what, memory in (("first", 128), ("update", 256), ("no_change", 256)):
        costs = {
            tool: bench.run(tool, functions, memory) for tool in ("ours", "sam", "aws")
        }
        for peer in ("sam", "aws"):
            _record(record, f"{what}_{{}}.{functions}_functions", costs, peer)
        ours, sam, aws = costs["ours"], costs["sam"], costs["aws"]
        assert ours.calls <= sam.calls, what
        polls = math.ceil(ours.operation_seconds / POLL_SECONDS)
        assert ours.calls <= aws.calls + polls, what
        if what == "no_change":
            assert ours.calls <= 4


def _record(
    record: Callable[..., None], name: str, costs: dict[str, Cost], peer: str
) -> None:
    ours, theirs = costs["ours"], costs[peer]
    shown = "sam deploy" if peer == "sam" else "aws cloudformation deploy"
    suffix = "" if peer == "sam" else "_beside_aws"
    for what, unit, value, other in (
        ("calls", "calls", ours.calls, theirs.calls),
        ("kilobytes", "kB", ours.kilobytes, theirs.kilobytes),
        ("own_seconds", "s", ours.own_seconds, theirs.own_seconds),
    ):
        record(name.format(what) + suffix, value, unit, peer=shown, peer_value=other)


def _command(tool: str, template: Path, stack: str) -> list[str]:
    scripts = Path(sys.executable).parent
    where = ["--stack-name", stack]
    match tool:
        case "ours":
            script = str(ROOT / "deploy_pipeline.py")
            given = ["deploy", "--template", str(template), "--yes"]
            return [sys.executable, script, *given, *where]
        case "sam":
            given = [
                "deploy",
                "--template-file",
                str(template),
                "--no-confirm-changeset",
            ]
            more = ["--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset"]
            return [str(scripts / "sam"), *given, *where, *more]
        case _:
            given = ["cloudformation", "deploy", "--template-file", str(template)]
            more = ["--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset"]
            return [str(scripts / "aws"), *given, *where, *more]


def _template(functions: int, memory: int) -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}
        },
    }
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "MemorySize": memory,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
        },
    }
    made = {f"Function{number}": function for number in range(functions)}
    return {"Resources": {"Role": role, **made}}
