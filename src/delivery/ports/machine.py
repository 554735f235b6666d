"""This machine: the rehearsal plane, the repository, a small file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from delivery.model import PlaneInfo, Push, WorkTree


class Plane(Protocol):
    """The rehearsal plane on this machine."""

    def running(self) -> PlaneInfo | None:
        """Return the plane that answers, or None."""

    def died(self) -> bool:
        """Tell whether one ran and ended without being stopped."""

    def start(self) -> PlaneInfo:
        """Start it, if needed, and return it."""

    def stop(self) -> bool:
        """Stop it; whether there was one."""

    def reset(self) -> None:
        """Remove its state from disk; it must not run."""

    def push(self, repository: str, branch: str, *, commit: str = "") -> Push:
        """Take over the head of ``branch`` of a work tree, as a push to GitHub would.

        With ``commit`` that commit stands for the branch: HEAD may be detached.
        """

    def has_branch(self, branch: str) -> bool:
        """Tell whether the plane's source has the branch."""

    def contains(self, branch: str, commit: str) -> bool:
        """Tell whether the branch in the plane's source holds a commit."""

    def commit(self, branch: str, *, path: str, content: str, message: str) -> Push:
        """Commit one file in the plane's source only."""

    def not_rehearsed(self) -> list[Mapping[str, str]]:
        """Return what was asked for and not made: resource, type and reason."""

    def not_allowed(self) -> list[Mapping[str, str]]:
        """Return what roles tried and may not: role, action, resource and reason."""


class Repository(Protocol):
    """The repository on this machine."""

    def work_tree(self) -> WorkTree | None:
        """Return where it stands, or None outside of a repository."""

    def has_branch(self, branch: str) -> bool:
        """Tell whether there is such a branch."""


class Store(Protocol):
    """A small JSON file, written whole or not at all."""

    def read(self) -> Mapping[str, object]:
        """Return what it holds; empty when there is none."""

    def write(self, data: Mapping[str, object]) -> Path:
        """Replace what it holds."""
