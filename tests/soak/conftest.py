"""A clone of this repository, and a rehearsal of two releases in it, made once."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from own_plane import free_port
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parents[2]
# Made anew in each run: a constant would be found in this very file.
TOKEN = f"ghp_{secrets.token_hex(18)}"

Edit = Callable[[str], str]

# What is released on the rehearsal's plane: the longest by far, so it begins first.
ON_THE_REHEARSAL = ("test_two_releases", "test_commits_on_their_way")


class ByPlane(LoadFileScheduling):
    """Gives a file's tests to one worker, and those on the rehearsal's plane to the same."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "rehearsal" if Path(file).stem in ON_THE_REHEARSAL else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPlane:
    """Distribute by planes, in the order of collection."""
    return ByPlane(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest begin first."""
    items.sort(key=_begins_late)


def _begins_late(item: pytest.Item) -> int:
    names = ON_THE_REHEARSAL
    return names.index(item.path.stem) if item.path.stem in names else len(names)


def replacing(*pairs: tuple[str, str]) -> Edit:
    """Return an edit that replaces the first occurrence of each text."""

    def edit(text: str) -> str:
        for old, new in pairs:
            assert old in text, f"there is no {old!r}"
            text = text.replace(old, new, 1)
        return text

    return edit


# With it a build runs the tests of the application alone, in half the time.
NARROWED: Mapping[str, Edit] = {
    "buildspecs/tests.sh": replacing(
        ("suite tool tests/unit/delivery", "suite tool tests/unit/hooks"),
        ("tests/unit tests/contract --ignore", "tests/unit/functions --ignore"),
        ("--cov ", "--cov=src/functions/medical_records "),
    )
}


@dataclass(frozen=True)
class Workplace:
    """A clean clone with a plane of its own, and a way to run the tool in it."""

    folder: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment without AWS settings, whose Python has the lock installed."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "GITHUB_", "COV_", "COVERAGE"))
        }
        return {
            **kept,
            "PYTHONPATH": str(self.folder / "src"),
            "REHEARSAL_PORT": str(self.port),
        }

    def tool(
        self, *arguments: str, stdin: str = "", timeout: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run ``deploy_pipeline.py`` as a user does."""
        return subprocess.run(
            [sys.executable, "deploy_pipeline.py", *arguments],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def commit(self, edits: Mapping[str, Edit]) -> None:
        """Edit files, and commit them as somebody."""
        for name, edit in edits.items():
            path = self.folder / name
            before = path.read_text(encoding="utf-8")
            after = edit(before)
            assert after != before, f"the edit of {name} changed nothing"
            path.write_text(after, encoding="utf-8")
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        message = "Change " + ", ".join(edits)
        self.git(*who, "commit", "--quiet", "--all", "--message", message)

    def git(self, *words: str) -> str:
        """Run git in the clone; give what it prints."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def json(self, *arguments: str, **options: Any) -> Any:
        """Run the tool with ``--output json`` and return what it prints."""
        done = self.tool(*arguments, "--output", "json", **options)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    folder = tmp_path_factory.mktemp("clone") / "project"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    place = Workplace(folder, free_port())
    yield place
    place.tool("rehearse", "stop", "--yes")


@pytest.fixture(scope="session")
def rehearsal(workplace: Workplace) -> dict[str, Any]:
    """What ``rehearse run`` reports of two releases."""
    done = workplace.tool("rehearse", "run", "--output", "json", timeout=900)
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    report["exit_code"] = done.returncode
    report["stderr"] = done.stderr
    return report
