"""The pipeline: executions, stages and actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from awsrules.statuses import ActionStatus, ExecutionStatus
from delivery.model.overrides import Override, override_of


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
    """One execution of the pipeline.

    ``commit`` is empty where it is not known: in a list of those that were promoted.
    ``started_by`` is the ARN of who started it, where a person or a tool did;
    ``variables`` are known of an execution that was read by its id.
    """

    id: str
    status: ExecutionStatus
    status_summary: str = ""
    commit: str = ""
    commit_summary: str = ""
    trigger: str = ""
    started_at: datetime | None = None
    changed_at: datetime | None = None
    started_by: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def override(self) -> Override | None:
        """Return the override of alarms that it carries, or None."""
        return override_of(self.variables, self.started_by)
