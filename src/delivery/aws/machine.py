"""This machine: its clock, its git repository and small JSON files."""

from __future__ import annotations

import json
import re
import subprocess  # nosec B404  # git, with fixed arguments and no shell
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from delivery.errors import BadInput
from delivery.model import WorkTree

_GITHUB = re.compile(r"github\.com[:/](?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/?$")


class RealClock:
    """Time as it passes, as ``ports.Clock``."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class GitRepository:
    """The git repository around ``root``, as ``ports.Repository``."""

    root: Path

    def work_tree(self) -> WorkTree | None:
        top = self._git("rev-parse", "--show-toplevel")
        if top is None:
            return None
        commit = self._git("rev-parse", "--verify", "HEAD")
        if commit is None:
            return None
        remote = _GITHUB.search(self._git("remote", "get-url", "origin") or "")
        return WorkTree(
            root=top,
            branch=self._git("symbolic-ref", "--quiet", "--short", "HEAD") or "",
            commit=commit,
            dirty=bool(self._git("status", "--porcelain")),
            remote_owner=remote["owner"] if remote else "",
            remote_repository=remote["name"] if remote else "",
        )

    def has_branch(self, branch: str) -> bool:
        found = self._git("rev-parse", "--verify", f"refs/heads/{branch}")
        return found is not None

    def _git(self, *words: str) -> str | None:
        """Return what git prints, or None when it refuses or is not installed."""
        try:
            done = subprocess.run(  # nosec B603 B607
                ["git", "-C", str(self.root), *words],
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A small JSON file, as ``ports.Store``."""

    path: Path

    def read(self) -> Mapping[str, object]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._unreadable(str(error)) from error
        if not isinstance(data, dict):
            raise self._unreadable("It does not hold a JSON object.")
        return data

    def write(self, data: Mapping[str, object]) -> Path:
        """Write it beside and move it over: a reader sees the old or the new one."""
        draft = self.path.with_name(f".{self.path.name}.new")
        draft.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.path)
        return self.path

    def _unreadable(self, why: str) -> BadInput:
        return BadInput(
            f"{self.path} cannot be read.",
            why=why,
            next_step="Mend it, or remove it: deploying writes it anew.",
        )
