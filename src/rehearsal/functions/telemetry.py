"""What an invocation leaves behind: log lines, metrics, and metrics embedded in the log."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from rehearsal.plane import Plane

_FLUSH_EVERY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Invocation:
    """One finished invocation, as telemetry needs it."""

    function: str
    qualifier: str | None
    version: str
    weighted: bool
    request_id: str
    seconds: float
    init_seconds: float | None
    memory_mb: int
    failed: bool
    output: str
    failure: str | None
    log_group: str | None
    log_stream: str


class Telemetry:
    """Writes logs in batches, and metrics at once so that alarms see them."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._made: set[tuple[str, str]] = set()
        self._flushing = False

    def record(self, invocation: Invocation) -> str:
        """Record ``invocation``; return its log text."""
        milliseconds = invocation.seconds * 1000
        values = {
            "Invocations": (1.0, "Count"),
            "Errors": (float(invocation.failed), "Count"),
            "Duration": (milliseconds, "Milliseconds"),
            "Throttles": (0.0, "Count"),
        }
        self._measure(
            invocation.function,
            invocation.qualifier,
            invocation.version,
            invocation.weighted,
            values,
        )
        lines = log_lines(invocation)
        for line in lines:
            self._measure_embedded(line)
        group = invocation.log_group or f"/aws/lambda/{invocation.function}"
        self._write(group, invocation.log_stream, lines)
        return "\n".join(lines) + "\n"

    def throttled(
        self, function: str, qualifier: str | None, version: str, weighted: bool
    ) -> None:
        """Record a call that was refused."""
        self._measure(
            function, qualifier, version, weighted, {"Throttles": (1.0, "Count")}
        )

    def _measure(
        self,
        function: str,
        qualifier: str | None,
        version: str,
        weighted: bool,
        values: dict[str, tuple[float, str]],
    ) -> None:
        now = self._plane.clock.now()
        for dimensions in dimension_sets(function, qualifier, version, weighted):
            for name, (value, unit) in values.items():
                self._plane.metrics.put(
                    "AWS/Lambda", name, dimensions, value, at=now, unit=unit
                )

    def _measure_embedded(self, line: str) -> None:
        """Turn a log line in the embedded metric format into metrics.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
        """
        if '"CloudWatchMetrics"' not in line:
            return
        try:
            document = json.loads(line)
            directives = document["_aws"]["CloudWatchMetrics"]
        except (ValueError, KeyError, TypeError):
            return
        for directive in directives:
            self._measure_directive(directive, document)

    def _measure_directive(
        self, directive: dict[str, Any], document: dict[str, Any]
    ) -> None:
        now = self._plane.clock.now()
        for names in directive.get("Dimensions", []):
            dimensions = {name: str(document.get(name, "")) for name in names}
            for metric in directive["Metrics"]:
                values = document.get(metric["Name"], [])
                for value in values if isinstance(values, list) else [values]:
                    self._plane.metrics.put(
                        directive["Namespace"],
                        metric["Name"],
                        dimensions,
                        float(value),
                        at=now,
                        unit=metric.get("Unit", "None"),
                    )

    def _write(self, group: str, stream: str, lines: list[str]) -> None:
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
            if (group, stream) not in self._made:
                _make_stream(logs, group, stream)
                self._made.add((group, stream))
            logs.put_log_events(
                logGroupName=group, logStreamName=stream, logEvents=events
            )


def _make_stream(logs: Any, group: str, stream: str) -> None:
    for make, names in (
        (logs.create_log_group, {"logGroupName": group}),
        (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
    ):
        try:
            make(**names)
        except logs.exceptions.ResourceAlreadyExistsException:
            continue


def dimension_sets(
    function: str, qualifier: str | None, version: str, weighted: bool
) -> list[dict[str, str]]:
    """Return the dimension sets under which Lambda emits a function's metrics.

    ``ExecutedVersion`` comes only with an alias that splits its traffic
    (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
    """
    by_function = {"FunctionName": function}
    sets = [{}, by_function]
    if qualifier is not None:
        by_resource = {**by_function, "Resource": f"{function}:{qualifier}"}
        sets.append(by_resource)
        if weighted:
            sets.append({**by_resource, "ExecutedVersion": version})
    return sets


def log_lines(invocation: Invocation) -> list[str]:
    """Return the lines of an invocation's log: START, the function's own, END, REPORT."""
    request = f"RequestId: {invocation.request_id}"
    milliseconds = invocation.seconds * 1000
    report = (
        f"REPORT {request}\tDuration: {milliseconds:.2f} ms"
        f"\tBilled Duration: {int(milliseconds) + 1} ms"
        f"\tMemory Size: {invocation.memory_mb} MB"
        f"\tMax Memory Used: {invocation.memory_mb // 2} MB\t"
    )
    if invocation.init_seconds is not None:
        report += f"Init Duration: {invocation.init_seconds * 1000:.2f} ms\t"
    own = [line for line in invocation.output.splitlines() if line.strip()]
    failure = [invocation.failure] if invocation.failure else []
    return [
        f"START {request} Version: {invocation.version}",
        *own,
        *failure,
        f"END {request}",
        report,
    ]
