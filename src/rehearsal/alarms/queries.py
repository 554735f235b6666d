"""Read metrics as the API's queries ask: one statistic, or metric math over several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from awsrules.metric_math import Series, compute
from rehearsal.metrics import Metrics

Query = Mapping[str, Any]


def simple_query(definition: Query) -> list[Query]:
    """Return the queries of an alarm, which may be given as one metric's members."""
    if queries := definition.get("Metrics"):
        return list(queries)
    names = ("Namespace", "MetricName", "Dimensions")
    metric = {name: definition[name] for name in names if name in definition}
    statistic = definition.get("Statistic") or definition.get("ExtendedStatistic")
    stat = {"Metric": metric, "Period": definition["Period"], "Stat": statistic}
    return [{"Id": "m1", "MetricStat": stat, "ReturnData": True}]


def period_of(queries: Sequence[Query]) -> timedelta:
    """Return the longest period among ``queries``."""
    seconds = [
        int(query.get("MetricStat", query).get("Period") or 60) for query in queries
    ]
    return timedelta(seconds=max(seconds))


def run_queries(
    metrics: Metrics, queries: Sequence[Query], start: datetime, end: datetime
) -> dict[str, Series]:
    """Return the series of every query by its id.

    Raises:
        BadExpression: for metric math that is not understood.
    """
    series: dict[str, Series] = {}
    for query in queries:
        if "MetricStat" in query:
            series[query["Id"]] = _read(metrics, query["MetricStat"], start, end)
    for query in queries:
        if query.get("Expression"):
            series[query["Id"]] = compute(query["Expression"], series)
    return series


def returned(queries: Sequence[Query]) -> list[Query]:
    """Return the queries whose data is wanted."""
    return [query for query in queries if query.get("ReturnData", True)]


def dimensions_of(given: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """Turn a list of Name and Value into a mapping."""
    return {item["Name"]: item["Value"] for item in given or ()}


def _read(
    metrics: Metrics, stat: Mapping[str, Any], start: datetime, end: datetime
) -> Series:
    metric = stat["Metric"]
    return dict(
        metrics.read(
            metric["Namespace"],
            metric["MetricName"],
            dimensions_of(metric.get("Dimensions")),
            stat["Stat"],
            start=start,
            end=end,
            period=timedelta(seconds=int(stat["Period"])),
        )
    )
