"""Logs and metrics of every function, without a word of any record.

What may be logged: ids, codes of ours, counts, times, class names and code locations.
What may not: events, bodies, headers, paths with values, texts of exceptions (a
``ValueError`` quotes the value it did not like).
"""

from __future__ import annotations

import functools
import os
import time
import traceback
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from medical_records.http import Answer, Request, read_request, to_proxy

SERVICE = "medical-record-analysis"
NAMESPACE = "MedicalRecordAnalysis"

logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", SERVICE))
metrics = Metrics(
    namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE),
    service=os.environ.get("POWERTOOLS_SERVICE_NAME", SERVICE),
)
metrics.set_default_dimensions(environment=os.environ.get("ENVIRONMENT", "unnamed"))

Route = Callable[[Request], Answer]
Handler = Callable[[Any, Any], dict[str, Any]]


class UnexpectedFailure(Exception):
    """A defect of ours, named by class and place only.

    It is raised out of the function, so that Lambda counts an error against the
    version that runs: that is what the release's alarms watch. The first exception is
    cut off, because the runtime would print its text into the log.
    """


def api_function(route: Route) -> Handler:
    """Make a route into a Lambda handler that logs, counts and never leaks."""

    # False is stated: left out, an environment variable could switch events on.
    @logger.inject_lambda_context(log_event=False, clear_state=True)
    @metrics.log_metrics(capture_cold_start_metric=True)
    @functools.wraps(route)
    def handler(event: Any, context: Any) -> dict[str, Any]:
        request = read_request(event, fallback_id=context.aws_request_id)
        logger.append_keys(request_id=request.request_id)
        failure = "unknown"
        try:
            return _served(route, request)
        except Exception as error:
            failure = describe(error)
        _count_failure(failure)
        raise UnexpectedFailure(failure)

    wrapped: Handler = handler
    return wrapped


def describe(error: BaseException) -> str:
    """Name an exception by its class and the innermost place it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    innermost = frames[-1]
    place = f"{os.path.basename(innermost.filename)}:{innermost.lineno}"
    return f"{type(error).__name__} at {place}"


def count(name: str, value: float = 1) -> None:
    """Add to one of the application's counters."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def _served(route: Route, request: Request) -> dict[str, Any]:
    started = time.monotonic()
    answer = route(request)
    proxy = to_proxy(answer)
    elapsed = round((time.monotonic() - started) * 1000, 1)
    metrics.add_metric("Elapsed", unit=MetricUnit.Milliseconds, value=elapsed)
    count(_counter(answer.status))
    logger.info(
        "request served",
        extra={"status": answer.status, "code": answer.code, "elapsed_ms": elapsed},
    )
    return proxy


def _count_failure(failure: str) -> None:
    count("Failures")
    logger.error("request failed", extra={"failure": failure})


def _counter(status: int) -> str:
    if status < 400:
        return "Served"
    return "Refused" if status < 500 else "Unavailable"
