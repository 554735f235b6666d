"""A world in which a release is taken back: one function, its stack, stage and ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from release_fakes import (
    ACCOUNT,
    OPERATOR,
    REGION,
    FakeReleaseStore,
    LedgerBuilder,
    make_contents,
    make_deployed,
)

from awsrules.statuses import ExecutionStatus, StackStatus
from delivery.errors import DeliveryError, NotPermitted, OperationFailed
from delivery.flows.door import StageDoor
from delivery.flows.moving import AliasMover, Pace
from delivery.flows.permitted import PermissionProof
from delivery.flows.reconcile import Reconciler
from delivery.flows.stack_ways import StackWays
from delivery.flows.undo import Undoer
from delivery.flows.warming import Warmer
from delivery.ledger.events import FunctionVersion
from delivery.model import (
    AliasNow,
    AliasRoute,
    Answered,
    Asked,
    Identity,
    PipelineState,
    RunningShift,
    Stack,
    StackContents,
    StackEvent,
    StackRequest,
    StageState,
    VersionFacts,
    VersionNow,
)

FUNCTION = "mra-analyze"
SWITCHED = {"Environment": "production", "ShiftEnabled": "true"}


class Killed(BaseException):
    """The process ends here."""


@dataclass
class World:
    """One function behind an alias, its stack, the pipeline's stage, and the ledger.

    ``dies_at`` counts effects; the process ends before that one, or after it when
    ``late`` is set. With ``heedless`` the stack does not notice that its deployment was
    stopped; the first ``stubborn`` moves of an alias are refused. The first look at the
    stack after an operation began shows it ``stale``: as it was.
    """

    alias: str = "3"
    weights: dict[str, float] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    contents_of: dict[str, str] = field(default_factory=dict)
    stack_version: str = "3"
    revision: str = "rev-3"
    parameters: dict[str, str] = field(default_factory=lambda: dict(SWITCHED))
    open: bool = True
    reason: str = ""
    running: list[RunningShift] = field(default_factory=list)
    ledger: LedgerBuilder = field(default_factory=LedgerBuilder)
    effects: list[str] = field(default_factory=list)
    dies_at: int | None = None
    late: bool = False
    called: list[str] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    skipped: list[str] = field(default_factory=list)
    inside: ExecutionStatus = ExecutionStatus.SUCCEEDED
    status: StackStatus | None = StackStatus.UPDATE_COMPLETE
    coming: list[StackStatus | None] = field(default_factory=list)
    heedless: bool = False
    stubborn: int = 0
    stale: bool = False
    token: str = ""
    log: list[StackEvent] = field(default_factory=list)

    def effect(self, name: str) -> None:
        if self.dies_at == len(self.effects) and not self.late:
            raise Killed(name)
        self.effects.append(name)

    def after(self) -> None:
        if self.dies_at == len(self.effects) - 1 and self.late:
            raise Killed(self.effects[-1])

    @property
    def store(self) -> DyingStore:
        return DyingStore(self, self.ledger.store)

    # --- account, clock, screen ---------------------------------------------------------

    def identity(self) -> Identity:
        return Identity(ACCOUNT, OPERATOR)

    def now_utc(self) -> datetime:
        return datetime(2026, 11, 25, tzinfo=UTC)

    # --- stacks -------------------------------------------------------------------------

    @property
    def published(self) -> str:
        return self.stack_version

    def contents(self, name_or_id: str) -> StackContents:
        parameters = {**self.parameters, "AnalyzeFunctionRevision": self.revision}
        return make_contents(versions={FUNCTION: self.published}, parameters=parameters)

    def find(self, name_or_id: str) -> Stack | None:
        """Return the stack; what comes next is there at the next look."""
        now = self.status
        self.step()
        return replace(self.contents(name_or_id).stack, status=now) if now else None

    def events(
        self, stack_id: str, *, since: str = "", token: str = ""
    ) -> list[StackEvent]:
        self.step()
        ids = [each.id for each in self.log]
        return self.log[ids.index(since) + 1 :] if since else list(self.log)

    def recent_events(self, stack_id: str) -> list[StackEvent]:
        return list(self.log)

    def begins(self, token: str, *coming: StackStatus | None) -> None:
        """Let an operation come through these statuses, the last one None when gone."""
        self.token, self.coming = token, list(coming)
        if not self.stale:
            self.step()

    def step(self) -> None:
        """Let the next status come, and tell of it."""
        if not self.coming:
            return
        self.status = self.coming.pop(0)
        stack = self.contents("").stack
        event = StackEvent(
            id=f"event-{len(self.log)}",
            at=self.now_utc(),
            stack_id=stack.id,
            logical_id=stack.name,
            physical_id=stack.id,
            type="AWS::CloudFormation::Stack",
            status=self.status or StackStatus.DELETE_COMPLETE,
            token=self.token,
        )
        self.log.append(event)

    def goes_back(self, token: str = "") -> None:
        """Let the stack return to where it was, which takes some looks."""
        self.begins(
            token,
            StackStatus.UPDATE_ROLLBACK_IN_PROGRESS,
            StackStatus.UPDATE_ROLLBACK_IN_PROGRESS,
            StackStatus.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS,
            StackStatus.UPDATE_ROLLBACK_COMPLETE,
        )

    def code_sha256(self, function: str, version: str) -> str:
        return self.codes[version]

    def deploy(self, request: StackRequest) -> None:
        """Do as CloudFormation: a new revision is published under the next number."""
        if request.parameters.get("AnalyzeFunctionRevision") == self.revision:
            return
        self.effect("deploy")
        self.parameters = dict(request.parameters)
        self.revision = self.parameters.pop("AnalyzeFunctionRevision")
        newest = max(self.codes, key=int)
        release = request.template_url.split("/c")[1][0]
        if self.contents_of.get(newest, "") == self.revision:
            raise OperationFailed(f"A version for this function exists ( {newest} )")
        number = str(int(newest) + 1)
        self.codes[number] = f"code-rev-{release}"
        self.contents_of[number] = self.revision
        self.stack_version = number
        assert self.parameters["ShiftEnabled"] == "false", "it would shift"
        self.alias, self.weights = number, {}
        self.after()

    # --- aliases ------------------------------------------------------------------------

    def now(self, alias_arn: str) -> AliasNow:
        return AliasNow(alias_arn, self.route(alias_arn), f"revision-{self.alias}")

    def route(self, alias_arn: str) -> AliasRoute:
        return AliasRoute(FUNCTION, "live", self.alias, dict(self.weights))

    def version(self, function: str, version: str) -> VersionNow | None:
        if version not in self.codes:
            return None
        return VersionNow(function, version, self.codes[version])

    def versions(self, function: str) -> list[VersionNow]:
        newest_first = sorted(self.codes, key=int, reverse=True)
        return [VersionNow(function, each, self.codes[each]) for each in newest_first]

    def try_call(self, function: str, version: str) -> None:
        assert version in self.codes

    def try_move(self, alias: AliasNow) -> None:
        if "lambda:UpdateAlias" in self.denied:
            raise NotPermitted("You may not move it.", why="lambda:UpdateAlias")

    def lacking(self, caller_arn: str, asked: Sequence[Asked]) -> list[Asked]:
        """Simulate, unless that is denied itself."""
        if "iam:SimulatePrincipalPolicy" in self.denied:
            raise NotPermitted("You may not simulate.")
        return [each for each in asked if each.action in self.denied]

    def move(self, alias: AliasNow, version: str) -> None:
        if self.stubborn:
            self.stubborn -= 1
            raise NotPermitted("You may not move it.", why="lambda:UpdateAlias")
        self.effect("move")
        self.alias, self.weights = version, {}
        self.after()

    def continue_rollback(
        self, stack_id: str, *, token: str, skip: Sequence[str]
    ) -> None:
        self.effect("continue")
        self.skipped.extend(skip)
        self.goes_back(token)
        self.after()

    def cancel_update(self, stack_id: str, *, token: str) -> bool:
        if self.status is not StackStatus.UPDATE_IN_PROGRESS:
            return False
        self.effect("cancel")
        self.goes_back()
        self.after()
        return True

    def roll_back(self, stack_id: str, *, token: str) -> None:
        self.effect("roll back")
        if self.status is StackStatus.CREATE_FAILED:
            self.begins(token, StackStatus.DELETE_IN_PROGRESS, None)
        else:
            self.goes_back(token)
        self.after()

    # --- shifts, transitions, the pipeline ----------------------------------------------

    def stop(self, shift: RunningShift) -> bool:
        self.effect("stop")
        self.running, self.weights = [], {}
        if self.status is StackStatus.UPDATE_IN_PROGRESS and not self.heedless:
            self.goes_back()
        self.after()
        return True

    def freeze(self, pipeline: str, stage: str, *, reason: str) -> None:
        self.effect("freeze")
        self.open, self.reason = False, reason
        self.after()

    def thaw(self, pipeline: str, stage: str) -> None:
        self.effect("thaw")
        self.open, self.reason = True, ""
        self.after()

    def stop_execution(self, pipeline: str, execution_id: str, *, reason: str) -> bool:
        raise AssertionError("no execution is inside the stage")

    def state(self, pipeline: str) -> PipelineState:
        stage = StageState(
            "DeployProduction",
            self.inside,
            inbound_enabled=self.open,
            inbound_reason=self.reason,
        )
        return PipelineState(pipeline, 1, (stage,))


@dataclass
class DyingStore:
    """The release store, whose puts are effects."""

    world: World
    store: FakeReleaseStore

    def put_new(self, key: str, content: bytes):
        self.world.effect("record")
        stored = self.store.put_new(key, content)
        self.world.after()
        return stored

    def __getattr__(self, name: str):
        return getattr(self.store, name)


@dataclass
class Shifting:
    """The world's deployments."""

    world: World

    def running(self, stack_id: str) -> list[RunningShift]:
        return list(self.world.running)

    def stop(self, shift: RunningShift) -> bool:
        return self.world.stop(shift)


