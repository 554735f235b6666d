"""CloudFormation, and where its templates go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from delivery.model import (
    Cause,
    ChangeSet,
    Stack,
    StackContents,
    StackEvent,
    StackRequest,
)


class Stacks(Protocol):
    """CloudFormation."""

    def find(self, name_or_id: str) -> Stack | None:
        """Return the stack, or None when there is none."""

    def create_change_set(self, request: StackRequest, *, create: bool) -> ChangeSet:
        """Ask for a change set and return it as it begins."""

    def change_set(self, change_set: ChangeSet) -> ChangeSet:
        """Return it as it stands now, with all its changes once it is ready."""

    def discard(self, change_set: ChangeSet) -> None:
        """Delete a change set that is not to be executed."""

    def execute(self, change_set: ChangeSet, *, token: str) -> None:
        """Start the operation; its events carry ``token``."""

    def delete(self, stack_id: str, *, token: str) -> None:
        """Start deleting a stack; its events carry ``token``."""

    def events(
        self, stack_id: str, *, since: str = "", token: str = ""
    ) -> list[StackEvent]:
        """Return events, oldest first, that came after the event with id ``since``.

        With ``token`` nothing is read beyond the page where its operation began: that
        operation's events come with some of those before it.
        """

    def findings(self, stack: str, change_set: str) -> list[Cause]:
        """Return what validation found in a change set before it could do anything."""

    def recent_events(self, stack_id: str) -> list[StackEvent]:
        """Return the newest events, oldest first: as many as one call gives."""


class Uploads(Protocol):
    """Where a template too large for a request goes."""

    def put(self, bucket: str, key: str, text: str) -> str:
        """Store ``text`` and return its https URL."""


class DeployedStacks(Protocol):
    """Stacks with what they hold, and the versions that they published."""

    def contents(self, name_or_id: str) -> StackContents | None:
        """Return the stack, its template as it was given, and its resources."""

    def code_sha256(self, function: str, version: str) -> str:
        """Return Lambda's hash of a version's code."""


class ReviewStacks(Stacks, Protocol):
    """CloudFormation for a look ahead: its change sets have one name and one role."""

    def change_sets(self, stack_id: str) -> Mapping[str, ChangeSet]:
        """Return all change sets of a stack, by name."""
