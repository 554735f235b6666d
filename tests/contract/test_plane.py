"""The rehearsal plane's process and control API, against a stand-in server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from own_plane import free_port

from delivery import __version__
from delivery.aws import plane as module
from delivery.aws.plane import LocalPlane
from delivery.errors import BadInput, PlaneUnavailable

COMMIT = "c0ffee0123456789"


class Control(BaseHTTPRequestHandler):
    """Answers as the plane's control API does."""

    def do_GET(self) -> None:
        self._answer(self.server.pages.get(self.path, (404, {"error": "no page"})))

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        self.server.asked.append((self.path, body))
        self._answer(self.server.pages.get(self.path, (404, {"error": "no page"})))

    def _answer(self, page) -> None:
        status, data = page
        text = data.encode() if isinstance(data, str) else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args) -> None:
        """Say nothing."""


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Control)
    server.asked = []
    server.pages = {
        "/_rehearsal/health": (200, {"status": "ok", "version": __version__}),
        "/_rehearsal/source": (200, {"branch": "main", "commit": COMMIT}),
        "/_rehearsal/summary": (200, {"not_rehearsed": [{"resource": "Trail"}]}),
        "/_rehearsal/permissions": (200, {"not_allowed": [{"role": "r"}]}),
    }
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def plane(tmp_path):
    return LocalPlane(code=tmp_path, state_dir=tmp_path / "state", port=4729)


def _announce(plane, *, pid: int, port: int) -> None:
    plane.state_dir.mkdir(exist_ok=True)
    endpoint = f"http://127.0.0.1:{port}"
    facts = {"pid": pid, "endpoint_url": endpoint, "version": __version__}
    (plane.state_dir / "plane.json").write_text(json.dumps(facts))


@pytest.fixture
def running(plane, server):
    _announce(plane, pid=os.getpid(), port=server.server_address[1])
    return plane


@pytest.fixture
def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_plane_that_answers_is_running(running) -> None:
    assert running.running().pid == os.getpid()
    assert running.start() == running.running()


def test_without_an_announcement_none_runs(plane) -> None:
    assert plane.running() is None
    assert plane.stop() is False


def test_a_killed_plane_does_not_run_and_is_forgotten(plane, dead_pid) -> None:
    _announce(plane, pid=dead_pid, port=1)
    assert plane.running() is None
    assert plane.died()
    assert plane.stop() is False
    assert not (plane.state_dir / "plane.json").exists()


def test_a_silent_plane_does_not_run(plane) -> None:
    _announce(plane, pid=os.getpid(), port=1)
    assert plane.running() is None


def test_a_plane_of_another_version_is_named(running, server) -> None:
    server.pages["/_rehearsal/health"] = (200, {"version": "0.0.1"})
    with pytest.raises(PlaneUnavailable, match="version 0.0.1"):
        running.running()


def test_a_push_names_repository_and_branch(running, server) -> None:
    push = running.push("/repo", "main")
    assert (push.branch, push.commit, push.started) == ("main", COMMIT, ())
    assert server.asked[-1] == (
        "/_rehearsal/source",
        {"repository": "/repo", "branch": "main"},
    )


def test_a_detached_commit_stands_for_the_branch(running, server) -> None:
    running.push("/repo", "main", commit=COMMIT)
    assert server.asked[-1][1]["commit_id"] == COMMIT


def test_a_commit_is_made_in_the_planes_source(running, server) -> None:
    server.pages["/_rehearsal/source"] = (
        200,
        {"branch": "main", "commit": COMMIT, "started": ["execution-2"]},
    )
    push = running.commit("main", path="a", content="b", message="c")
    assert push.started == ("execution-2",)
    assert server.asked[-1][1]["commit"] == {
        "path": "a",
        "content": "b",
        "message": "c",
    }


def test_what_was_not_made_is_read(running) -> None:
    assert running.not_rehearsed() == [{"resource": "Trail"}]
    assert running.not_allowed() == [{"role": "r"}]


@pytest.mark.parametrize(
    "answer", [(400, {"error": "no such branch"}), (500, "no such branch")]
)
def test_a_refusal_is_told_in_the_planes_words(running, server, answer) -> None:
    server.pages["/_rehearsal/source"] = answer
    with pytest.raises(PlaneUnavailable) as caught:
        running.push("/repo", "none")
    assert "no such branch" in caught.value.why


def test_without_a_plane_the_control_says_how_to_start_one(plane) -> None:
    with pytest.raises(PlaneUnavailable) as caught:
        plane.not_rehearsed()
    assert "rehearse start" in caught.value.next_step


