"""Fakes that implement the ports: small, in memory, and strict about what AWS refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from awsrules.statuses import ActionStatus, BuildStatus, ExecutionStatus, StackStatus
from delivery.errors import AlreadyDecided, Unreachable
from delivery.model import (
    ActionState,
    AliasRoute,
    Build,
    Cause,
    ChangeSet,
    Concurrency,
    Execution,
    Hidden,
    Identity,
    PipelineState,
    PlaneInfo,
    Push,
    ResourceChange,
    Stack,
    StackEvent,
    StackRequest,
    StageState,
    StoredSecret,
    WorkTree,
)

START = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
STAGES = (
    "Source",
    "Build",
    "DeployDevelopment",
    "ApproveStaging",
    "DeployStaging",
    "ApproveProduction",
    "DeployProduction",
)


class FakeClock:
    """Time that passes only while something sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def stack_id(name: str) -> str:
    return f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/1"


def make_stack(name: str = "app", status: str = "UPDATE_COMPLETE", **more) -> Stack:
    return Stack(name, stack_id(name), StackStatus(status), **more)


_event_numbers = count(1)


def make_event(
    logical_id: str = "RecordBucket",
    status: str = "CREATE_COMPLETE",
    reason: str = "",
    *,
    type: str = "AWS::S3::Bucket",
    name: str = "app",
    token: str = "",
    physical_id: str = "physical",
) -> StackEvent:
    return StackEvent(
        id=f"event-{next(_event_numbers)}",
        at=START,
        stack_id=stack_id(name),
        logical_id=logical_id,
        physical_id=physical_id,
        type=type,
        status=status,
        reason=reason,
        token=token,
    )


def stack_event(status: str, reason: str = "", *, name: str = "app", token: str = ""):
    return make_event(
        name,
        status,
        reason,
        type="AWS::CloudFormation::Stack",
        name=name,
        token=token,
        physical_id=stack_id(name),
    )


@dataclass
class FakeStacks:
    """CloudFormation: a change set, then the scripted steps of its execution.

    ``script`` holds what each look at a running stack adds: (logical id, status, reason);
    the stack itself is named "".
    """

    stacks: dict[str, Stack] = field(default_factory=dict)
    log: dict[str, list[StackEvent]] = field(default_factory=dict)
    change_set_status: str = "CREATE_COMPLETE"
    change_set_reason: str = ""
    changes: tuple[ResourceChange, ...] = (
        ResourceChange("RecordBucket", "AWS::S3::Bucket", "Add"),
    )
    script: list[tuple[str, str, str]] | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    requests: list[StackRequest] = field(default_factory=list)
    pending_looks: int = 1
    unreachable_looks: int = 0
    discarded: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    found: list[Cause] = field(default_factory=list)
    _running: dict[str, tuple[str, list[tuple[str, str, str]]]] = field(
        default_factory=dict
    )

    def find(self, name_or_id: str) -> Stack | None:
        name = name_or_id.split("/")[1] if "/" in name_or_id else name_or_id
        self._answer(name)
        self._step(name)
        stack = self.stacks.get(name)
        if stack and stack.status is StackStatus.DELETE_COMPLETE:
            return stack if "/" in name_or_id else None
        return stack

    def create_change_set(self, request: StackRequest, *, create: bool) -> ChangeSet:
        self.requests.append(request)
        present = self.stacks.get(request.name)
        if create:
            assert present is None or present.status.can_be_created
            self.stacks[request.name] = make_stack(request.name, "REVIEW_IN_PROGRESS")
        else:
            assert present is not None and present.status.can_be_updated
        return ChangeSet("change-set-1", stack_id(request.name), "CREATE_PENDING")

    def change_set(self, change_set: ChangeSet) -> ChangeSet:
        if self.pending_looks:
            self.pending_looks -= 1
            return replace(change_set, status="CREATE_IN_PROGRESS")
        return replace(
            change_set,
            status=self.change_set_status,
            reason=self.change_set_reason,
            changes=self.changes,
        )

    def discard(self, change_set: ChangeSet) -> None:
        self.discarded.append(change_set.id)

    def execute(self, change_set: ChangeSet, *, token: str) -> None:
        name = change_set.stack_id.split("/")[1]
        shell = self.stacks[name].status.is_shell
        verb = "CREATE" if shell else "UPDATE"
        steps = self.script or [
            ("", f"{verb}_IN_PROGRESS", "User Initiated"),
            ("RecordBucket", f"{verb}_IN_PROGRESS", ""),
            ("RecordBucket", f"{verb}_COMPLETE", ""),
            ("", f"{verb}_COMPLETE", ""),
        ]
        self._running[name] = (token, list(steps))

    def delete(self, stack_id: str, *, token: str) -> None:
        name = stack_id.split("/")[1]
        self.deleted.append(name)
        _, steps = self._running.get(name, ("", []))
        if self.stacks[name].status.is_shell and not steps:
            del self.stacks[name]
            return
        steps = [("", "DELETE_IN_PROGRESS", ""), ("", "DELETE_COMPLETE", "")]
        self._running[name] = (token, steps)

    def events(
        self, stack_id: str, *, since: str = "", token: str = ""
    ) -> list[StackEvent]:
        name = stack_id.split("/")[1]
        self._answer(name)
        self._step(name)
        events = self.log.get(name, [])
        ids = [each.id for each in events]
        return events[ids.index(since) + 1 :] if since in ids else list(events)

    def findings(self, stack: str, change_set: str) -> list[Cause]:
        return self.found

    def recent_events(self, stack_id: str) -> list[StackEvent]:
        return list(self.log.get(stack_id.split("/")[1], []))

    def run(self, name: str, *steps: tuple[str, str, str]) -> None:
        """Let somebody else's operation run."""
        self._running[name] = ("somebody-else", list(steps))

    def _answer(self, name: str) -> None:
        if self._running.get(name) and self.unreachable_looks:
            self.unreachable_looks -= 1
            raise Unreachable("The tool could not read the stack.", why="Throttling")

    def _step(self, name: str) -> None:
        token, steps = self._running.get(name, ("", []))
        if not steps:
            return
        logical_id, status, reason = steps.pop(0)
        if logical_id:
            event = make_event(logical_id, status, reason, name=name, token=token)
        else:
            event = stack_event(status, reason, name=name, token=token)
            self.stacks[name] = make_stack(name, status, outputs=self.outputs)
        self.log.setdefault(name, []).append(event)


