"""The warm workers: one for a version that is in use, few at a time, none left behind."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import logging
import subprocess  # nosec B404 - uv makes the runtime's environment
import sys
import threading
import time
from pathlib import Path

from rehearsal.functions.model import Version
from rehearsal.functions.worker import LAUNCHER, Worker, inherited
from rehearsal.plane import Plane
from rehearsal.protocol import ApiError

log = logging.getLogger(__name__)

# Both versions of each function while they shift, and the hooks that test them.
_MOST_WARM = 12
_IDLE_SECONDS = 30.0
_LOCK_FILE = Path(__file__).parents[3] / "requirements" / "lambda-runtime.lock"


class Runtime:
    """The Python that functions run in: AWS's runtime client and boto3, nothing else.

    The project's own environment would hide a dependency that a package lacks. It is made
    once for a lock, beside the project's packages, and all planes share it.
    """

    def __init__(self) -> None:
        digest = hashlib.sha256(_LOCK_FILE.read_bytes()).hexdigest()
        self._folder = Path(sys.prefix, "lambda-runtime", digest[:16])
        self._ready = threading.Event()
        self._failure: str | None = None

    def prepare(self) -> None:
        """Make the environment; a second start finds it made."""
        try:
            self._folder.parent.mkdir(exist_ok=True)
            with (self._folder.parent / "lock").open("w") as lock:
                # Two planes may start at once; the second waits, and finds it made.
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not (self._folder / "made").exists():
                    self._make()
        except (OSError, subprocess.CalledProcessError) as error:
            output = getattr(error, "stderr", b"") or b""
            self._failure = f"{error} {output.decode(errors='replace')}".strip()
            log.error("the runtime of functions cannot be made: %s", self._failure)
        finally:
            self._ready.set()

    def python(self) -> Path:
        """Return its interpreter, waiting until it is made.

        Raises:
            ApiError: ServiceException when it cannot be made.
        """
        self._ready.wait()
        if self._failure is not None:
            raise ApiError(
                "ServiceException",
                f"The rehearsal plane has no runtime for functions: {self._failure}",
            )
        return self._folder / "bin" / "python"

    def _make(self) -> None:
        uv = [sys.executable, "-m", "uv", "--quiet"]
        python = str(self._folder / "bin" / "python")
        # Compiled now, boto3 takes 0.3 s of a cold start later, not 2.
        sync = [*uv, "pip", "sync", "--require-hashes", "--compile-bytecode"]
        for command in (
            [*uv, "venv", "--clear", "--python", sys.executable, str(self._folder)],
            [*sync, "--python", python, str(_LOCK_FILE)],
        ):
            subprocess.run(  # nosec B603 - fixed commands, no shell
                command, check=True, capture_output=True
            )
        (self._folder / "made").touch()


class Fleet:
    """Workers by version. Thread-safe."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._workers: dict[str, Worker] = {}
        self._starting: dict[str, threading.Lock] = {}
        self._numbers = itertools.count(1)
        self._closed = threading.Event()
        self.runtime = Runtime()
        threading.Thread(
            target=self.runtime.prepare, name="lambda-runtime", daemon=True
        ).start()
        threading.Thread(
            target=self._reap_idle, name="lambda-reaper", daemon=True
        ).start()
        plane.on_close(self.close)

    def worker(self, version: Version) -> Worker:
        """Return the warm worker of ``version``, started if needed."""
        with self._lock:
            start = self._starting.setdefault(version.revision_id, threading.Lock())
        with start:
            with self._lock:
                worker = self._workers.get(version.revision_id)
            if worker is not None and worker.alive:
                return worker
            if worker is not None:
                self.discard(version, worker)
            self._make_room()
            worker = self._start(version)
            with self._lock:
                self._workers[version.revision_id] = worker
            return worker

    def discard(self, version: Version, worker: Worker) -> None:
        """End a worker that cannot serve another call."""
        with self._lock:
            if self._workers.get(version.revision_id) is worker:
                del self._workers[version.revision_id]
        worker.close()

    def retire(self, version: Version) -> None:
        """End the worker of a version that was changed or deleted, after its last call."""
        with self._lock:
            worker = self._workers.pop(version.revision_id, None)
            self._starting.pop(version.revision_id, None)
        if worker is not None:
            self._plane.spawn(_close_when_free, worker)

    def close(self) -> None:
        """End all workers."""
        self._closed.set()
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.close()

    def _start(self, version: Version) -> Worker:
        function = version.name
        name = f"{function}-{version.number.strip('$')}-{next(self._numbers)}.log"
        keys = self._plane.session_keys(version.settings["Role"], function)
        group = version.settings.get("LoggingConfig", {}).get("LogGroup")
        environment = {
            **inherited(),
            **keys.as_environment(),
            "AWS_REGION": self._plane.region,
            "AWS_DEFAULT_REGION": self._plane.region,
            "AWS_ENDPOINT_URL": self._plane.endpoint_url,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.settings['Runtime']}",
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_VERSION": version.number,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.settings["MemorySize"]),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": group or f"/aws/lambda/{function}",
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream(version),
            "LAMBDA_TASK_ROOT": str(version.code.root),
            "PYTHONUNBUFFERED": "1",
            "_HANDLER": version.settings["Handler"],
            **version.variables,
        }
        return Worker(
            [str(self.runtime.python()), str(LAUNCHER)],
            environment,
            version.code.root,
            self._plane.directory("functions", "output") / name,
        )

    def log_stream(self, version: Version) -> str:
        """Return the log stream of a version's worker: by day, as on AWS."""
        day = self._plane.clock.now().strftime("%Y/%m/%d")
        return f"{day}/[{version.number}]{version.revision_id.replace('-', '')}"

    def _make_room(self) -> None:
        """End the worker that was idle longest, when there are as many as there may be."""
        with self._lock:
            if len(self._workers) < _MOST_WARM:
                return
            idle = [
                (worker.last_used, revision)
                for revision, worker in self._workers.items()
                if not worker.busy.locked()
            ]
            victim = self._workers.pop(min(idle)[1]) if idle else None
        if victim is not None:
            self._plane.spawn(_close_when_free, victim)

    def _reap_idle(self) -> None:
        while not self._closed.wait(5.0):
            limit = time.monotonic() - _IDLE_SECONDS
            with self._lock:
                idle = [
                    revision
                    for revision, worker in self._workers.items()
                    if worker.last_used < limit and not worker.busy.locked()
                ]
                victims = [self._workers.pop(revision) for revision in idle]
            for victim in victims:
                _close_when_free(victim)


def _close_when_free(worker: Worker) -> None:
    with worker.busy:
        worker.close()
