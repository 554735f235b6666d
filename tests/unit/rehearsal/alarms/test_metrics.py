"""The plane's store of metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.alarms.queries import period_of, run_queries, simple_query
from rehearsal.metrics import Metrics

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def filled() -> Metrics:
    metrics = Metrics()
    for number, value in enumerate([5.0, 1.0, 3.0]):
        metrics.put(
            "N",
            "Duration",
            {"F": "a"},
            value,
            at=START + timedelta(seconds=50 * number),
        )
    return metrics


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("Sum", [6.0, 3.0]),
        ("Average", [3.0, 3.0]),
        ("Minimum", [1.0, 3.0]),
        ("Maximum", [5.0, 3.0]),
        ("SampleCount", [2.0, 1.0]),
        ("p50", [3.0, 3.0]),
    ],
)
def test_values_are_gathered_by_minute(statistic: str, expected: list[float]) -> None:
    points = filled().read(
        "N",
        "Duration",
        {"F": "a"},
        statistic,
        start=START,
        end=START + 5 * MINUTE,
        period=MINUTE,
    )
    assert [value for _, value in points] == expected
    assert [time for time, _ in points] == [START, START + MINUTE]


def test_other_dimensions_are_another_series() -> None:
    window = {"start": START, "end": START + MINUTE, "period": MINUTE}
    assert filled().read("N", "Duration", {}, "Sum", **window) == []  # type: ignore[arg-type]


def test_an_alarm_on_one_metric_is_a_query_like_any_other() -> None:
    queries = simple_query(
        {
            "Namespace": "N",
            "MetricName": "Duration",
            "Dimensions": [{"Name": "F", "Value": "a"}],
            "Statistic": "Maximum",
            "Period": 120,
        }
    )
    assert period_of(queries) == 2 * MINUTE
    series = run_queries(filled(), queries, START, START + 2 * MINUTE)
    assert series == {"m1": {START: 5.0}}


def test_what_is_kept_of_a_long_time_and_of_much_traffic_is_bounded() -> None:
    metrics = Metrics()
    for minute in range(4400):
        metrics.put("N", "M", {}, 1.0, at=START + minute * MINUTE)
    for _ in range(1000):
        metrics.put("N", "M", {}, 2.0, at=START + 4400 * MINUTE)
    (series,) = metrics.all()
    assert len(series.minutes) == 4320
    newest = series.minutes[max(series.minutes)]
    assert (newest.total, newest.count, len(newest.values)) == (2000.0, 1000, 250)
