"""The plane's process, as ``rehearse`` manages it."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace

import pytest

pytestmark = pytest.mark.plane


@pytest.fixture
def started(project):
    status = project.json("rehearse", "start")
    yield status
    project.tool("rehearse", "stop")


def test_scripts_see_whether_and_where_it_runs(project, started) -> None:
    assert project.json("rehearse", "status") == started
    assert started["running"] is True
    assert started["endpoint_url"] == f"http://127.0.0.1:{project.port}"


def test_starting_again_finds_the_running_one(project, started) -> None:
    assert project.json("rehearse", "start")["pid"] == started["pid"]


def test_an_occupied_port_is_refused_with_the_exit_code_of_the_plane(
    project, started, tmp_path
) -> None:
    other = replace(project, state_dir=tmp_path / "other")
    done = other.tool("rehearse", "start")
    assert done.returncode == 6
    assert f"--port {project.port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_plane_is_noticed_and_a_fresh_one_started(project, started) -> None:
    os.kill(started["pid"], signal.SIGKILL)
    _wait_until_gone(started["pid"])
    assert project.json("rehearse", "status")["running"] is False
    done = project.tool("status", "--local")
    assert "what it held in memory is gone" in done.stderr
    assert "There is no pipeline" in done.stderr
    assert done.returncode == 2


def test_reset_leaves_no_process_and_no_folder(project, started) -> None:
    done = project.tool("rehearse", "reset", "--yes")
    assert done.returncode == 0, done.stderr
    assert not project.state_dir.exists()
    assert project.json("rehearse", "status")["running"] is False


def _wait_until_gone(pid: int, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
