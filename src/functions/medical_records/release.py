"""Which release of the application is running."""

from __future__ import annotations

from functools import cache
from pathlib import Path

# The folder that holds the package is the root of the Lambda zip.
RELEASE_FILE = Path(__file__).resolve().parents[1] / "RELEASE"


@cache
def release() -> str:
    """Return the first line of ``RELEASE``, read once for each worker."""
    lines = RELEASE_FILE.read_text(encoding="utf-8").splitlines()
    return lines[0].strip() if lines else "unnamed"
