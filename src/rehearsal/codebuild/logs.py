"""A build's log: lines go to a file at once and to CloudWatch Logs twice a second."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from rehearsal.plane import Plane

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 0.5
_BATCH = 500


class BuildLog:
    """Takes lines from any thread; what is secret is masked before it is kept."""

    def __init__(
        self, plane: Plane, *, role_arn: str, group: str, stream: str, path: Path
    ) -> None:
        self._plane = plane
        self._group = group
        self._stream = stream
        self._logs = plane.client("logs", role_arn)
        self._lock = threading.Lock()
        self._waiting: list[dict[str, Any]] = []
        self._secrets: tuple[str, ...] = ()
        self._done = threading.Event()
        self._file = path.open("a", encoding="utf-8")
        self._open_stream()
        self._pump = threading.Thread(target=self._flush_often, daemon=True)
        self._pump.start()

    def mask(self, secrets: list[str]) -> None:
        """Write ``***`` wherever one of ``secrets`` appears from now on."""
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))

    def container(self, message: str) -> None:
        """Write a line of the build container's own."""
        stamp = self._plane.clock.now().strftime("%Y/%m/%d %H:%M:%S.%f")
        self.line(f"[Container] {stamp} {message}")

    def line(self, text: str) -> None:
        """Write a line that a command printed."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        stamp = int(self._plane.clock.now().timestamp() * 1000)
        with self._lock:
            if not self._file.closed:
                print(text, file=self._file, flush=True)
            self._waiting.append({"timestamp": stamp, "message": text + "\n"})

    def close(self) -> None:
        """Deliver what is left."""
        self._done.set()
        self._pump.join()
        with self._lock:
            self._file.close()

    def _open_stream(self) -> None:
        """The group is made only where there is none: a role need not be allowed to."""
        errors = self._logs.exceptions
        names = {"logGroupName": self._group, "logStreamName": self._stream}
        try:
            self._logs.create_log_stream(**names)
        except errors.ResourceAlreadyExistsException:
            return
        except errors.ResourceNotFoundException:
            self._logs.create_log_group(logGroupName=self._group)
            self._logs.create_log_stream(**names)

    def _flush_often(self) -> None:
        while not self._done.wait(_FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            events, self._waiting = self._waiting, []
        try:
            for start in range(0, len(events), _BATCH):
                self._logs.put_log_events(
                    logGroupName=self._group,
                    logStreamName=self._stream,
                    logEvents=events[start : start + _BATCH],
                )
        except self._logs.exceptions.ClientError:
            # A build outlives the loss of its log, as on AWS; the file keeps all of it.
            log.warning("the log of build %s is refused", self._stream, exc_info=True)
