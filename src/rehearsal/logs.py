"""Write log lines to CloudWatch Logs in batches: nobody waits for a log."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.plane import Plane

_FLUSH_EVERY_SECONDS = 0.2
# Lines of a stream that stay: hours of traffic would fill the memory with what nobody reads.
_KEPT_LINES = 2000


class LogWriter:
    """Collects lines, and sends them a moment later. Thread-safe."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._made: set[tuple[str, str]] = set()
        self._flushing = False

    def write(self, group: str, stream: str, lines: list[str]) -> None:
        """Append ``lines``, stamped with plane time."""
        stamp = int(self._plane.clock.now().timestamp() * 1000)
        events = [{"timestamp": stamp, "message": line} for line in lines]
        with self._lock:
            self._lines[group, stream] += events
            if self._flushing:
                return
            self._flushing = True
        self._plane.spawn(self._flush_soon)

    def _flush_soon(self) -> None:
        time.sleep(_FLUSH_EVERY_SECONDS)
        with self._lock:
            batches, self._lines = self._lines, defaultdict(list)
            self._flushing = False
        logs = self._plane.client("logs")
        for (group, stream), events in batches.items():
            self._put(logs, group, stream, events)

    def _put(
        self, logs: Any, group: str, stream: str, events: list[dict[str, Any]]
    ) -> None:
        if (group, stream) not in self._made:
            _make_stream(logs, group, stream)
            self._made.add((group, stream))
        try:
            logs.put_log_events(
                logGroupName=group, logStreamName=stream, logEvents=events
            )
        except logs.exceptions.ResourceNotFoundException:
            # The group was deleted with its stack; a new stack may have made it again.
            _make_stream(logs, group, stream)
            logs.put_log_events(
                logGroupName=group, logStreamName=stream, logEvents=events
            )
        self._forget_the_oldest(group, stream)

    def _forget_the_oldest(self, group: str, stream: str) -> None:
        from moto.logs.models import logs_backends

        groups: Any = logs_backends[self._plane.account][self._plane.region].groups
        kept = groups[group].streams.get(stream) if group in groups else None
        if kept is not None and len(kept.events) > _KEPT_LINES:
            del kept.events[:-_KEPT_LINES]


def _make_stream(logs: Any, group: str, stream: str) -> None:
    for make, names in (
        (logs.create_log_group, {"logGroupName": group}),
        (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
    ):
        try:
            make(**names)
        except logs.exceptions.ResourceAlreadyExistsException:
            continue