def test_branches_and_commits_of_the_source_are_asked_for(
    running, server, tmp_path
) -> None:
    mirror = tmp_path / "mirror"
    run = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(mirror)]
    subprocess.run(["git", "init", "-q", "-b", "main", str(mirror)], check=True)
    subprocess.run([*run, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    head = subprocess.run(
        [*run, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    server.pages["/_rehearsal/source"] = (
        200,
        {"mirror": str(mirror / ".git"), "branches": {"main": head}},
    )
    assert running.has_branch("main")
    assert not running.has_branch("release")
    assert running.contains("main", head)
    assert not running.contains("main", "0" * 40)
    assert not running.contains("release", head)


def test_an_occupied_port_is_refused_with_another_to_try(plane, server) -> None:
    taken = LocalPlane(plane.code, plane.state_dir, port=server.server_address[1])
    with pytest.raises(PlaneUnavailable, match="is in use") as caught:
        taken.start()
    assert f"--port {taken.port + 1}" in caught.value.next_step


def test_a_plane_that_ends_at_once_shows_the_end_of_its_log(plane) -> None:
    (plane.code / "rehearsal").mkdir()
    package = plane.code / "rehearsal"
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("raise SystemExit('no such wheel')\n")
    with pytest.raises(PlaneUnavailable, match="did not start") as caught:
        plane.start()
    assert "no such wheel" in caught.value.why


SERVE = """
import json, os, signal, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
words = sys.argv
port, state = int(words[words.index("--port") + 1]), words[words.index("--state-dir") + 1]
class Control(BaseHTTPRequestHandler):
    def do_GET(self): self.answer({"version": "VERSION"})
    def do_POST(self):
        self.answer({"stopping": True})
        threading.Thread(target=server.shutdown).start()
    def answer(self, data):
        text = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
server = ThreadingHTTPServer(("127.0.0.1", port), Control)
facts = {"pid": os.getpid(), "endpoint_url": f"http://127.0.0.1:{port}",
         "version": "VERSION", "words": words[1:],
         "aws": sorted(k for k in os.environ if k.startswith("AWS_"))}
Path(state, "plane.json").write_text(json.dumps(facts))
server.serve_forever()
"""


@pytest.fixture
def startable(plane):
    package = plane.code / "rehearsal"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(SERVE.replace("VERSION", __version__))
    yield plane
    plane.stop()


@pytest.mark.thorough
def test_a_plane_is_started_stopped_and_its_state_removed(
    startable, monkeypatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-operators-own")
    plane = LocalPlane(startable.code, startable.state_dir, free_port(), speed=60.0)
    info = plane.start()
    assert plane.running() == info
    facts = json.loads((plane.state_dir / "plane.json").read_text())
    assert facts["words"][-2:] == ["--speed", "60"]
    assert facts["aws"] == []
    with pytest.raises(PlaneUnavailable, match="still runs"):
        plane.reset()
    assert plane.stop() is True
    plane.reset()
    assert not plane.state_dir.exists()


def test_a_plane_that_never_gets_ready_is_given_up(startable, monkeypatch) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.3)
    main = startable.code / "rehearsal" / "__main__.py"
    main.write_text("import time; time.sleep(30)\n")
    with pytest.raises(PlaneUnavailable, match="did not start") as caught:
        startable.start()
    assert "was not ready" in caught.value.why


def test_a_plane_that_does_not_answer_is_not_called_stopped(plane) -> None:
    _announce(plane, pid=os.getpid(), port=1)
    with pytest.raises(PlaneUnavailable, match="was not stopped"):
        plane.stop()
    (plane.state_dir / "plane.json").unlink()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_plane_that_ended_and_that_nobody_collects_is_not_running(plane) -> None:
    """In a container process 1 may collect late, or never."""
    with subprocess.Popen(
        [sys.executable, "-c", NEVER_COLLECTS], stdout=subprocess.PIPE
    ) as parent:
        try:
            assert parent.stdout is not None
            ended = int(parent.stdout.readline())
            while _state_of(ended) != "Z":
                time.sleep(0.01)
            _announce(plane, pid=ended, port=1)
            assert plane.stop() is False
        finally:
            parent.kill()


NEVER_COLLECTS = """
import os, time
child = os.fork() or os._exit(0)
print(child, flush=True)
time.sleep(30)
"""


def _state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_plane_that_does_not_end_is_said(running, server, monkeypatch) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.2)
    server.pages["/_rehearsal/stop"] = (200, {"stopping": True})
    with pytest.raises(PlaneUnavailable, match="has not ended yet"):
        running.stop()


def test_a_folder_that_is_no_planes_is_never_removed(plane) -> None:
    plane.state_dir.mkdir()
    (plane.state_dir / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="does not look like"):
        plane.reset()
    assert (plane.state_dir / "thesis.txt").exists()


def test_resetting_what_is_not_there_is_no_failure(plane) -> None:
    plane.reset()
