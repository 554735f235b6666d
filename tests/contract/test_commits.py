"""Commits of real clones: whole, shallow, bare, and none."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime

import pytest

from delivery.aws.commits import GitCommits
from delivery.errors import DeliveryError

NOWHERE = "0" * 40


class Clone:
    """A repository that takes commits at given times."""

    def __init__(self, root) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, **times: str) -> str:
        identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        done = subprocess.run(
            ["git", "-C", str(self.root), *identity, *words],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **times},
        )
        return done.stdout.strip()

    def commit(self, name: str, authored: int = 1, committed: int = 2) -> str:
        (self.root / name).write_text(name)
        self.git("add", name)
        self.git(
            "commit",
            "-q",
            "-m",
            name,
            GIT_AUTHOR_DATE=f"@{authored} +0200",
            GIT_COMMITTER_DATE=f"@{committed} +0000",
        )
        return self.git("rev-parse", "HEAD")

    @property
    def log(self):
        return GitCommits(self.root).log


@pytest.fixture
def clone(tmp_path):
    root = tmp_path / "clone"
    root.mkdir()
    return Clone(root)


def test_commits_between_two_releases_come_with_both_times(clone) -> None:
    before = clone.commit("one")
    first = clone.commit("two", authored=86_400, committed=90_000)
    second = clone.commit("three")
    found = clone.log([second], without=[before])
    assert set(found.commits) == {first, second}
    assert found.commits[second].parents == (first,)
    assert found.commits[first].authored_at == datetime(1970, 1, 2, tzinfo=UTC)
    assert found.commits[first].committed_at == datetime(1970, 1, 2, 1, tzinfo=UTC)
    assert found.present == {before, second}
    assert found.cut == frozenset()


def test_a_merge_has_several_parents(clone) -> None:
    before = clone.commit("one")
    clone.git("checkout", "-q", "-b", "branch")
    side = clone.commit("two")
    clone.git("checkout", "-q", "main")
    clone.commit("three")
    clone.git("merge", "-q", "--no-ff", "-m", "merge", "branch")
    head = clone.git("rev-parse", "HEAD")
    found = clone.log([head], without=[before])
    assert len(found.commits) == 3
    assert found.commits[head].merges and not found.commits[side].merges


@pytest.mark.parametrize("missing", [NOWHERE, "--all", "main", ""])
def test_what_the_clone_does_not_have_is_passed_over_and_told(clone, missing) -> None:
    head = clone.commit("one")
    found = clone.log([missing, head], without=[missing])
    assert found.present == {head}
    assert set(found.commits) == {head}


def test_a_tree_is_no_commit(clone) -> None:
    clone.commit("one")
    tree = clone.git("rev-parse", "HEAD^{tree}")
    assert clone.log([tree], without=[]).present == frozenset()


def test_nothing_to_look_for_is_an_empty_log(clone) -> None:
    assert clone.log([], without=[]).commits == {}


def test_a_shallow_clone_tells_where_it_ends(clone, tmp_path) -> None:
    clone.commit("one")
    cut = clone.commit("two")
    head = clone.commit("three")
    shallow = tmp_path / "shallow"
    clone.git("clone", "-q", "--depth=2", f"file://{clone.root}", str(shallow))
    found = GitCommits(shallow).log([head], without=[])
    assert set(found.commits) == {cut, head}
    assert found.cut == {cut}


def test_a_bare_repository_has_commits_too(clone, tmp_path) -> None:
    head = clone.commit("one")
    bare = tmp_path / "source.git"
    clone.git("clone", "-q", "--bare", str(clone.root), str(bare))
    assert set(GitCommits(bare).log([head], without=[]).commits) == {head}


def test_a_folder_without_a_repository_is_none(tmp_path) -> None:
    assert GitCommits(tmp_path).log([NOWHERE], without=[]) is None
    assert GitCommits(tmp_path / "none").log([NOWHERE], without=[]) is None


def test_a_machine_without_git_is_none(clone, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert clone.log([NOWHERE], without=[]) is None


def test_a_broken_repository_is_a_failure_and_no_empty_log(clone) -> None:
    first = clone.commit("one")
    head = clone.commit("two")
    (clone.root / ".git" / "objects" / first[:2] / first[2:]).unlink()
    with pytest.raises(DeliveryError, match="could not be read"):
        clone.log([head], without=[])
