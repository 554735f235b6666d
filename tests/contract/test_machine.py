"""This machine: git, small JSON files and the clock."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC

import pytest

from delivery.aws.machine import GitRepository, JsonFile, RealClock
from delivery.errors import BadInput


@pytest.fixture(autouse=True)
def _not_in_a_hook(monkeypatch) -> None:
    """In a hook of git these would lead every command to the repository it runs for."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)


def _git(folder, *words: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run(
        ["git", "-C", str(folder), *identity, *words], check=True, capture_output=True
    )


@pytest.fixture
def repository(tmp_path):
    _git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "file").write_text("one")
    _git(tmp_path, "add", "file")
    _git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


def test_a_work_tree_knows_branch_commit_and_remote(repository) -> None:
    _git(repository, "remote", "add", "origin", "git@github.com:clinic/records.git")
    tree = GitRepository(repository).work_tree()
    assert tree.branch == "main"
    assert len(tree.commit) == 40
    assert (tree.remote_owner, tree.remote_repository) == ("clinic", "records")
    assert not tree.dirty


def test_a_remote_elsewhere_suggests_nothing(repository) -> None:
    _git(repository, "remote", "add", "origin", "https://example.org/a/b")
    assert GitRepository(repository).work_tree().remote_owner == ""


def test_uncommitted_changes_and_a_detached_head_are_seen(repository) -> None:
    (repository / "file").write_text("two")
    _git(repository, "checkout", "-q", "--detach")
    tree = GitRepository(repository).work_tree()
    assert tree.dirty
    assert tree.branch == ""


def test_a_branch_is_there_or_not(repository) -> None:
    assert GitRepository(repository).has_branch("main")
    assert not GitRepository(repository).has_branch("release")


def test_no_repository_and_no_commit_are_none(tmp_path) -> None:
    assert GitRepository(tmp_path).work_tree() is None
    _git(tmp_path, "init", "-q")
    assert GitRepository(tmp_path).work_tree() is None


def test_a_machine_without_git_has_no_repository(repository, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert GitRepository(repository).work_tree() is None


def test_a_file_is_written_whole_and_read_again(tmp_path) -> None:
    store = JsonFile(tmp_path / "pipeline_config.json")
    assert store.read() == {}
    path = store.write({"answers": {"owner": "clinic"}})
    assert json.loads(path.read_text()) == {"answers": {"owner": "clinic"}}
    assert store.read()["answers"] == {"owner": "clinic"}
    assert [each.name for each in tmp_path.iterdir()] == ["pipeline_config.json"]


@pytest.mark.parametrize("text", ["not json", "[]"])
def test_a_broken_file_is_bad_input_with_a_way_out(tmp_path, text) -> None:
    path = tmp_path / "pipeline_config.json"
    path.write_text(text)
    with pytest.raises(BadInput, match="cannot be read") as caught:
        JsonFile(path).read()
    assert "remove it" in caught.value.next_step


def test_time_is_utc_and_grows() -> None:
    clock = RealClock()
    before = clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() > before
    assert clock.now().tzinfo is UTC
