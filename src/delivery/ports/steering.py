"""Steering executions of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Steering(Protocol):
    """What stops, repeats and directs executions."""

    def stop(
        self, pipeline: str, execution_id: str, *, abandon: bool, reason: str
    ) -> bool:
        """Stop an execution; False when it had ended already, or is being stopped."""

    def retry(
        self, pipeline: str, stage: str, execution_id: str, *, all_actions: bool
    ) -> None:
        """Run a failed stage again: what failed of it, or all of it.

        Raises:
            Refused: when another execution entered the stage, or the pipeline changed.
        """

    def start_with(
        self,
        pipeline: str,
        *,
        token: str,
        revisions: Mapping[str, str],
        variables: Mapping[str, str],
    ) -> str:
        """Start an execution and return its id.

        ``revisions`` are commits by source action, ``variables`` the pipeline's own.

        Raises:
            BadInput: when there is no such commit, or the pipeline has no such variable.
        """
