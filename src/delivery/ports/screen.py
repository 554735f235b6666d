"""Whoever watches: a terminal, a log, a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from delivery.model import ResourceChange, StackEvent


class Screen(Protocol):
    """Whoever watches: a terminal, a log, a test. All of it goes to stderr."""

    def say(self, text: str = "") -> None:
        """Tell how it goes."""

    def warn(self, text: str) -> None:
        """Tell what the operator should look at."""

    def changes(
        self,
        title: str,
        changes: Sequence[ResourceChange],
        *,
        widened: Sequence[str] = (),
    ) -> None:
        """Show what a change set would do; replacement and data loss stand out.

        ``widened`` says what would be allowed that was not before.
        """

    def confirm(self, question: str) -> bool:
        """Ask; True without asking when every confirmation was answered beforehand."""

    def choose(self, question: str, options: Sequence[str], *, default: str) -> str:
        """Ask for one of some words; without a terminal it is the default.

        A confirmation given beforehand does not answer it.
        """

    def watch(self, title: str) -> AbstractContextManager[Live]:
        """Open a live view."""

    def working(self, title: str) -> AbstractContextManager[Callable[[str], None]]:
        """Show on a terminal that something takes time, until the block ends.

        What is given is told what it is at; elsewhere nothing is shown.
        """


class Live(Protocol):
    """A view of something that goes on."""

    def expect(self, seconds: float | None, resources: Mapping[str, float]) -> None:
        """Take in how long it took before, all of it and each resource."""

    def event(self, event: StackEvent) -> None:
        """Show one more event."""

    def note(self, text: str) -> None:
        """Show one more line."""

    def at(self, what: str) -> None:
        """Take in what it is at now."""

    def tick(self) -> None:
        """Let elapsed time move."""
