"""Put files in place whole: a reader sees the old one or the new one, never half of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from delivery.errors import BadInput


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write ``files`` into ``folder`` in their order, each at once; give their paths.

    Raises:
        BadInput: when the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(folder / name, text) for name, text in files.items()]
    except OSError as error:
        raise BadInput(
            f"{folder} cannot be written to.",
            why=str(error),
            next_step="Name another folder with --into.",
        ) from error


def _write(path: Path, text: str) -> Path:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        # mkstemp makes a file for its owner alone; these are read by other users' builds.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path
