"""Which version serves a call, and under which dimensions it is measured."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from rehearsal.functions.invoking import pick_version
from rehearsal.functions.model import split_name
from rehearsal.functions.telemetry import Invocation, dimension_sets, log_lines


def test_the_weight_is_the_share_of_calls() -> None:
    chances = random.Random(1)
    picked = Counter(
        pick_version("1", {"2": 0.1}, chances.random()) for _ in range(10_000)
    )
    assert 900 < picked["2"] < 1100


def test_without_weights_the_main_version_serves_every_call() -> None:
    assert pick_version("1", {}, 0.0) == "1"


def test_the_executed_version_is_a_dimension_only_while_traffic_is_split() -> None:
    alias = {"FunctionName": "demo", "Resource": "demo:live"}
    split = dimension_sets("demo", "live", "2", weighted=True)
    assert split == [
        {},
        {"FunctionName": "demo"},
        alias,
        {**alias, "ExecutedVersion": "2"},
    ]
    assert dimension_sets("demo", "live", "2", weighted=False) == split[:3]
    assert dimension_sets("demo", None, "$LATEST", weighted=False) == split[:2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("demo", ("demo", None)),
        ("demo:live", ("demo", "live")),
        ("arn:aws:lambda:us-east-1:123456789012:function:demo", ("demo", None)),
        ("arn:aws:lambda:us-east-1:123456789012:function:demo:7", ("demo", "7")),
        ("123456789012:function:demo:$LATEST", ("demo", "$LATEST")),
    ],
)
def test_a_function_is_found_by_name_or_arn(
    text: str, expected: tuple[str, str | None]
) -> None:
    assert split_name(text) == expected


def test_a_calls_log_has_the_platforms_lines_around_its_own() -> None:
    invocation = Invocation(
        function="demo",
        qualifier=None,
        version="3",
        weighted=False,
        request_id="r",
        seconds=0.0123,
        init_seconds=0.4,
        memory_mb=256,
        used_mb=61,
        failed=True,
        output="one\n\ntwo\n",
        failure="r Task timed out after 1.00 seconds",
        log_group=None,
        log_stream="s",
    )
    start, one, two, failure, end, report = log_lines(invocation)
    assert start == "START RequestId: r Version: 3"
    assert (one, two, end) == ("one", "two", "END RequestId: r")
    assert failure == "r Task timed out after 1.00 seconds"
    assert "Duration: 12.30 ms\tBilled Duration: 13 ms" in report
    assert "Memory Size: 256 MB\tMax Memory Used: 61 MB" in report
    assert report.endswith("Init Duration: 400.00 ms\t")
