"""One warm process that runs a function version's code, behind a Lambda Runtime API of its own.

The API is https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html; the process runs
AWS's client for it, so handlers, contexts and errors are what they are on AWS.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess  # nosec B404 - running the function's code is what a worker is for
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("launcher.py")

_INVOCATION = "/2018-06-01/runtime/invocation/"
_INIT_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back: the payload, and how it failed if it did.

    Attributes:
        error: ``Unhandled`` when the function failed, as in the X-Amz-Function-Error header.
        alive: False when the process cannot serve another call.
    """

    payload: bytes
    error: str | None = None
    alive: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One invocation as the runtime sees it."""

    request_id: str
    payload: bytes
    function_arn: str
    timeout_seconds: float
    client_context: str = ""


class Worker:
    """A process and its Runtime API. One invocation at a time."""

    def __init__(
        self,
        command: list[str],
        environment: Mapping[str, str],
        root: Path,
        log_file: Path,
    ) -> None:
        self.busy = threading.Lock()
        self.last_used = time.monotonic()
        self.served = False
        self.closed = False
        self._changed = threading.Condition()
        self._waiting = False
        self._job: Job | None = None
        self._outcome: Outcome | None = None
        # The process appends through a handle of its own: a shared one would share the
        # position, and reading would move where it writes.
        self._log = log_file
        self._log_position = 0
        self._server = _serve(self)
        address = f"127.0.0.1:{self._server.server_address[1]}"
        self._started = time.monotonic()
        self.init_seconds: float | None = None
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(  # nosec B603 - no shell, our interpreter
                command,
                env={**environment, "AWS_LAMBDA_RUNTIME_API": address},
                cwd=root,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    @property
    def alive(self) -> bool:
        """Say whether the process still runs."""
        return self._process.poll() is None

    def run(self, job: Job) -> Outcome:
        """Hand ``job`` to the process and wait for its answer; the caller holds ``busy``."""
        self.last_used = time.monotonic()
        self.served = True
        if failed := self._await_start(job):
            return failed
        with self._changed:
            self._outcome = None
            self._job = job
            self._changed.notify_all()
            return self._await_outcome(job)

    def output(self) -> str:
        """Return what the process has written since the last call."""
        with self._log.open("rb") as log:
            log.seek(self._log_position)
            text = log.read()
        self._log_position += len(text)
        return text.decode("utf-8", "replace")

    def used_mb(self) -> int | None:
        """Return the most memory the process ever used; None where nobody can tell."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        except OSError:  # no such file system, or the process has just ended
            return None
        match = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(match[1]) // 1024 if match else None

    def kill(self) -> None:
        """Tell the process to end, without waiting for it."""
        self.closed = True
        self._process.kill()

    def close(self) -> None:
        """End the process and its Runtime API."""
        self.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        _close(self._server)
        self._log.unlink(missing_ok=True)

    def _await_start(self, job: Job) -> Outcome | None:
        """Wait until the process asks for work; return why it cannot, if so."""
        deadline = self._started + max(_INIT_SECONDS, job.timeout_seconds)
        with self._changed:
            while not self._waiting:
                if self._outcome is not None:
                    return self._outcome
                if not self.alive:
                    return self._exited(job)
                if time.monotonic() > deadline:
                    return self._timed_out(job)
                self._changed.wait(_LOOK_EVERY_SECONDS)
        return None

    def _await_outcome(self, job: Job) -> Outcome:
        deadline = time.monotonic() + job.timeout_seconds
        while self._outcome is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return self._timed_out(job)
            if not self.alive:
                return self._exited(job)
            self._changed.wait(min(left, _LOOK_EVERY_SECONDS))
        self.last_used = time.monotonic()
        return self._outcome

    def _timed_out(self, job: Job) -> Outcome:
        self._process.kill()
        return timed_out(job)

    def _exited(self, job: Job) -> Outcome:
        code = self._process.poll()
        reason = f"exit status {code}"
        if code is not None and code < 0:
            reason = f"signal: {signal.strsignal(-code) or -code}".lower()
        return _failure(
            "Runtime.ExitError", job, f"Error: Runtime exited with error: {reason}"
        )

    # The Runtime API's side, called by the server's threads.

    def next_job(self) -> Job | None:
        """Wait for work on behalf of the process; None when the server closes."""
        with self._changed:
            if self.init_seconds is None:
                self.init_seconds = time.monotonic() - self._started
            self._waiting = True
            self._changed.notify_all()
            while self._job is None:
                self._changed.wait(1.0)
                if not self.alive:
                    return None
            job, self._job = self._job, None
            return job

    def finish(self, outcome: Outcome) -> None:
        """Take the answer that the process posted."""
        with self._changed:
            self._outcome = outcome
            self._changed.notify_all()


def timed_out(job: Job) -> Outcome:
    """Return how a call ends that takes longer than it may."""
    text = f"Task timed out after {job.timeout_seconds:.2f} seconds"
    return _failure("Sandbox.Timedout", job, f"Error: {text}")


def out_of_memory(job: Job) -> Outcome:
    """Return how a call ends that takes more memory than it may: the process is killed."""
    text = "Error: Runtime exited with error: signal: killed"
    return _failure("Runtime.ExitError", job, text)


def _failure(kind: str, job: Job, text: str) -> Outcome:
    body = {
        "errorType": kind,
        "errorMessage": f"RequestId: {job.request_id} {text}",
    }
    return Outcome(json.dumps(body).encode(), error="Unhandled", alive=False)


class _RuntimeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    worker: Worker

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the function's log is the record."""

    def do_GET(self) -> None:
        job = self.worker.next_job()
        if job is None:
            self.close_connection = True
            return
        deadline = int((time.time() + job.timeout_seconds) * 1000)
        trace = f"Root=1-{int(time.time()):x}-{job.request_id.replace('-', '')[:24]}"
        headers = {
            "Lambda-Runtime-Aws-Request-Id": job.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": job.function_arn,
            "Lambda-Runtime-Trace-Id": f"{trace};Sampled=0",
            "Content-Type": "application/json",
        }
        if job.client_context:
            headers["Lambda-Runtime-Client-Context"] = job.client_context
        self._answer("200 OK", headers, job.payload)

    def do_POST(self) -> None:
        payload = self._body()
        if self.path.endswith("/error"):
            alive = self.path.startswith(_INVOCATION)
            self.worker.finish(Outcome(payload, error="Unhandled", alive=alive))
        else:
            self.worker.finish(Outcome(payload))
        self._answer("202 Accepted", {}, b"")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: str, headers: dict[str, str], body: bytes) -> None:
        """Write headers and body in one send: two would wait for each other's ACK."""
        lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in headers.items())]
        lines += [f"Content-Length: {len(body)}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a connection that ends because its process was ended."""


def _serve(worker: Worker) -> ThreadingHTTPServer:
    handler = type("RuntimeApi", (_RuntimeApi,), {"worker": worker})
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(
        target=_accept, args=(server,), name="runtime-api", daemon=True
    ).start()
    return server


def _accept(server: ThreadingHTTPServer) -> None:
    """Serve until the socket is shut: `serve_forever` would wake up to look all the time."""
    while True:
        try:
            request, address = server.get_request()
        except OSError:
            return
        server.process_request(request, address)


def _close(server: ThreadingHTTPServer) -> None:
    with contextlib.suppress(OSError):  # macOS refuses to shut a listening socket
        server.socket.shutdown(socket.SHUT_RDWR)
    server.server_close()


def inherited() -> dict[str, str]:
    """Return the few variables of this process that a worker may see: never its keys."""
    names = ("PATH", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in names if name in os.environ}
