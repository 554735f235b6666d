"""Artifacts are chosen by their globs; caches move into a build and back."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from awsrules.buildspec import FileSet
from rehearsal.codebuild.workspace import (
    Cache,
    WorkspaceError,
    pack,
    select_files,
    unpack,
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in ("a.txt", "out/b.txt", "out/deep/.c", "out/deep/d.pyc"):
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "src"


def names(files: FileSet, source: Path) -> list[str]:
    return [name for _, name in select_files(files, source)]


def test_files_are_named_from_the_base_directory(source: Path) -> None:
    assert names(FileSet(("**/*",), "out"), source) == [
        "b.txt",
        "deep/.c",
        "deep/d.pyc",
    ]


def test_a_file_counts_once_and_exclusions_win(source: Path) -> None:
    files = FileSet(("out/*", "out/**/*", "a.txt"), exclude=("**/*.pyc",))
    assert names(files, source) == ["a.txt", "out/b.txt", "out/deep/.c"]


def test_paths_can_be_discarded(source: Path) -> None:
    files = FileSet(("out/**/*",), discard_paths=True)
    assert names(files, source) == ["b.txt", ".c", "d.pyc"]


def test_a_folder_or_an_absent_file_is_no_artifact(source: Path) -> None:
    assert names(FileSet(("out", "nothing.txt", "nowhere/*")), source) == []
    with pytest.raises(WorkspaceError, match="no matching artifact paths found"):
        pack(FileSet(("out",)), source)


def test_a_packed_file_keeps_its_permissions(source: Path, tmp_path: Path) -> None:
    (source / "a.txt").chmod(0o755)
    content = pack(FileSet(("a.txt",)), source)
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["a.txt"]
    unpack(content, tmp_path / "again")
    assert (tmp_path / "again" / "a.txt").stat().st_mode & 0o777 == 0o755


def test_a_cache_moves_in_and_back_and_home_stands_for_root(tmp_path: Path) -> None:
    source, home = tmp_path / "src", tmp_path / "home"
    paths = (".cache/uv/**/*", "/root/.cache/pip/**/*")
    for folder in (source / ".cache/uv", home / ".cache/pip"):
        folder.mkdir(parents=True)
        (folder / "kept").touch()
    cache = Cache(tmp_path / "store", source=source, home=home)

    assert cache.save(paths) == 2
    assert not (source / ".cache/uv").exists()
    assert cache.restore(paths) == 2
    assert (home / ".cache/pip/kept").exists()
    assert cache.restore(paths) == 0
