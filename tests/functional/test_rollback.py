"""``rollback.py`` as a person and as a script use it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.plane

ROOT = Path(__file__).resolve().parents[2]


def _command(*words: str) -> list[str]:
    return [sys.executable, str(ROOT / "rollback.py"), *words]


def _run(project, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*words),
        cwd=project.folder,
        env=project.environment,
        input="",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _typed(project, keys: str, *words: str) -> tuple[int, str]:
    """Run it at a terminal, type ``keys``, and return exit code and screen."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        _command(*words),
        cwd=project.folder,
        env=project.environment,
        stdin=child,
        stdout=child,
        stderr=child,
    )
    os.close(child)
    os.write(parent, keys.encode())
    seen = b""
    while True:
        try:
            part = os.read(parent, 4096)
        except OSError:  # the terminal is gone when the process is
            break
        if not part:
            break
        seen += part
    os.close(parent)
    return process.wait(timeout=60), seen.decode()


def test_the_menu_is_left_with_the_keyboard(project, deployed) -> None:
    code, screen = _typed(project, "4\n", "production", "--local")
    assert code == 0, screen
    assert "4  Exit" in screen
    assert "Nothing was changed." in screen


def test_a_choice_that_cannot_be_made_is_refused_with_its_reason(
    project, deployed
) -> None:
    code, screen = _typed(project, "3\n", "production", "--local")
    assert code == 3, screen
    assert "There is nothing to cancel" in screen


def test_without_a_terminal_the_flags_are_named(project, deployed) -> None:
    done = _run(project, "production", "--local")
    assert done.returncode == 2
    assert "--stack" in done.stderr
    assert done.stdout == ""


def test_nothing_to_go_back_to_is_refused(project, deployed) -> None:
    done = _run(project, "production", "--local", "--stack", "--yes", "--reason", "x")
    assert done.returncode == 3
    assert "cannot be rolled back now" in done.stderr


def test_without_a_pin_reconciling_is_done_at_once_or_says_what_is_missing(
    project, deployed
) -> None:
    done = _run(project, "production", "--local", "--reconcile", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "nothing was changed" in done.stderr
    assert json.loads((project.folder / "pipeline_config.json").read_text())
