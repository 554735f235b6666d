"""An artifact as the zip that a pipeline's source action takes in."""

from __future__ import annotations

import io
import zipfile

from delivery.promote.artifact import SUMS, Artifact

_UNIX = 3
# The earliest time that a zip can hold: the same release always is the same zip.
_TIME = (1980, 1, 1, 0, 0, 0)
_FILE, _PROGRAM = 0o100644, 0o100755


def zipped(artifact: Artifact) -> bytes:
    """Return the artifact with its SHA256SUMS as a zip, names in order."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted({**artifact.files, SUMS: artifact.sums}.items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = _UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = _PROGRAM if name in artifact.executable else _FILE
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return made.getvalue()