@dataclass
class StillClock:
    """Time that stands still."""

    world: World

    def now(self) -> datetime:
        return self.world.now_utc()

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Do not wait."""


class Quiet:
    """A screen that nobody reads."""

    def say(self, text: str = "") -> None:
        """Say nothing."""

    @contextmanager
    def watch(self, title: str) -> Iterator[Quiet]:
        yield self

    def tick(self) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def event(self, event: StackEvent) -> None:
        """Show nothing."""


def facts(number: int) -> Mapping[str, FunctionVersion]:
    version = FunctionVersion(
        "AnalyzeFunction",
        "live",
        str(number),
        f"code-rev-{number}",
        f"rev-{number}",
    )
    return {FUNCTION: version}


PLAIN = "Resources: {AnalyzeFunction: {Type: AWS::Serverless::Function}}"
WITH_TABLE = """
Resources:
  Analyses: {Type: AWS::DynamoDB::Table}
  AnalyzeFunction:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {TABLE: {Ref: Analyses}}}
"""
WITH_ROUTE = """
Resources:
  AnalyzeFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Analyze: {Type: Api, Properties: {Path: /analyses, Method: post}}
"""


def put_template(world: World, number: int, template: str) -> None:
    key = f"releases/c{number}/packaged.yaml"
    world.ledger.store.objects[key] = [template.encode()]


def make_world(good: Sequence[bool] = (True, True, False), **more) -> World:
    """Build releases 1, 2, 3 …, each with its own code; the last one serves."""
    world = World(**more)
    for number, verified in enumerate(good, start=1):
        parameters = {**SWITCHED, "AnalyzeFunctionRevision": f"rev-{number}"}
        deployed = replace(
            make_deployed(f"c{number}", str(number)),
            parameters=parameters,
            functions=facts(number),
        )
        more_facts = {"functions": facts(number), "parameters": parameters}
        assert deployed.functions
        world.ledger.release(f"c{number}", str(number), good=verified, **more_facts)
        world.codes[str(number)] = f"code-rev-{number}"
        put_template(world, number, PLAIN)
        world.contents_of[str(number)] = f"rev-{number}"
    world.alias, world.revision = str(len(good)), f"rev-{len(good)}"
    world.stack_version = world.alias
    return world


@dataclass
class Answering:
    """The world's functions, called by number; ``wrong`` answers otherwise."""

    world: World

    def invoke(self, function: str, qualifier: str, event: Any) -> Answered:
        if qualifier not in self.world.codes:
            raise DeliveryError(f"There is no version {qualifier} of {function}.")
        self.world.called.append(qualifier)
        code = self.world.codes[qualifier]
        return Answered(qualifier, 500 if code in self.world.wrong else 200)

    def facts(self, function: str, version: str) -> VersionFacts:
        raise NotImplementedError


def undoer_of(world: World) -> Undoer:
    clock = StillClock(world)
    store = world.store
    quiet: Any = Quiet()
    anything: Any = world
    mover = AliasMover(world, clock, Pace(clock))
    warmer = Warmer(Answering(world), clock, quiet)
    return Undoer(
        environment="production",
        account=world,
        region=REGION,
        stacks=anything,
        deployed=world,
        aliases=world,
        shifts=Shifting(world),
        store=store,  # type: ignore[arg-type]
        mover=mover,
        warmer=warmer,
        permitted=PermissionProof(world, world, mover, store, quiet),
        reconciler=Reconciler(
            world, world, world, world, store, anything, warmer, clock  # type: ignore
        ),
        ways=StackWays("production", anything, Shifting(world), anything, clock, quiet),
        door=StageDoor(
            anything, world, quiet, "MedicalRecordAnalysisPipeline", "DeployProduction"
        ),
        clock=clock,
        screen=quiet,
    )
