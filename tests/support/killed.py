"""``rollback.py production`` as a process that is killed at a line that it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


def _started(*flags: str) -> subprocess.Popen[str]:
    """Begin it as a script does; the environment names the plane."""
    words = ["production", "--local", "--yes", "--reason", "it is bad", *flags]
    return subprocess.Popen(
        [sys.executable, str(ROOT / "rollback.py"), *words],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_at(line: str, *flags: str) -> None:
    """Kill it, with nothing to catch, when it prints ``line``."""
    process = _started(*flags)
    assert process.stderr is not None
    seen = []
    for each in process.stderr:
        seen.append(each)
        if line in each:
            process.send_signal(signal.SIGKILL)
            break
    process.stderr.close()
    assert process.wait(timeout=30) == -signal.SIGKILL, "".join(seen)


def run_to_the_end(*flags: str) -> str:
    """Run it, and give what it said on the way."""
    process = _started(*flags)
    try:
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        _, said = process.communicate()
        raise AssertionError(f"it did not end in time:\n{said}") from None
    # What cannot be verified in a small stack is left open, which is 5.
    assert process.returncode in (0, 5), said
    return said
