"""Numbers as people read them."""

from __future__ import annotations

import pytest
from report_fakes import shift

from delivery.report.numbers import counted, duration, share
from delivery.report.words import function_of, shift_took


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (600, "10 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (5_400, "1 h 30 min"),
        (36_000, "10 h"),
        (100_000, "1 d 3 h"),
        (86_400 * 12 + 7_200, "12 d"),
    ],
)
def test_a_duration_is_read_in_its_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 %"), (1, "100 %"), (1 / 3, "33.3 %"), (0.0123, "1.23 %")]
)
def test_a_share_is_read_in_percent(value: float, text: str) -> None:
    assert share(value) == text


def test_one_thing_is_not_several() -> None:
    assert (counted(1, "release"), counted(2, "release")) == ("1 release", "2 releases")


@pytest.mark.parametrize(
    ("group", "function"),
    [
        ("app-production-AnalyzeFunctionDeploymentGroup-UCRKHD", "AnalyzeFunction"),
        ("our-own-group", "our-own-group"),
    ],
)
def test_a_shift_is_told_by_its_function(group: str, function: str) -> None:
    assert function_of(group) == function


@pytest.mark.parametrize(
    ("status", "text"), [("InProgress", "not over"), ("Succeeded", "not known")]
)
def test_a_shift_without_an_end_goes_on_or_its_end_is_not_known(status, text) -> None:
    assert shift_took(shift(1, status, ended_at=None)) == text
    assert shift_took(shift(1, status)) == "30 min"