@dataclass
class FakeUndo:
    """CloudFormation's ways back, on the stacks of ``FakeStacks``."""

    stacks: FakeStacks
    ends_in: str = "UPDATE_ROLLBACK_COMPLETE"
    called: list[str] = field(default_factory=list)

    def cancel_update(self, stack_id: str, *, token: str) -> bool:
        return self._go("cancel", stack_id, token)

    def roll_back(self, stack_id: str, *, token: str) -> None:
        self._go("roll back", stack_id, token)

    def continue_rollback(self, stack_id: str, *, token: str, skip=()) -> None:
        self._go("continue", stack_id, token)

    def _go(self, verb: str, stack_id: str, token: str) -> bool:
        name = stack_id.split("/")[1]
        self.called.append(verb)
        steps = [("", "UPDATE_ROLLBACK_IN_PROGRESS", ""), ("", self.ends_in, "")]
        self.stacks._running[name] = (token, steps)
        return True


class FakeLive:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def expect(self, seconds, resources) -> None:
        if seconds is not None:
            self.lines.append(f"took {seconds:.0f} s before")

    def event(self, event: StackEvent) -> None:
        self.lines.append(f"{event.logical_id} {event.status} {event.reason}".strip())

    def note(self, text: str) -> None:
        self.lines.append(text)

    def at(self, what: str) -> None:
        pass

    def tick(self) -> None:
        pass


@dataclass
class FakeScreen:
    """Remembers what was shown; confirms unless told otherwise."""

    agree: bool = True
    choice: str = ""
    lines: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    shown_changes: list[ResourceChange] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def say(self, text: str = "") -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(f"Warning: {text}")

    def changes(self, title: str, changes: Sequence[ResourceChange], *, widened=()):
        self.lines.append(title)
        self.shown_changes.extend(changes)
        self.lines.extend(widened)

    def confirm(self, question: str) -> bool:
        self.questions.append(question)
        return self.agree

    def choose(self, question: str, options: Sequence[str], *, default: str) -> str:
        self.questions.append(question)
        return self.choice or default

    @contextmanager
    def watch(self, title: str):
        self.lines.append(title)
        yield FakeLive(self.lines)

    @contextmanager
    def working(self, title: str):
        yield lambda at: None


def make_action(
    name: str = "Build", status: str = "Succeeded", **more: object
) -> ActionState:
    return ActionState(name, ActionStatus(status), **more)


