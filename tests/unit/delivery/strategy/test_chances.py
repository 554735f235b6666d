"""Chances of counts are exact: they add up, and agree with counting."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.strategy.chances import at_least, exactly, none_at_mean

pytestmark = pytest.mark.thorough

MEANS = st.floats(min_value=0.0, max_value=2_000.0)


@given(st.integers(0, 500), st.floats(0.0, 0.5))
def test_none_at_a_mean_is_a_little_likelier_than_none_of_a_known_number(
    requests: int, share: float
) -> None:
    # 1 - x <= e^-x: a count that varies is none more often than one that is known.
    none_of_known = (1.0 - share) ** requests
    assert none_of_known <= none_at_mean(requests * share) + 1e-12


@given(MEANS)
def test_chances_of_all_counts_add_up_to_one(mean: float) -> None:
    most = math.ceil(mean + 12 * math.sqrt(mean) + 40)
    total = math.fsum(exactly(count, mean) for count in range(most))
    assert total == pytest.approx(1.0, abs=1e-9)


@given(st.integers(0, 2_500), MEANS)
def test_at_least_is_the_sum_of_the_counts_from_there(count: int, mean: float) -> None:
    most = math.ceil(max(mean, count) + 12 * math.sqrt(max(mean, count)) + 60)
    total = math.fsum(exactly(each, mean) for each in range(count, most))
    assert at_least(count, mean) == pytest.approx(total, abs=1e-9)


@given(st.integers(1, 400), st.floats(0.01, 300.0), st.floats(1.0, 3.0))
def test_more_are_likelier_of_a_larger_mean(
    count: int, mean: float, factor: float
) -> None:
    assert at_least(count, mean * factor) >= at_least(count, mean) - 1e-12


def test_a_small_chance_keeps_its_digits() -> None:
    # 1 - P(X < 40) would be lost in rounding.
    expected = math.fsum(exactly(each, 3.0) for each in range(40, 120))
    assert at_least(40, 3.0) == pytest.approx(expected, rel=1e-9)
    assert 0 < at_least(40, 3.0) < 1e-28


@pytest.mark.parametrize(("count", "chance"), [(-1, 0.0), (0, 1.0), (1, 0.0)])
def test_without_requests_there_is_no_count(count: int, chance: float) -> None:
    assert exactly(count, 0.0) == chance
    assert at_least(1, 0.0) == 0.0
    assert at_least(0, 0.0) == 1.0
