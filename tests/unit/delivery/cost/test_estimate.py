"""Amounts: exact, never negative, and each free tier spent once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.cost.estimate import estimate
from delivery.cost.model import Estimate, Usage
from delivery.cost.prices import load_prices

PRICES = load_prices()
SECTIONS = ("foundation", "pipeline", "production")
USAGES = st.lists(
    st.builds(
        Usage,
        st.sampled_from(SECTIONS),
        st.sampled_from(sorted(PRICES.prices)),
        st.sampled_from(("one", "another")),
        st.decimals(0, 10**9, places=4),
    ),
    max_size=30,
)


def _estimate(*used: Usage) -> Estimate:
    return estimate(SECTIONS, used, PRICES)


def _minutes(section: str, minutes: int) -> Usage:
    return Usage(section, "pipeline-minutes", "actions", Decimal(minutes))


def test_a_line_costs_its_quantity_without_the_free_part() -> None:
    made = _estimate(_minutes("pipeline", 1_100))
    assert made.before == Decimal("2.2")
    assert made.after == Decimal("2.0")


def test_a_free_tier_is_spent_once_in_the_order_of_the_lines() -> None:
    made = _estimate(_minutes("pipeline", 60), _minutes("production", 60))
    assert [line.free for line in made.lines] == [60, 40]
    assert made.after == Decimal("0.04")


def test_prices_that_share_a_free_tier_spend_it_together() -> None:
    made = _estimate(
        Usage("production", "log-ingestion", "logs", Decimal(4)),
        Usage("production", "log-storage", "logs", Decimal(4)),
    )
    assert [line.free for line in made.lines] == [4, 1]
    assert made.free_used == {"logs": Decimal(5)}


def test_the_same_thing_at_the_same_price_is_one_line() -> None:
    made = _estimate(_minutes("pipeline", 30), _minutes("pipeline", 40))
    assert [line.usage.quantity for line in made.lines] == [70]


def test_a_section_without_usage_costs_nothing() -> None:
    made = _estimate(_minutes("pipeline", 10))
    assert [(each.name, each.before) for each in made.sections] == [
        ("foundation", 0),
        ("pipeline", Decimal("0.02")),
        ("production", 0),
    ]


@pytest.mark.thorough
@given(USAGES)
def test_a_free_tier_never_makes_an_amount_negative(used: list[Usage]) -> None:
    for line in _estimate(*used).lines:
        assert 0 <= line.free <= line.usage.quantity
        assert 0 <= line.after <= line.before


@pytest.mark.thorough
@given(USAGES)
def test_the_lines_add_up_to_the_sections_and_the_total(used: list[Usage]) -> None:
    made = _estimate(*used)
    for section in made.sections:
        assert section.after == sum(line.after for line in section.lines)
    assert made.before == sum(each.before for each in made.sections)
    assert made.after == sum(each.after for each in made.sections)
    assert sum(line.usage.quantity for line in made.lines) == sum(
        each.quantity for each in used
    )


@pytest.mark.thorough
@given(USAGES)
def test_no_free_tier_gives_more_than_it_has(used: list[Usage]) -> None:
    made = _estimate(*used)
    for tier in PRICES.free_tiers:
        given_ = sum(e.free for e in made.lines if e.price.key in tier.prices)
        assert given_ == made.free_used.get(tier.key, 0) <= tier.quantity


@pytest.mark.thorough
@given(USAGES, st.integers(0, 29), st.decimals(0, 10**6, places=4))
def test_using_more_never_costs_less(
    used: list[Usage], which: int, more: Decimal
) -> None:
    if not used:
        return
    chosen = used[which % len(used)]
    extra = Usage(chosen.section, chosen.price, chosen.what, more)
    assert _estimate(*used, extra).after >= _estimate(*used).after