def make_stage(
    name: str,
    status: str = "NotStarted",
    *actions: ActionState,
    execution: str = "execution-1",
) -> StageState:
    entered = "" if status == "NotStarted" else execution
    return StageState(name, ExecutionStatus(status), entered, tuple(actions))


def make_state(*stages: StageState) -> PipelineState:
    return PipelineState("MedicalRecordAnalysisPipeline", 1, tuple(stages))


def waiting_stage(name: str = "ApproveStaging", execution: str = "execution-1"):
    action = make_action("Approve", "InProgress", token=f"token-{execution}")
    return make_stage(name, "InProgress", action, execution=execution)


@dataclass
class FakePipelines:
    """CodePipeline: each look at the state takes the next of ``states``."""

    states: list[PipelineState | None] = field(default_factory=list)
    runs: list[Execution] = field(default_factory=list)
    history: dict[str, dict[str, tuple[ActionState, ...]]] = field(default_factory=dict)
    decisions: list[tuple[str, str, bool, str]] = field(default_factory=list)
    lose_answers: int = 0
    started: list[str] = field(default_factory=list)

    def state(self, pipeline: str) -> PipelineState | None:
        if not self.states:
            return None
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def executions(self, pipeline: str, *, limit: int = 20) -> list[Execution]:
        return self.runs[:limit]

    def execution(self, pipeline: str, execution_id: str) -> Execution | None:
        return next((each for each in self.runs if each.id == execution_id), None)

    def actions(self, pipeline: str, execution_id: str):
        return self.history.get(execution_id, {})

    def start(self, pipeline: str, *, token: str) -> str:
        self.started.append(token)
        return "execution-9"

    def decide(self, *, pipeline, stage, action, token, approved, comment) -> None:
        if any(each[1] == token for each in self.decisions):
            raise AlreadyDecided("The approval is not open any more.")
        self.decisions.append((stage, token, approved, comment))
        if self.lose_answers:
            self.lose_answers -= 1
            raise Unreachable("No answer.")


@dataclass
class FakeSteering:
    """Remembers what was steered; ``ended`` are executions that had ended already."""

    ended: list[str] = field(default_factory=list)
    stopped: list[tuple[str, bool, str]] = field(default_factory=list)
    retried: list[tuple[str, str, bool]] = field(default_factory=list)
    started: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)

    def stop(self, pipeline: str, execution_id: str, *, abandon: bool, reason: str):
        if execution_id in self.ended:
            return False
        self.stopped.append((execution_id, abandon, reason))
        return True

    def retry(self, pipeline: str, stage: str, execution_id: str, *, all_actions: bool):
        self.retried.append((stage, execution_id, all_actions))

    def start_with(self, pipeline: str, *, token: str, revisions, variables):
        self.started.append((dict(revisions), dict(variables)))
        return "execution-9"


def make_execution(
    id: str = "execution-1", status: str = "InProgress", **more
) -> Execution:
    more = {"commit": "c0ffee0123456789", "commit_summary": "Mend it", **more}
    return Execution(id, ExecutionStatus(status), **more)


@dataclass
class FakeBuilds:
    builds: dict[str, Build] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)

    def build(self, build_id: str) -> Build | None:
        return self.builds.get(build_id)

    def log_tail(self, build: Build, *, lines: int) -> list[str]:
        return self.log[-lines:]

    def failed_tests(self, build: Build) -> list[str]:
        return self.tests


def failed_build(*phases, id: str = "Build:1") -> Build:
    return Build(id, BuildStatus.FAILED, tuple(phases), log_url="https://logs")


@dataclass
class FakeSecrets:
    """Secrets Manager: current and pending versions, and all that were stored."""

    values: dict[str, StoredSecret] = field(default_factory=dict)
    stored: list[tuple[str, Hidden]] = field(default_factory=list)
    waiting: dict[str, StoredSecret] = field(default_factory=dict)

    def stored_at(self, secret_id: str) -> datetime | None:
        found = self.values.get(secret_id)
        return found.stored_at if found else None

    def current(self, secret_id: str) -> StoredSecret | None:
        return self.values.get(secret_id)

    def store(self, secret_id: str, text: Hidden) -> str:
        self.values[secret_id] = self._version(secret_id, text)
        return self.values[secret_id].version_id

    def pending(self, secret_id: str) -> StoredSecret | None:
        return self.waiting.get(secret_id)

    def store_pending(self, secret_id: str, text: Hidden) -> str:
        self.waiting[secret_id] = self._version(secret_id, text)
        return self.waiting[secret_id].version_id

    def promote(self, secret_id: str, version_id: str, *, replaces: str) -> None:
        assert self.values[secret_id].version_id == replaces
        assert self.waiting[secret_id].version_id == version_id
        self.values[secret_id] = self.waiting[secret_id]

    def drop_pending(self, secret_id: str, version_id: str) -> None:
        assert self.waiting.pop(secret_id).version_id == version_id

    def _version(self, secret_id: str, text: Hidden) -> StoredSecret:
        self.stored.append((secret_id, text))
        return StoredSecret(f"version-{len(self.stored)}", text)


