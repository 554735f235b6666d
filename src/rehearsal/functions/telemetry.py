"""What an invocation leaves behind: log lines, metrics, and metrics embedded in the log."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from rehearsal.logs import LogWriter
from rehearsal.plane import Plane


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
    used_mb: int | None
    failed: bool
    output: str
    failure: str | None
    log_group: str | None
    log_stream: str
    lost: frozenset[str] = frozenset()


class Telemetry:
    """Writes logs in batches, and metrics at once so that alarms see them."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._logs = LogWriter(plane)
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, str, str]] = Counter()

    def record(self, invocation: Invocation) -> str:
        """Record ``invocation``; return its log text."""
        self._count(invocation.function, invocation.version, "invocations")
        if invocation.failed:
            self._count(invocation.function, invocation.version, "errors")
        split = dimension_sets(
            invocation.function,
            invocation.qualifier,
            invocation.version,
            invocation.weighted,
        )
        whole = dimension_sets(
            invocation.function, invocation.qualifier, invocation.version, False
        )
        milliseconds = invocation.seconds * 1000
        lost = invocation.lost
        self._measure("Invocations", split, 1.0, "Count", lost)
        self._measure("Errors", split, float(invocation.failed), "Count", lost)
        self._measure("Duration", split, milliseconds, "Milliseconds", lost)
        # A call that is throttled executed no version.
        self._measure("Throttles", whole, 0.0, "Count", lost)
        lines = log_lines(invocation)
        for line in lines:
            self._measure_embedded(line, lost)
        group = invocation.log_group or f"/aws/lambda/{invocation.function}"
        self._logs.write(group, invocation.log_stream, lines)
        return "\n".join(lines) + "\n"

    def throttled(
        self, function: str, qualifier: str | None, version: str, lost: frozenset[str]
    ) -> None:
        """Record a call that was refused."""
        self._count(function, version, "throttles")
        sets = dimension_sets(function, qualifier, version, weighted=False)
        self._measure("Throttles", sets, 1.0, "Count", lost)

    def calls(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return how often each function's versions were called, failed and refused."""
        with self._lock:
            counted = dict(self._calls)
        found: dict[str, dict[str, dict[str, int]]] = {}
        for (function, version, what), number in sorted(counted.items()):
            found.setdefault(function, {}).setdefault(version, {})[what] = number
        return found

    def _count(self, function: str, version: str, what: str) -> None:
        with self._lock:
            self._calls[function, version, what] += 1

    def _measure(
        self,
        name: str,
        dimension_sets: list[dict[str, str]],
        value: float,
        unit: str,
        lost: frozenset[str],
    ) -> None:
        if name in lost:
            return
        now = self._plane.clock.now()
        for dimensions in dimension_sets:
            self._plane.metrics.put(
                "AWS/Lambda", name, dimensions, value, at=now, unit=unit
            )

    def _measure_embedded(self, line: str, lost: frozenset[str]) -> None:
        """Turn a log line in the embedded metric format into metrics.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
        """
        if '"CloudWatchMetrics"' not in line:
            return
        try:
            document = json.loads(line)
            directives = document["_aws"]["CloudWatchMetrics"]
        except (ValueError, KeyError, TypeError):
            # A line that only looks like metrics is a log line like any other.
            return
        for directive in directives:
            self._measure_directive(directive, document, lost)

    def _measure_directive(
        self,
        directive: dict[str, Any],
        document: dict[str, Any],
        lost: frozenset[str],
    ) -> None:
        now = self._plane.clock.now()
        for names in directive.get("Dimensions", []):
            dimensions = {name: str(document.get(name, "")) for name in names}
            for metric in directive["Metrics"]:
                if metric["Name"] in lost:
                    continue
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
        "\t"
    )
    if invocation.used_mb is not None:
        report += f"Max Memory Used: {invocation.used_mb} MB\t"
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
