"""What the plane remembers of pipelines, their executions and their actions."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

IN_PROGRESS, SUCCEEDED, FAILED = "InProgress", "Succeeded", "Failed"
STOPPING, STOPPED, CANCELLED = "Stopping", "Stopped", "Cancelled"
SUPERSEDED, ABANDONED = "Superseded", "Abandoned"
STANDARD, ROLLBACK = "STANDARD", "ROLLBACK"

Location = dict[str, str]


@dataclass
class ActionRun:
    """One attempt at one action of one execution."""

    stage: str
    action: dict[str, Any]
    execution: Execution
    started: datetime
    updated: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = IN_PROGRESS
    summary: str = ""
    updated_by: str = ""
    token: str = ""
    external_id: str = ""
    external_url: str = ""
    log_stream: str = ""
    error: dict[str, str] | None = None
    resolved: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Location] = field(default_factory=dict)
    outputs: dict[str, Location] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    revision: dict[str, Any] | None = None
    # Set when an approval is decided or the action abandoned: whoever waits looks again.
    wake: threading.Event = field(default_factory=threading.Event)
    decision: dict[str, str] | None = None
    abandoned: bool = False

    @property
    def name(self) -> str:
        """The action's name."""
        return str(self.action["name"])

    def abandon(self) -> None:
        """Tell whoever carries out the action to let go of it."""
        self.abandoned = True
        self.wake.set()


@dataclass
class StageRun:
    """How far an execution has come in a stage."""

    execution: Execution
    status: str = IN_PROGRESS
    actions: dict[str, ActionRun] = field(default_factory=dict)
    attempt: int = 1


@dataclass
class Execution:
    """One execution of a pipeline."""

    pipeline: Pipeline
    declaration: dict[str, Any]
    trigger: dict[str, str]
    started: datetime
    updated: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = IN_PROGRESS
    status_summary: str = ""
    stop_reason: str | None = None
    wanted_revisions: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, Location] = field(default_factory=dict)
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    revisions: list[dict[str, Any]] = field(default_factory=list)
    stages: dict[str, StageRun] = field(default_factory=dict)
    runs: list[ActionRun] = field(default_factory=list)
    attempt: int = 1
    # The execution whose artifacts a rollback deploys again.
    rolls_back_to: str = ""
    # The structure was replaced: it ends when what it does now is done.
    cancelling: bool = False

    @property
    def type(self) -> str:
        """Whether it runs through the pipeline, or rolls back one stage."""
        return ROLLBACK if self.rolls_back_to else STANDARD

    @property
    def version(self) -> int:
        """The version of the pipeline's structure that it runs."""
        return int(self.declaration["version"])

    @property
    def active(self) -> bool:
        """Say whether it has not come to its end."""
        return self.status in (IN_PROGRESS, STOPPING)

    def all_namespaces(self) -> dict[str, dict[str, str]]:
        """Return what configurations may refer to, CodePipeline's own included."""
        own = {"PipelineExecutionId": self.id}
        return {
            **self.namespaces,
            "codepipeline": own,
            "variables": self.variables,
        }


@dataclass
class Transition:
    """Whether executions may enter a stage."""

    enabled: bool = True
    reason: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None


@dataclass
class Pipeline:
    """A pipeline and the state of its stages."""

    declaration: dict[str, Any]
    arn: str
    created: datetime
    updated: datetime
    tags: dict[str, str] = field(default_factory=dict)
    # Source actions whose token GitHub would refuse. The token itself is not kept.
    refused_tokens: set[str] = field(default_factory=set)
    executions: dict[str, Execution] = field(default_factory=dict)
    transitions: dict[str, Transition] = field(default_factory=dict)
    occupied: dict[str, Execution] = field(default_factory=dict)
    waiting: dict[str, Execution] = field(default_factory=dict)
    latest_stage: dict[str, StageRun] = field(default_factory=dict)
    latest_action: dict[tuple[str, str], ActionRun] = field(default_factory=dict)
    start_tokens: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return str(self.declaration["name"])

    @property
    def version(self) -> int:
        """The version of its structure."""
        return int(self.declaration["version"])

    @property
    def region(self) -> str:
        """The Region it runs in."""
        return self.arn.split(":")[3]

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The stages as declared now."""
        return list(self.declaration["stages"])

    def stage(self, name: str) -> dict[str, Any] | None:
        """Return a stage's declaration."""
        return next((item for item in self.stages if item["name"] == name), None)

    def transition(self, stage: str) -> Transition:
        """Return the door in front of ``stage``."""
        return self.transitions.setdefault(stage, Transition())
