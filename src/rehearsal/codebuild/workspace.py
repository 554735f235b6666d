"""A build's folders: source in, artifacts out, caches moved in and back."""

from __future__ import annotations

import io
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from awsrules.buildspec import FileSet, glob_matches

_cache_lock = threading.Lock()


class WorkspaceError(Exception):
    """Source or artifacts cannot be moved: ``code`` and text as a phase context has them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def download_source(s3: Any, source: dict[str, Any], folder: Path) -> str | None:
    """Unpack ``source`` into ``folder``; returns the commit that a pipeline noted on it."""
    folder.mkdir(parents=True, exist_ok=True)
    if source["type"] == "NO_SOURCE":
        return None
    if source["type"] != "S3":
        raise WorkspaceError(
            "CLIENT_ERROR", f"source type {source['type']} is not rehearsed; use S3"
        )
    location = source["location"].removeprefix("arn:aws:s3:::")
    bucket, _, key = location.partition("/")
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.ClientError as error:
        raise WorkspaceError("CLIENT_ERROR", f"{error}") from error
    unpack(answer["Body"].read(), folder)
    revision: str | None = answer["Metadata"].get("codepipeline-artifact-revision-id")
    return revision


def unpack(content: bytes, folder: Path) -> None:
    """Unpack a zip, keeping the permission bits that git and CodeBuild put into it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for item in archive.infolist():
            path = Path(archive.extract(item, folder))
            if mode := (item.external_attr >> 16) & 0o777:
                path.chmod(mode)


def select_files(files: FileSet, folder: Path) -> list[tuple[Path, str]]:
    """Return the files of ``files`` under ``folder`` with their names in the artifact."""
    base = (folder / files.base_directory).resolve()
    found = {path for pattern in files.files for path in _matching(pattern, base)}
    chosen = []
    for path in sorted(found):
        name = path.relative_to(base).as_posix()
        if not any(glob_matches(pattern, name) for pattern in files.exclude):
            chosen.append((path, path.name if files.discard_paths else name))
    return chosen


def _matching(pattern: str, base: Path) -> Iterator[Path]:
    """Yield the files of one glob, without walking where it cannot lead."""
    fixed = re.split(r"[*?]", pattern)[0]
    if fixed == pattern:
        if (base / pattern).is_file():
            yield base / pattern
        return
    for path in (base / fixed.rpartition("/")[0]).rglob("*"):
        if glob_matches(pattern, path.relative_to(base).as_posix()) and path.is_file():
            yield path


def pack(files: FileSet, folder: Path) -> bytes:
    """Zip the files of ``files`` under ``folder``.

    Raises:
        WorkspaceError: when there are none.
    """
    chosen = select_files(files, folder)
    if not chosen:
        raise WorkspaceError("CLIENT_ERROR", "no matching artifact paths found")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, name in chosen:
            archive.write(path, name)
    return content.getvalue()


def upload(s3: Any, artifact: dict[str, Any], content: bytes, kms_key: str) -> str:
    """Put a packed artifact where ``artifact`` says; returns its S3 path."""
    path = artifact.get("path", "").strip("/")
    key = "/".join(part for part in (path, artifact.get("name", "")) if part)
    encryption = {"ServerSideEncryption": "aws:kms"}
    if kms_key:
        encryption["SSEKMSKeyId"] = kms_key
    s3.put_object(Bucket=artifact["location"], Key=key, Body=content, **encryption)
    return f"{artifact['location']}/{key}"


class Cache:
    """The project's cached folders: moved into a build and back, so no time is lost copying."""

    def __init__(self, store: Path, *, source: Path, home: Path) -> None:
        self._store = store
        self._source = source
        self._home = home

    def restore(self, paths: Iterable[str]) -> int:
        """Move what is cached into the build; a build beside this one finds nothing."""
        return self._each(paths, lambda kept, place: _move(kept, place, replace=False))

    def save(self, paths: Iterable[str]) -> int:
        """Move the build's cached folders back into the store."""
        return self._each(paths, lambda kept, place: _move(place, kept, replace=True))

    def _each(self, paths: Iterable[str], move: Callable[[Path, Path], bool]) -> int:
        moved = 0
        with _cache_lock:
            for path in paths:
                folder = path.split("*")[0].rstrip("/")
                name = folder.strip("/").replace("/", "%") or "root"
                moved += move(self._store / name, self._place(folder))
        return moved

    def _place(self, folder: str) -> Path:
        if folder == "/root" or folder.startswith("/root/"):
            return self._home / folder.removeprefix("/root").lstrip("/")
        return self._source / folder


def _move(origin: Path, target: Path, *, replace: bool) -> bool:
    if not origin.is_dir() or (target.exists() and not replace):
        return False
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    origin.rename(target)
    return True
