"""The chance of an alarm's first firing agrees with walking every way of its periods."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsrules.alarms import AlarmRule, AlarmState, evaluate
from delivery.strategy.chances import exactly
from delivery.strategy.periods import Periods
from delivery.strategy.sliding import SlidingCount, number_of_states

pytestmark = pytest.mark.thorough

# A period: the chance that it is bad, and that it has no data.
CHANCES = st.tuples(st.floats(0, 0.7), st.floats(0, 0.3))


def first_firings(rule: AlarmRule, periods: list[tuple[float, float]]) -> list[float]:
    """Walk all ways in which periods may go, and evaluate each."""
    found = [0.0] * len(periods)
    for way in itertools.product((None, 0.0, 1.0), repeat=len(periods)):
        chance = math.prod(
            {None: none, 0.0: 1 - bad - none, 1.0: bad}[value]
            for value, (bad, none) in zip(way, periods, strict=True)
        )
        padded = [None] * rule.range_periods + list(way)
        for number in range(1, len(way) + 1):
            values = padded[number : number + rule.range_periods]
            if evaluate(rule, values, AlarmState.OK).state is AlarmState.ALARM:
                found[number - 1] += chance
                break
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from(["notBreaching", "breaching", "missing", "ignore"]),
    st.lists(CHANCES, min_size=1, max_size=6),
)
def test_the_chain_agrees_with_walking_every_way(
    looked_at: int,
    needed: int,
    missing_data: str,
    periods: list[tuple[float, float]],
) -> None:
    needed = min(looked_at, needed)
    rule = AlarmRule(0.5, "GreaterThanThreshold", looked_at, needed, missing_data)
    chain = Periods(looked_at=looked_at, needed=needed, missing_data=missing_data)
    found = [chain.add(bad, no_data=none) for bad, none in periods]
    assert found == pytest.approx(first_firings(rule, periods), abs=1e-11)


def test_firing_and_not_firing_add_up_to_one() -> None:
    chain = Periods(looked_at=3, needed=2, missing_data="notBreaching")
    fired = sum(chain.add(0.2) for _ in range(20))
    assert fired + chain.left() == pytest.approx(1.0)


def test_two_bad_periods_with_one_empty_between_still_fire() -> None:
    # CloudWatch looks at more periods than it evaluates: missing data is skipped, not good.
    chain = Periods(looked_at=2, needed=2, missing_data="notBreaching")
    assert [chain.add(1.0), chain.add(0.0, no_data=1.0), chain.add(1.0)] == [0, 0, 1]


def test_a_day_of_periods_has_few_patterns() -> None:
    chain = Periods(looked_at=24, needed=24, missing_data="notBreaching")
    assert sum(chain.add(0.9) for _ in range(100)) > 0.5


def test_what_passed_before_counts_when_somebody_begins_to_watch() -> None:
    chain = Periods(looked_at=2, needed=2, missing_data="notBreaching")
    chain.pass_by(1.0)
    chain.pass_by(1.0)
    assert chain.add(1.0) == 1.0


@settings(max_examples=25, deadline=None)
@given(
    st.integers(2, 3),
    st.integers(1, 3),
    st.lists(st.floats(0.0, 2.0), min_size=1, max_size=5),
)
def test_a_sliding_count_agrees_with_walking_every_way(
    minutes: int, limit: int, means: list[float]
) -> None:
    found = [0.0] * len(means)
    for way in itertools.product(range(limit + 1), repeat=len(means)):
        chance = math.prod(
            (
                exactly(count, mean)
                if count < limit
                else 1.0 - math.fsum(exactly(each, mean) for each in range(limit))
            )
            for count, mean in zip(way, means, strict=True)
        )
        for number in range(len(way)):
            if sum(way[max(0, number - minutes + 1) : number + 1]) >= limit:
                found[number] += chance
                break
    chain = SlidingCount(minutes=minutes, limit=limit)
    assert [chain.add(mean) for mean in means] == pytest.approx(found, abs=1e-10)


def test_the_states_of_a_sliding_count_are_known_beforehand() -> None:
    # (0,0) (0,1) (0,2) (1,0) (1,1) (2,0): sums below 3 in two minutes.
    assert number_of_states(minutes=3, limit=3) == 6
    assert number_of_states(minutes=3, limit=0) == 0