@dataclass
class FakeConnections:
    statuses: list[str] = field(default_factory=lambda: ["AVAILABLE"])

    def status(self, arn: str) -> str:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@dataclass
class FakeUploads:
    objects: dict[str, str] = field(default_factory=dict)

    def put(self, bucket: str, key: str, text: str) -> str:
        self.objects[f"{bucket}/{key}"] = text
        return f"https://{bucket}.s3.us-east-1.amazonaws.com/{key}"


@dataclass
class FakeFunctions:
    routes: dict[str, list[AliasRoute]] = field(default_factory=dict)

    def route(self, alias_arn: str) -> AliasRoute:
        routes = self.routes[alias_arn]
        return routes.pop(0) if len(routes) > 1 else routes[0]


@dataclass
class FakePlane:
    up: bool = False
    pushes: list[tuple[str, str]] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)
    started: tuple[str, ...] = ()
    missing: list[Mapping[str, str]] = field(default_factory=list)
    refused: list[Mapping[str, str]] = field(default_factory=list)

    def running(self) -> PlaneInfo | None:
        return PlaneInfo(1, "http://127.0.0.1:4720", "0.1.0") if self.up else None

    def died(self) -> bool:
        return False

    def start(self) -> PlaneInfo:
        self.up = True
        return PlaneInfo(1, "http://127.0.0.1:4720", "0.1.0")

    def stop(self) -> bool:
        was_up, self.up = self.up, False
        return was_up

    def reset(self) -> None:
        assert not self.up

    def push(self, repository: str, branch: str, *, commit: str = "") -> Push:
        self.pushes.append((repository, branch))
        return Push(branch, "c0ffee0123456789", self.started)

    def has_branch(self, branch: str) -> bool:
        return any(each[1] == branch for each in self.pushes)

    def contains(self, branch: str, commit: str) -> bool:
        return self.has_branch(branch) and commit == "c0ffee0123456789"

    def commit(self, branch: str, *, path: str, content: str, message: str) -> Push:
        self.commits.append(path)
        return Push(branch, "decade0123456789", self.started)

    def not_allowed(self) -> list[Mapping[str, str]]:
        return self.refused

    def not_rehearsed(self) -> list[Mapping[str, str]]:
        return self.missing


@dataclass
class FakeStore:
    data: Mapping[str, object] = field(default_factory=dict)

    def read(self) -> Mapping[str, object]:
        return self.data

    def write(self, data: Mapping[str, object]) -> Path:
        self.data = data
        return Path("pipeline_config.json")


@dataclass
class FakeSubscriptions:
    addresses: list[str] = field(default_factory=list)

    def unconfirmed(self, topic_arn: str) -> list[str]:
        return self.addresses


@dataclass
class FakeCapacity:
    """An account's limits, and what each function reserved; ``refuses`` is raised."""

    limits: Concurrency = Concurrency(1000, 1000)
    reservations: dict[str, int] = field(default_factory=dict)
    refuses: Exception | None = None

    def account(self) -> Concurrency:
        if self.refuses is not None:
            raise self.refuses
        return self.limits

    def reserved(self, function: str) -> int:
        return self.reservations.get(function, 0)


@dataclass
class FakeTopics:
    """Remembers what was sent; ``refuses`` is raised instead."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    refuses: Exception | None = None

    def publish(self, topic_arn: str, text: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.sent.append((topic_arn, text))


@dataclass
class FakeAccount:
    number: str = "123456789012"
    partition: str = "aws"

    def identity(self) -> Identity:
        arn = f"arn:{self.partition}:iam::{self.number}:user/operator"
        return Identity(self.number, arn)


@dataclass
class FakeRepository:
    tree: WorkTree | None = WorkTree("/repo", "main", "c0ffee0123456789", dirty=False)
    branches: tuple[str, ...] = ("main",)

    def work_tree(self) -> WorkTree | None:
        return self.tree

    def has_branch(self, branch: str) -> bool:
        return branch in self.branches
