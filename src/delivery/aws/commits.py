"""The commits of a clone, as ``ports.Commits``."""

from __future__ import annotations

import os
import re
import subprocess  # nosec B404  # git, with fixed arguments and no shell
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from delivery.errors import DeliveryError
from delivery.model import CommitLog, CommitTimes

_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
# Commit, author's time, committer's time, parents; times in seconds since 1970.
_FORMAT = "--format=%H %at %ct %P"


@dataclass(frozen=True, slots=True)
class GitCommits:
    """The clone around ``root``, or the bare repository there."""

    root: Path

    def log(self, tips: Sequence[str], *, without: Sequence[str]) -> CommitLog | None:
        if not self._is_repository():
            return None
        present = self._present({*tips, *without})
        wanted = [each for each in tips if each in present]
        if not wanted:
            return CommitLog(present=present)
        left_out = [f"^{each}" for each in without if each in present]
        text = self._git("log", _FORMAT, "--stdin", lines=[*wanted, *left_out])
        commits = [_commit(line) for line in text.splitlines()]
        return CommitLog({each.id: each for each in commits}, present, self._cut())

    def _is_repository(self) -> bool:
        try:
            return self._run("rev-parse", "--git-dir").returncode == 0
        except FileNotFoundError:
            return False

    def _present(self, ids: set[str]) -> frozenset[str]:
        """Return which ids are commits of the clone; nothing is fetched for it."""
        whole = sorted(each for each in ids if _ID.fullmatch(each))
        text = self._git("cat-file", "--batch-check", lines=whole)
        found = (line.split() for line in text.splitlines())
        return frozenset(words[0] for words in found if words[1] == "commit")

    def _cut(self) -> frozenset[str]:
        """Return where a shallow clone ends. Source: git documentation, "shallow"."""
        path = self.root / self._git("rev-parse", "--git-path", "shallow").strip()
        return frozenset(path.read_text().split()) if path.is_file() else frozenset()

    def _git(self, *words: str, lines: Sequence[str] = ()) -> str:
        done = self._run(*words, lines=lines)
        if done.returncode == 0:
            return done.stdout
        raise DeliveryError(
            "The commits of this clone could not be read.",
            why=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "",
            next_step="git fsck says whether the clone is whole.",
        )

    def _run(
        self, *words: str, lines: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # nosec B603 B607
            ["git", "-C", str(self.root), *words],
            input="".join(f"{line}\n" for line in lines),
            env={**os.environ, "GIT_NO_LAZY_FETCH": "1"},
            capture_output=True,
            text=True,
            check=False,
        )


def _commit(line: str) -> CommitTimes:
    id_, authored, committed, *parents = line.split()
    return CommitTimes(id_, _time(authored), _time(committed), tuple(parents))


def _time(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
