"""An artifact is what one execution built, or it is not read; and its zip is always the same."""

from __future__ import annotations

import io
import stat
import time
import zipfile
from pathlib import Path

import pytest
from promotion_fakes import sha, sum_up, write_artifact

from delivery.errors import BadInput
from delivery.promote import read_artifact, zipped


@pytest.fixture
def built(tmp_path: Path) -> tuple[Path, str]:
    """An artifact's folder, and the hash that its execution keeps."""
    return tmp_path, write_artifact(tmp_path)


def refused(built: tuple[Path, str]) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_artifact(*built)
    assert caught.value.next_step
    return caught.value


def test_what_was_built_is_read_whole(built) -> None:
    artifact = read_artifact(*built)
    assert artifact.sha256 == built[1]
    assert artifact.sums == (built[0] / "SHA256SUMS").read_bytes()
    assert artifact.files["rollback.py"] == b"print()\n"
    assert artifact.executable == {"rollback.py"}


def test_sums_that_were_made_anew_are_refused(built) -> None:
    (built[0] / "rollback.py").write_text("evil()\n")
    made = sum_up(built[0])
    error = refused(built)
    assert error.what == "The artifact is not the one that the execution built."
    assert made in error.why and built[1] in error.why


def test_a_file_that_was_changed_is_named(built) -> None:
    (built[0] / "rollback.py").write_text("evil()\n")
    assert refused(built).what == "rollback.py is not the file that was built."


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_missing_or_a_link_is_named(built, replaced: bool) -> None:
    (built[0] / "rollback.py").unlink()
    if replaced:
        (built[0] / "rollback.py").symlink_to(built[0] / "packaged.yaml")
    assert refused(built).what == "rollback.py is missing in the artifact."


def test_a_file_beside_those_is_named(built) -> None:
    (built[0] / "buildspecs" / "more.sh").write_text("evil\n")
    error = refused(built)
    assert error.what == "buildspecs/more.sh is no part of the artifact."
    assert "5 files, and 1 more" in error.why


def test_what_a_build_leaves_in_its_folder_is_not_beside_and_not_handed_on(
    built,
) -> None:
    for left in (".cache/tool/bin/python", "buildspecs/__pycache__/a.pyc"):
        (built[0] / left).parent.mkdir(parents=True)
        (built[0] / left).write_text("left")
    assert set(read_artifact(*built).files) == {
        "PACKAGES",
        "buildspecs/install-tool.sh",
        "deployment_manifest.json",
        "packaged.yaml",
        "rollback.py",
    }


def test_a_cache_that_is_not_the_builds_own_is_beside(built) -> None:
    (built[0] / "buildspecs" / ".cache").mkdir()
    (built[0] / "buildspecs" / ".cache" / "a").write_text("")
    assert "buildspecs/.cache/a" in refused(built).what


def test_a_folder_without_sums_is_no_artifact(tmp_path: Path) -> None:
    assert str(tmp_path / "SHA256SUMS") in refused((tmp_path, sha(b""))).what


@pytest.mark.parametrize(
    "line",
    [
        "nothing of the kind",
        f"{sha(b'')}  ./../outside",
        f"{sha(b'')}  /etc/passwd",
        f"\\{sha(b'')}  ./a\\nb",
        "",
    ],
)
def test_a_line_of_another_form_is_named(built, line: str) -> None:
    sums = built[0] / "SHA256SUMS"
    sums.write_text(f"{sums.read_text()}{line}\n")
    error = refused((built[0], sha(sums.read_bytes())))
    assert error.what == "SHA256SUMS:6 is not what the build writes."


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + t])
def test_sums_in_another_form_than_the_builds_are_refused(built, change) -> None:
    sums = built[0] / "SHA256SUMS"
    sums.write_text(change(sums.read_text()))
    error = refused((built[0], sha(sums.read_bytes())))
    assert error.what == "SHA256SUMS is not what the build writes."


def test_the_zip_holds_every_file_with_its_mode(built) -> None:
    artifact = read_artifact(*built)
    with zipfile.ZipFile(io.BytesIO(zipped(artifact))) as archive:
        held = {each: archive.read(each) for each in archive.namelist()}
        entries = {each.filename: each for each in archive.infolist()}
    assert held == {**artifact.files, "SHA256SUMS": artifact.sums}
    assert list(held) == sorted(held)
    modes = {name: stat.filemode(e.external_attr >> 16) for name, e in entries.items()}
    assert modes.pop("rollback.py") == "-rwxr-xr-x"
    assert set(modes.values()) == {"-rw-r--r--"}
    kinds = {each.compress_type for each in entries.values()}
    assert kinds == {zipfile.ZIP_DEFLATED}


def test_the_same_release_always_is_the_same_zip(tmp_path: Path, monkeypatch) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        digest = write_artifact(tmp_path / name)
        made.append(zipped(read_artifact(tmp_path / name, digest)))
        monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert made[0] == made[1]
