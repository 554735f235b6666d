"""The rehearsal plane on this machine, as ``ports.Plane``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess  # nosec B404  # our own interpreter, fixed arguments, no shell
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery import __version__
from delivery.errors import BadInput, PlaneUnavailable
from delivery.model import PlaneInfo, Push

START_SECONDS = 60.0
STOP_SECONDS = 20.0
_POLL_SECONDS = 0.1
_LOG_LINES = 5
# A proxy is for the world outside, and never for a server on this machine.
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """A plane that keeps its state in ``state_dir`` and serves on ``port``.

    ``code`` is the folder that holds the package ``rehearsal``.
    """

    code: Path
    state_dir: Path
    port: int = 4599
    speed: float | None = None

    def running(self) -> PlaneInfo | None:
        """Return the plane that plane.json names and that answers.

        Raises:
            PlaneUnavailable: when it answers and is of another version.
        """
        info = self._announced()
        if info is None or not _alive(info.pid):
            return None
        health = ask(info.endpoint_url, "health")
        if health is None:
            return None
        if health.get("version") != __version__:
            raise PlaneUnavailable(
                f"The plane that runs is version {health.get('version')}, the tool "
                f"is {__version__}.",
                why=f"It was started by another checkout (process {info.pid}).",
                next_step="./deploy_pipeline.py rehearse stop, then start it again.",
            )
        return info

    def died(self) -> bool:
        info = self._announced()
        return info is not None and not _alive(info.pid)

    def start(self) -> PlaneInfo:
        running = self.running()
        if running is not None:
            return running
        self._forget_a_dead_plane()
        self._refuse_an_occupied_port()
        self.state_dir.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            process = subprocess.Popen(  # nosec B603
                self._command(),
                cwd=self.state_dir,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._wait_until_ready(process)

    def stop(self) -> bool:
        info = self._announced()
        if info is None or not _alive(info.pid):
            self._forget_a_dead_plane()
            return False
        if ask(info.endpoint_url, "stop", {}) is None:
            raise PlaneUnavailable(
                "The plane does not answer, so it was not stopped.",
                why=f"Process {info.pid} runs and {info.endpoint_url} is silent.",
                next_step=f"Look at {self._log}; kill {info.pid} ends it.",
            )
        deadline = time.monotonic() + STOP_SECONDS
        while _alive(info.pid):
            if time.monotonic() > deadline:
                raise PlaneUnavailable(
                    f"The plane (process {info.pid}) has not ended yet.",
                    why="It was asked to stop twenty seconds ago.",
                    next_step=f"kill {info.pid}",
                )
            time.sleep(_POLL_SECONDS)
        return True

    def reset(self) -> None:
        if self.running() is not None:
            raise PlaneUnavailable(
                "The plane still runs.",
                why="Its state cannot be removed from under it.",
                next_step="./deploy_pipeline.py rehearse stop",
            )
        self._refuse_a_foreign_directory()
        if self.state_dir.exists():
            shutil.rmtree(self.state_dir)

    def push(self, repository: str, branch: str, *, commit: str = "") -> Push:
        named = {"commit_id": commit} if commit else {}
        return _push(
            self.control("source", repository=repository, branch=branch, **named)
        )

    def has_branch(self, branch: str) -> bool:
        return branch in self.control("source")["branches"]

    def contains(self, branch: str, commit: str) -> bool:
        source = self.control("source")
        if branch not in source["branches"]:
            return False
        asked = subprocess.run(  # nosec B603 B607  # git, fixed words, no shell
            ["git", f"--git-dir={source['mirror']}", "merge-base"]
            + ["--is-ancestor", commit, f"refs/heads/{branch}"],
            capture_output=True,
            check=False,
        )
        return asked.returncode == 0

    def commit(self, branch: str, *, path: str, content: str, message: str) -> Push:
        commit = {"path": path, "content": content, "message": message}
        return _push(self.control("source", branch=branch, commit=commit))

    def not_rehearsed(self) -> list[Mapping[str, str]]:
        return list(self.control("summary")["not_rehearsed"])

    def not_allowed(self) -> list[Mapping[str, str]]:
        return list(self.control("permissions")["not_allowed"])

    @property
    def _log(self) -> Path:
        return self.state_dir / "plane.log"

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "rehearsal", "serve"]
        command += ["--port", str(self.port), "--state-dir", str(self.state_dir)]
        if self.speed is not None:
            command += ["--speed", f"{self.speed:g}"]
        return command

    def _environment(self) -> dict[str, str]:
        """Let the plane find its code, and none of the operator's AWS settings."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        path = [str(self.code), kept.get("PYTHONPATH", "")]
        return {**kept, "PYTHONPATH": os.pathsep.join(each for each in path if each)}

    def _announced(self) -> PlaneInfo | None:
        try:
            text = (self.state_dir / "plane.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        data = json.loads(text)
        return PlaneInfo(data["pid"], data["endpoint_url"], data["version"])

    def _forget_a_dead_plane(self) -> None:
        """Remove the announcement that a killed plane could not take back."""
        info = self._announced()
        if info is not None and not _alive(info.pid):
            (self.state_dir / "plane.json").unlink(missing_ok=True)

    def _refuse_an_occupied_port(self) -> None:
        import socket

        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise PlaneUnavailable(
                    f"Port {self.port} on 127.0.0.1 is in use.",
                    why="Another program listens there, perhaps the plane of another "
                    "checkout.",
                    next_step="./deploy_pipeline.py rehearse start --port "
                    f"{self.port + 1}",
                ) from error

    def _refuse_a_foreign_directory(self) -> None:
        """Never remove a folder that does not look like a plane's state."""
        if not self.state_dir.exists():
            return
        known = {"plane.log", "plane.json", "source.git"}
        inside = {each.name for each in self.state_dir.iterdir()}
        if inside and not inside & known:
            raise BadInput(
                f"{self.state_dir} does not look like a plane's state.",
                why="It holds neither plane.log nor source.git.",
                next_step="Give the right folder with --state-dir.",
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> PlaneInfo:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise self._not_started(f"It ended with code {process.returncode}.")
            info = self._announced()
            if info is not None and info.pid == process.pid and self.running():
                return info
            time.sleep(_POLL_SECONDS)
        process.terminate()
        raise self._not_started(f"It was not ready after {START_SECONDS:.0f} seconds.")

    def _not_started(self, why: str) -> PlaneUnavailable:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return PlaneUnavailable(
            "The rehearsal plane did not start.",
            why="\n".join([why, *lines[-_LOG_LINES:]]),
            next_step=f"Look at {self._log}.",
        )

    def control(self, page: str, *, method: str | None = None, **body: Any) -> Any:
        """Ask a page of the plane's control API; with a body it is a POST.

        Raises:
            PlaneUnavailable: when there is no plane, or it refuses.
        """
        info = self.running()
        if info is None:
            raise PlaneUnavailable(
                "The rehearsal plane does not run.",
                next_step="./deploy_pipeline.py rehearse start",
            )
        answer = ask(info.endpoint_url, page, body or None, method=method, seconds=60)
        if answer is None:
            raise PlaneUnavailable(
                "The rehearsal plane does not answer.",
                why=f"{info.endpoint_url}/_rehearsal/{page} was silent.",
                next_step=f"Look at {self._log}.",
            )
        return answer


def ask(
    endpoint_url: str,
    page: str,
    body: Mapping[str, Any] | None = None,
    *,
    method: str | None = None,
    seconds: float = 5,
) -> Any:
    """Ask the plane's control API; None when nothing answers.

    Raises:
        PlaneUnavailable: when it answers with an error, in the plane's words.
    """
    request = urllib.request.Request(  # a fixed http address on this machine
        f"{endpoint_url}/_rehearsal/{page}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    try:
        with _NO_PROXY.open(request, timeout=seconds) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise PlaneUnavailable(
            "The rehearsal plane refused.", why=_reason(error)
        ) from error
    except (OSError, ValueError):
        return None


def _reason(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text or str(error)


def _push(data: Mapping[str, Any]) -> Push:
    return Push(data["branch"], data["commit"], tuple(data.get("started", [])))


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not collected does not."""
    try:
        os.kill(pid, 0)
        ended, _ = os.waitpid(pid, os.WNOHANG)
        return ended == 0
    except ChildProcessError:
        return not _waits_to_be_collected(pid)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True


def _waits_to_be_collected(pid: int) -> bool:
    """Tell whether a process of another parent has ended; in a container it may stay so.

    Where there is no /proc, nobody knows. Source: proc_pid_stat(5), the third field.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return fields.rpartition(")")[2].split()[0] == "Z"
