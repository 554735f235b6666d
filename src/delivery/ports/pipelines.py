"""CodePipeline and CodeBuild."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from delivery.model import ActionState, Build, Execution, PipelineState


class Pipelines(Protocol):
    """CodePipeline."""

    def state(self, pipeline: str) -> PipelineState | None:
        """Return the stages, or None when there is no such pipeline."""

    def executions(self, pipeline: str, *, limit: int = 20) -> list[Execution]:
        """Return executions, newest first."""

    def execution(self, pipeline: str, execution_id: str) -> Execution | None:
        """Return one execution, or None."""

    def actions(
        self, pipeline: str, execution_id: str
    ) -> Mapping[str, tuple[ActionState, ...]]:
        """Return the actions of an execution that have begun, by stage, in order."""

    def start(self, pipeline: str, *, token: str) -> str:
        """Start an execution and return its id."""

    def decide(
        self,
        *,
        pipeline: str,
        stage: str,
        action: str,
        token: str,
        approved: bool,
        comment: str,
    ) -> None:
        """Record an approval or a rejection; raises ``AlreadyDecided``."""


class Builds(Protocol):
    """CodeBuild and its logs."""

    def build(self, build_id: str) -> Build | None:
        """Return a build, or None."""

    def log_tail(self, build: Build, *, lines: int) -> list[str]:
        """Return the last lines of a build's log."""

    def failed_tests(self, build: Build) -> list[str]:
        """Return names of the tests that failed, from the build's reports."""
