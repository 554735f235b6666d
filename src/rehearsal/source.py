"""The source repository of the rehearsal: a bare mirror that stands for GitHub.

It follows a branch of the user's working tree, and takes commits of its own that never
reach that tree.
"""

from __future__ import annotations

import os
import subprocess  # nosec B404 - git is the only reader of git
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.control import Control, ControlError

_AUTHOR = {
    "GIT_AUTHOR_NAME": "Rehearsal",
    "GIT_AUTHOR_EMAIL": "rehearsal@localhost",
    "GIT_COMMITTER_NAME": "Rehearsal",
    "GIT_COMMITTER_EMAIL": "rehearsal@localhost",
}


class NoSuchRevision(Exception):
    """The mirror has no such branch or commit."""


class GitFailed(Exception):
    """git refused; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the mirror; dates as ISO 8601."""

    id: str
    author_date: str
    committer_date: str
    message: str

    @property
    def subject(self) -> str:
        """The message's first line."""
        return self.message.partition("\n")[0]


class SourceMirror:
    """``<state-dir>/source.git``, made when it is first written to."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / "source.git"

    def branches(self) -> dict[str, str]:
        """Return branch → commit id."""
        if not self.path.is_dir():
            return {}
        text = self._git(
            "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"
        )
        pairs = (line.split() for line in text.splitlines())
        return {name.removeprefix("refs/heads/"): commit for name, commit in pairs}

    def follow(self, repository: str, branch: str, commit_id: str | None = None) -> str:
        """Fetch ``branch`` (or a commit that is to stand for it); returns the new head."""
        if not Path(repository).is_dir():
            raise GitFailed(f"{repository} is not a folder")
        self._ensure()
        origin = commit_id or f"refs/heads/{branch}"
        self._git("fetch", "-q", repository, f"+{origin}:refs/heads/{branch}")
        return self.commit(f"refs/heads/{branch}").id

    def add_commit(self, branch: str, path: str, content: str, message: str) -> str:
        """Commit one file on top of ``branch``, in the mirror only; returns the new head."""
        parent = self.commit(f"refs/heads/{branch}").id
        blob = self._git("hash-object", "-w", "--stdin", given=content.encode())
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            self._git("read-tree", parent, settings=index)
            entry = f"100644,{blob},{path}"
            self._git("update-index", "--add", "--cacheinfo", entry, settings=index)
            tree = self._git("write-tree", settings=index)
        commit = self._git(
            "commit-tree", tree, "-p", parent, "-m", message, settings=_AUTHOR
        )
        self._git("update-ref", f"refs/heads/{branch}", commit, parent)
        return commit

    def commit(self, revision: str) -> Commit:
        """Return what ``revision`` names.

        Raises:
            NoSuchRevision: when the mirror does not have it.
        """
        if not self.path.is_dir():
            raise NoSuchRevision(revision)
        try:
            commit = self._git("rev-parse", "-q", "--verify", f"{revision}^{{commit}}")
        except GitFailed as error:
            raise NoSuchRevision(revision) from error
        shown = self._git("show", "-s", "--format=%H%n%aI%n%cI%n%B", commit)
        return Commit(*shown.split("\n", 3))

    def archive(self, commit_id: str) -> bytes:
        """Return the commit's tree as a zip."""
        return self._run("archive", "--format=zip", commit_id)

    def _ensure(self) -> None:
        if not self.path.is_dir():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._git("init", "-q", "--bare", str(self.path), inside=False)

    def _git(
        self,
        *arguments: str,
        given: bytes = b"",
        settings: dict[str, str] | None = None,
        inside: bool = True,
    ) -> str:
        output = self._run(*arguments, given=given, settings=settings, inside=inside)
        return output.decode("utf-8", "replace").strip()

    def _run(
        self,
        *arguments: str,
        given: bytes = b"",
        settings: dict[str, str] | None = None,
        inside: bool = True,
    ) -> bytes:
        where = [f"--git-dir={self.path}"] if inside else []
        # Without the user's hooks, templates and GIT_* variables: a hook of the user's that
        # runs this must not turn it to another repository.
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        done = subprocess.run(  # nosec B603 B607 - fixed program, arguments as a list
            ["git", *where, *arguments],
            input=given,
            capture_output=True,
            env={**clean, **(settings or {})},
            check=False,
        )
        if done.returncode:
            raise GitFailed(done.stderr.decode("utf-8", "replace").strip())
        return done.stdout


class SourcePage:
    """``/_rehearsal/source``: bring commits into the mirror and start who listens.

    The mirror is one for all places, and a push reaches the pipelines of all.
    """

    def __init__(
        self, mirror: SourceMirror, pushed: list[Callable[[str], list[str]]]
    ) -> None:
        self._mirror = mirror
        self._pushed = pushed

    def register(self, control: Control) -> None:
        """Serve the page."""
        control.add("source", self.answer)

    def answer(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """GET tells the branches; POST takes a branch's head or makes a commit."""
        if method != "POST":
            return {
                "mirror": str(self._mirror.path),
                "branches": self._mirror.branches(),
            }
        branch = body["branch"]
        before = self._mirror.branches().get(branch)
        try:
            head = self._bring(branch, body)
        except (GitFailed, NoSuchRevision) as error:
            raise ControlError(
                f"branch {branch} cannot be brought in: {error}"
            ) from error
        moved = head != before
        return {
            "branch": branch,
            "commit": head,
            "started": self._push(branch) if moved else [],
        }

    def _push(self, branch: str) -> list[str]:
        return [started for each in list(self._pushed) for started in each(branch)]

    def _bring(self, branch: str, body: dict[str, Any]) -> str:
        if "repository" in body:
            return self._mirror.follow(
                body["repository"], branch, body.get("commit_id") or None
            )
        wanted = body["commit"]
        return self._mirror.add_commit(
            branch, wanted["path"], wanted["content"], wanted["message"]
        )
