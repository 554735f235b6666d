"""What taking a release back needs: aliases, shifts, transitions, stack operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from delivery.model import AliasNow, RunningShift, VersionNow


class Aliases(Protocol):
    """Lambda's aliases and versions, to read and to move."""

    def now(self, alias_arn: str) -> AliasNow:
        """Return where an alias leads, with its revision id."""

    def version(self, function: str, version: str) -> VersionNow | None:
        """Return a published version, or None when there is none of that number."""

    def versions(self, function: str) -> list[VersionNow]:
        """Return the published versions, newest first."""

    def try_call(self, function: str, version: str) -> None:
        """Ask Lambda whether this version may be invoked, without running it."""

    def try_move(self, alias: AliasNow) -> None:
        """Ask Lambda whether the caller may move an alias, without changing it.

        Raises:
            NotPermitted: when the caller may not.
        """

    def move(self, alias: AliasNow, version: str) -> None:
        """Send all of an alias's traffic to ``version``; weights are cleared.

        Raises:
            Refused: when the alias was changed since it was read.
        """


class Shifts(Protocol):
    """CodeDeploy's deployments of one stack."""

    def running(self, stack_id: str) -> list[RunningShift]:
        """Return the stack's deployments that have not ended, also those a person started."""

    def stop(self, shift: RunningShift) -> bool:
        """Stop one and return its traffic; False when it had ended already."""


class Transitions(Protocol):
    """The way into a stage of the pipeline."""

    def freeze(self, pipeline: str, stage: str, *, reason: str) -> None:
        """Let no execution enter the stage."""

    def thaw(self, pipeline: str, stage: str) -> None:
        """Let executions enter the stage again."""

    def stop_execution(self, pipeline: str, execution_id: str, *, reason: str) -> bool:
        """Stop an execution after its running actions; False when it had ended."""


class StackUndo(Protocol):
    """CloudFormation's ways back."""

    def cancel_update(self, stack_id: str, *, token: str) -> bool:
        """Cancel an update; False when there is none to cancel any more."""

    def roll_back(self, stack_id: str, *, token: str) -> None:
        """Roll a paused stack back to its last stable state."""

    def continue_rollback(
        self, stack_id: str, *, token: str, skip: Sequence[str]
    ) -> None:
        """Go on with a rollback that failed; ``skip`` are logical ids to leave out."""
