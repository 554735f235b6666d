"""A pipeline that reads GitHub with the token its stack names, and may be killed anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from delivery_fakes import (
    START,
    FakeClock,
    FakeScreen,
    FakeSecrets,
    FakeStacks,
    make_action,
    make_execution,
    make_stack,
    stack_event,
)
from release_fakes import FakeDeployedStacks

from awsrules.statuses import ExecutionStatus
from delivery.deploy.access import secret_text
from delivery.errors import NotPermitted
from delivery.flows.rotate import TokenRotator
from delivery.flows.stack import StackDeployer
from delivery.model import Hidden, StackContents, StoredSecret

PIPELINE, FOUNDATION = (
    f"medical-record-analysis-{each}" for each in ("pipeline", "foundation")
)
SECRET = "arn:secret"
OLD, NEW, BAD = (Hidden(f"ghp_synthetic_{each}") for each in ("old", "new", "bad"))
NO_CHANGES = "The submitted information didn't contain changes."


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more."""


@dataclass
class World:
    """What is outside, and outlives a run."""

    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    stacks: RotatingStacks = field(init=False)
    pipelines: ReadingPipelines = field(init=False)
    ticks: int = 0

    def __post_init__(self) -> None:
        self.stacks, self.pipelines = RotatingStacks(self), ReadingPipelines(self)
        self.secrets.values[SECRET] = StoredSecret(
            "version-0", secret_text(OLD), START - timedelta(days=93)
        )
        self.stacks.stacks[FOUNDATION] = make_stack(
            FOUNDATION, outputs={"SourceTokenSecretArn": SECRET}
        )
        self.stacks.stacks[PIPELINE] = make_stack(
            PIPELINE, parameters={"TokenVersion": "version-0", "Branch": "main"}
        )
        self.stacks.log[PIPELINE] = [
            replace(stack_event("UPDATE_COMPLETE", name=PIPELINE), at=self.tick())
        ]

    def tick(self):
        self.ticks += 1
        return START + timedelta(seconds=self.ticks)

    @property
    def in_use(self) -> str:
        return self.stacks.stacks[PIPELINE].parameters["TokenVersion"]

    def token(self, version: str) -> Hidden | None:
        """Return the token of a version that still has a label."""
        held = (self.secrets.values.get(SECRET), self.secrets.waiting.get(SECRET))
        return next(
            (each.text for each in held if each and each.version_id == version), None
        )

    def rotator(self, *, killed_at: int = 0, agree: bool = True) -> TokenRotator:
        """Return a rotator whose process is killed at its n-th call."""
        kill = Countdown(killed_at)
        clock, screen = FakeClock(), FakeScreen(agree=agree)
        stacks = Mortal(self.stacks, kill)
        deployer = StackDeployer(stacks, clock, screen)
        return TokenRotator(
            deployer,
            Mortal(self.stacks.contents, kill),
            Mortal(self.secrets, kill),
            Mortal(self.pipelines, kill),
            clock,
            screen,
            "MedicalRecordAnalysisPipeline",
        )

    def rotate(self, token: Hidden | None, **how: Any):
        rotator = self.rotator(**how)
        return rotator.rotate(rotator.state(), token)


@dataclass
class Countdown:
    """Counts calls down; the last one is not survived, nor any after it."""

    left: int

    def call(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.left = 1
            raise Killed


class Mortal:
    """A port whose caller is killed before the call, once the count is down."""

    def __init__(self, port: object, kill: Countdown) -> None:
        self._port, self._kill = port, kill

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*words: Any, **named: Any) -> Any:
            self._kill.call()
            return method(*words, **named)

        return call


@dataclass
class RotatingStacks(FakeStacks):
    """CloudFormation: an update settles at once, and fails for a version without label."""

    world: World | None = None
    contents: FakeDeployedStacks = field(default_factory=FakeDeployedStacks)
    wanted: str = ""
    fail_updates: int = 0

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.wanted, self.fail_updates = world, "", 0
        self.contents = HeldStacks(self)

    def create_change_set(self, request, *, create):
        assert request.same_template and request.keeps == ("Branch",)
        self.wanted = request.parameters["TokenVersion"]
        same = self.wanted == self.world.in_use
        self.change_set_status = "FAILED" if same else "CREATE_COMPLETE"
        self.change_set_reason = NO_CHANGES if same else ""
        return super().create_change_set(request, create=create)

    def execute(self, change_set, *, token):
        assert self.world.token(self.wanted) is not None, "resolves to nothing"
        assert not self.world.pipelines.running, "cancels an execution"
        status = "UPDATE_ROLLBACK_COMPLETE" if self.fail_updates else "UPDATE_COMPLETE"
        if self.fail_updates:
            self.fail_updates -= 1
        else:
            held = self.stacks[PIPELINE]
            parameters = {**held.parameters, "TokenVersion": self.wanted}
            self.stacks[PIPELINE] = replace(held, parameters=parameters)
        event = stack_event(status, name=PIPELINE, token=token)
        self.log[PIPELINE].append(replace(event, at=self.world.tick()))
        held = self.stacks[PIPELINE]
        self.stacks[PIPELINE] = make_stack(PIPELINE, status, parameters=held.parameters)


class HeldStacks:
    def __init__(self, stacks: RotatingStacks) -> None:
        self.stacks = stacks

    def contents(self, name: str) -> StackContents:
        return StackContents(self.stacks.stacks[name], "", ())


class ReadingPipelines:
    """CodePipeline: a started execution reads GitHub with the token in use, at once."""

    def __init__(self, world: World) -> None:
        self.world, self.runs, self.history = world, [], {}
        self.goes_on = False

    @property
    def running(self) -> bool:
        return any(each.status.running for each in self.runs)

    def executions(self, pipeline: str, *, limit: int = 20):
        return self.runs[:limit]

    def execution(self, pipeline: str, execution_id: str):
        return next((each for each in self.runs if each.id == execution_id), None)

    def actions(self, pipeline: str, execution_id: str):
        return self.history[execution_id]

    def start(self, pipeline: str, *, token: str) -> str:
        good = self.world.token(self.world.in_use) in {
            secret_text(OLD),
            secret_text(NEW),
        }
        if not good and self.world.token(self.world.in_use) != secret_text(BAD):
            raise NotPermitted("The pipeline's token is gone.")
        status = "Succeeded" if good else "Failed"
        id = f"execution-{len(self.runs) + 1}"
        ended = "InProgress" if good and self.goes_on else status
        made = make_execution(id, ended, started_at=self.world.tick())
        self.runs.insert(0, made)
        action = make_action("GitHub", status, summary="insufficient permissions")
        self.history[id] = {"Source": (action,)}
        return id

    def finish(self) -> None:
        self.runs = [
            replace(each, status=ExecutionStatus.SUCCEEDED) for each in self.runs
        ]
