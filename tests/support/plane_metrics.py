"""What the plane measured of one resource, all told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any


def measured(
    aws: Callable[..., Any], namespace: str, metric: str, **dimensions: str
) -> float:
    """Return the sum of a metric's values; the plane's time may run ahead."""
    now = datetime.now(UTC)
    points = aws("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(days=30),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(float(each["Sum"]) for each in points)
