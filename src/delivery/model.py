"""Data that flows between the stages: frozen, in our words, without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from awsrules.statuses import (
    ActionStatus,
    BuildStatus,
    ExecutionStatus,
    StackStatus,
)
from delivery.names import (  # noqa: F401  offered here too, beside the data
    APPLICATION_STACK_PREFIX as APPLICATION_STACK_PREFIX,
    DEFAULT_REGION as DEFAULT_REGION,
    ENVIRONMENTS as ENVIRONMENTS,
    FOUNDATION_STACK as FOUNDATION_STACK,
    PIPELINE_NAME as PIPELINE_NAME,
    PIPELINE_STACK as PIPELINE_STACK,
)


class Hidden:
    """A secret that no message, log or traceback shows; ``reveal`` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the one call that stores it."""
        return self._value

    def __repr__(self) -> str:
        return "Hidden(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class Outcome(StrEnum):
    """How something went, in the words that reports use."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"
    NOT_REHEARSED = "not_rehearsed"
    INCONCLUSIVE = "inconclusive"


class Access(StrEnum):
    """How the pipeline reads the repository on GitHub."""

    TOKEN = "token"  # nosec B105  # the name of a way, not a secret
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as CloudFormation describes it now."""

    name: str
    id: str
    status: StackStatus
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StackRequest:
    """A stack as it shall be."""

    name: str
    template: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    template_url: str = ""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource that a change set would touch.

    ``action`` is CloudFormation's word: Add, Modify, Remove, Import or Dynamic;
    ``replacement`` is True, Conditional or False; ``policy_action`` says what happens to
    a removed or replaced resource: Delete, Retain, Snapshot, and with replacement
    ReplaceAndDelete, ReplaceAndRetain, ReplaceAndSnapshot.
    """

    logical_id: str
    type: str
    action: str
    replacement: str = "False"
    policy_action: str = ""
    properties: tuple[str, ...] = ()

    @property
    def replaces(self) -> bool:
        """Whether the resource may be made anew, under a new physical id."""
        return self.action == "Modify" and self.replacement in {"True", "Conditional"}

    @property
    def deletes(self) -> bool:
        """Whether an existing resource would be deleted, with what it holds."""
        if self.policy_action:
            return self.policy_action in {"Delete", "ReplaceAndDelete"}
        return self.action == "Remove" or self.replaces


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an operation failed: the first resource that did, and what that means."""

    logical_id: str
    type: str
    reason: str
    meaning: str = ""
    next_step: str = ""
    stack_name: str = ""

    def __str__(self) -> str:
        return f"{self.logical_id} ({self.type}): {self.reason}"


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set as CloudFormation describes it now."""

    id: str
    stack_id: str
    status: str
    reason: str = ""
    changes: tuple[ResourceChange, ...] = ()
    findings: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class StackEvent:
    """One event of a stack."""

    id: str
    at: datetime
    stack_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str = ""
    token: str = ""

    @property
    def of_the_stack_itself(self) -> bool:
        """Whether it tells about the stack and not about one of its resources."""
        return self.physical_id == self.stack_id

    @property
    def failed(self) -> bool:
        """Whether it says that something failed."""
        return self.status.endswith("_FAILED")


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret's current version, and its value as text."""

    version_id: str
    text: Hidden


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the credentials belong to."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What the operator was asked for; the token is kept apart."""

    owner: str
    repository: str
    branch: str
    access: Access
    environment: str

    def as_data(self) -> dict[str, str]:
        """Return plain data for ``pipeline_config.json``."""
        return {
            "owner": self.owner,
            "repository": self.repository,
            "branch": self.branch,
            "access": self.access.value,
            "environment": self.environment,
        }


@dataclass(frozen=True, slots=True)
class ActionState:
    """One action of an execution."""

    name: str
    status: ActionStatus
    category: str = ""
    provider: str = ""
    summary: str = ""
    error_code: str = ""
    external_id: str = ""
    url: str = ""
    token: str = ""
    updated_by: str = ""
    started_at: datetime | None = None
    changed_at: datetime | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def awaits_approval(self) -> bool:
        """Whether a person has to decide before the execution goes on."""
        return bool(self.token) and self.status is ActionStatus.IN_PROGRESS


@dataclass(frozen=True, slots=True)
class StageState:
    """One stage of the pipeline, as it stands for ``execution_id``."""

    name: str
    status: ExecutionStatus
    execution_id: str = ""
    actions: tuple[ActionState, ...] = ()
    inbound_enabled: bool = True
    inbound_reason: str = ""


@dataclass(frozen=True, slots=True)
class PipelineState:
    """All stages in order, each as of the execution that entered it last."""

    name: str
    version: int
    stages: tuple[StageState, ...]

    def stage(self, name: str) -> StageState | None:
        """Return the stage of that name, or None."""
        return next((each for each in self.stages if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of the pipeline."""

    id: str
    status: ExecutionStatus
    status_summary: str = ""
    commit: str = ""
    commit_summary: str = ""
    trigger: str = ""
    started_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BuildPhase:
    """One phase of a build."""

    name: str
    status: BuildStatus
    seconds: int = 0
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """One build, and where its log is."""

    id: str
    status: BuildStatus
    phases: tuple[BuildPhase, ...] = ()
    log_group: str = ""
    log_stream: str = ""
    log_url: str = ""
    report_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AliasRoute:
    """Where an alias sends invocations; weights are the new version's fraction."""

    function: str
    alias: str
    version: str
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def shifting(self) -> bool:
        """Whether two versions serve."""
        return bool(self.weights)

    def __str__(self) -> str:
        new = " ".join(f"+{v}@{share:.0%}" for v, share in self.weights.items())
        return f"{self.version} {new}".strip()


@dataclass(frozen=True, slots=True)
class PlaneInfo:
    """A rehearsal plane that runs."""

    pid: int
    endpoint_url: str
    version: str


@dataclass(frozen=True, slots=True)
class Push:
    """What a push to the plane's source did."""

    branch: str
    commit: str
    started: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The repository on this machine; ``branch`` is empty when HEAD is detached."""

    root: str
    branch: str
    commit: str
    dirty: bool
    remote_owner: str = ""
    remote_repository: str = ""


@dataclass(frozen=True, slots=True)
class StackResource:
    """One resource that a stack holds."""

    logical_id: str
    type: str
    physical_id: str


@dataclass(frozen=True, slots=True)
class StackContents:
    """A stack with all that a later deployment of the same needs."""

    stack: Stack
    template: str
    resources: tuple[StackResource, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    role_arn: str = ""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object in a bucket."""

    bucket: str
    key: str
    version_id: str


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What one report of a build says: counts of tests, or the share of lines covered."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    line_coverage_percent: float | None = None


def plain(value: Any) -> Any:
    """Turn times, enumerations, mappings and tuples into what JSON knows."""
    match value:
        case datetime():
            return value.isoformat()
        case StrEnum():
            return value.value
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case _:
            return value
