"""What happened before: the pipeline's past, traffic shifts, the commits of a clone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from delivery.model import ActionRun, CommitLog, Execution, ShiftRun


class PipelinePast(Protocol):
    """CodePipeline's history; it keeps twelve months."""

    def executions_since(
        self, pipeline: str, since: datetime
    ) -> list[Execution] | None:
        """Return executions that began at ``since`` or later, newest first.

        None when there is no such pipeline.
        """

    def runs_since(self, pipeline: str, since: datetime) -> list[ActionRun]:
        """Return every run of every action since, newest first."""


class ShiftPast(Protocol):
    """CodeDeploy's history."""

    def shifts_since(self, stack_id: str, since: datetime) -> list[ShiftRun]:
        """Return the deployments that a stack began at ``since`` or later, oldest first."""


class Commits(Protocol):
    """The commits of a clone."""

    def log(self, tips: Sequence[str], *, without: Sequence[str]) -> CommitLog | None:
        """Return what ``tips`` reach and ``without`` does not; None outside of a repository.

        Commits that the clone does not have are passed over: ``present`` says which of both
        it has.
        """
