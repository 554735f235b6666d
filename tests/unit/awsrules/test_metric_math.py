"""Metric math over series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from awsrules.metric_math import BadExpression, compute

START = datetime(2026, 1, 1, tzinfo=UTC)


def series(*values: float | None) -> dict[datetime, float]:
    return {
        START + timedelta(minutes=number): value
        for number, value in enumerate(values)
        if value is not None
    }


ERRORS, CALLS = series(1, None, 3, 0), series(10, 10, 0, 5)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("100 * errors / calls", series(10, None, None, 0)),
        ("FILL(errors, 0) + 1", series(2, 1, 4, 1)),
        ("IF(calls > 5, errors, 0)", series(1, None, 0, 0)),
        ("IF(calls > 5 && errors > 0, 1, 0)", series(1, None, 0, 0)),
        ("SUM(METRICS())", series(11, 10, 3, 5)),
        ("MAX([errors, calls])", series(10, 10, 3, 5)),
        ("-errors", series(-1, None, -3, 0)),
        ("errors * 0 + AVG(calls)", series(6.25, None, 6.25, 6.25)),
        ("7", series(7, 7, 7, 7)),
    ],
)
def test_expression_gives_points_where_its_inputs_have_them(
    expression: str, expected: dict[datetime, float]
) -> None:
    assert compute(expression, {"errors": ERRORS, "calls": CALLS}) == expected


@pytest.mark.parametrize(
    "expression",
    ["errors +", "unknown + 1", "ANOMALY_DETECTION_BAND(errors)", "'text'"],
)
def test_what_is_not_understood_is_said(expression: str) -> None:
    with pytest.raises(BadExpression):
        compute(expression, {"errors": ERRORS})
