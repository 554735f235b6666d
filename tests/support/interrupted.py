"""Deployments by the tool in a process of its own, ended by a signal at a given call.

A proxy between the tool and a plane sends the signal when it sees the call, so that each
step is met exactly: before the call is carried out, or after it and before its answer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from counting import AFTER, BEFORE, Counted

from delivery.errors import Detached

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
# The calls of a deployment that change something or wait, in their order.
CALLS = (
    ("CreateChangeSet", BEFORE),
    ("CreateChangeSet", AFTER),
    ("DescribeChangeSet", AFTER),
    ("ExecuteChangeSet", BEFORE),
    ("ExecuteChangeSet", AFTER),
    ("DescribeStackEvents", AFTER),
)
_EXECUTING = ("ExecuteChangeSet", "DescribeStackEvents")
_DONE_WITH = ("EXECUTE_COMPLETE", "EXECUTE_FAILED", "OBSOLETE")
_TOPIC = """\
Parameters: {Title: {Type: String, Default: first}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Title}}
"""
_QUEUE = "  Queue: {Type: AWS::SQS::Queue}\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One way to end a deployment."""

    number: signal.Signals
    action: str
    moment: str
    update: bool

    def __str__(self) -> str:
        kind = "update" if self.update else "create"
        return f"{self.number.name}-{self.moment}-{self.action}-{kind}"

    @property
    def killed(self) -> bool:
        """Whether no line of the process runs after it."""
        return self.number is signal.SIGKILL

    @property
    def executing(self) -> bool:
        """Whether the change set had been sent to be executed."""
        return self.action in _EXECUTING


ALL_CASES = tuple(
    Case(number, action, moment, update)
    for number in SIGNALS
    for action, moment in CALLS
    for update in (False, True)
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run left: exit code, standard error, and what CloudFormation holds."""

    code: int
    text: str
    status: str
    half_made: tuple[str, ...]


@dataclass
class Interrupter:
    """Runs the tool against ``counted``, and signals it when the case's call comes."""

    counted: Counted
    cloudformation: Any
    state_dir: Path
    _process: subprocess.Popen[str] | None = None
    _started: threading.Event = field(default_factory=threading.Event)

    def announce(self, plane: Path) -> None:
        """Let the tool take the proxy for the plane that ``plane`` announces."""
        facts = json.loads((plane / "plane.json").read_text(encoding="utf-8"))
        said = json.dumps({**facts, "endpoint_url": self.counted.endpoint})
        (self.state_dir / "plane.json").write_text(said, encoding="utf-8")

    def tell(self, case: Case) -> tuple[Ended, Ended]:
        """Deploy until the case's signal; then run the same command again."""
        stack = str(case)
        template = self.state_dir / f"{stack}.yaml"
        template.write_text(_TOPIC, encoding="utf-8")
        if case.update:
            self._make(stack)
            template.write_text(_TOPIC + _QUEUE, encoding="utf-8")
        return self._run(stack, template, case), self._run(stack, template)

    def _make(self, stack: str) -> None:
        self.cloudformation.create_stack(StackName=stack, TemplateBody=_TOPIC)
        waiter = self.cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})

    def _run(self, stack: str, template: Path, case: Case | None = None) -> Ended:
        self._started.clear()
        self.counted.on_call = self._signalling(case)
        words = ["deploy", "--local", "--yes", "--template", str(template)]
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "deploy_pipeline.py"), *words]
            + ["--stack-name", stack],
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell that runs the tests in the background has it ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._started.set()
        text, _ = self._process.communicate(timeout=60)
        return Ended(self._process.returncode, text, *self._left(stack))

    def _signalling(self, case: Case | None) -> Any:
        pending = [case] if case else []

        def on_call(action: str, moment: str) -> bool:
            if not pending or (action, moment) != (
                pending[0].action,
                pending[0].moment,
            ):
                return True
            found = pending.pop()
            self._started.wait()
            assert self._process is not None
            self._process.send_signal(found.number)
            # A killed process sends nothing more; what another one sent still arrives.
            return moment is BEFORE and not found.killed

        return on_call

    def _left(self, stack: str) -> tuple[str, tuple[str, ...]]:
        """Return the stack's status, and change sets that nobody will execute."""
        try:
            found = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except self.cloudformation.exceptions.ClientError as error:
            assert "does not exist" in str(error)
            return "", ()
        sets = self.cloudformation.list_change_sets(StackName=stack)["Summaries"]
        left = [
            each["ChangeSetName"]
            for each in sets
            if each.get("ExecutionStatus") not in _DONE_WITH
        ]
        return found["StackStatus"], tuple(left)

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return {**kept, "REHEARSAL_STATE_DIR": str(self.state_dir)}


def problems(case: Case, first: Ended, second: Ended) -> list[str]:
    """Return what is not as promised after a run that was ended, and the next one."""
    told = "goes on without us" if case.executing else "Stopped."
    before = "CREATE_COMPLETE" if case.update else ""
    clean = first.status == before and not first.half_made
    after = "UPDATE_COMPLETE" if case.update else "CREATE_COMPLETE"
    checks = {
        "the first run ends with its code": first.code
        == (-case.number if case.killed else Detached.exit_code),
        "it says how it ended": case.killed or told in first.text,
        "it leaves nothing before execution": case.killed or case.executing or clean,
        "the next run succeeds": second.code == 0,
        "the stack is as wanted": second.status == after,
        "no change set is left": second.half_made == (),
        "nobody sees a traceback": "Traceback" not in first.text + second.text,
    }
    return [name for name, holds in checks.items() if not holds]
