"""Quantities become amounts; the account's free tier is used up line by line, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from delivery.cost.model import ZERO, Estimate, Line, PriceTable, Section, Usage


def estimate(
    sections: Sequence[str], used: Iterable[Usage], prices: PriceTable
) -> Estimate:
    """Price each usage. Usages of the same thing at the same price become one line.

    A free tier is the account's: what the lines before have used is not there for the
    lines after, so that the amounts of all lines add up to the account's.
    """
    left = {tier.key: tier.quantity for tier in prices.free_tiers}
    tiers = {price: t.key for t in prices.free_tiers for price in t.prices}
    lines: list[Line] = []
    for usage in _merged(used):
        tier = tiers.get(usage.price)
        free = min(usage.quantity, left[tier]) if tier else ZERO
        if tier:
            left[tier] -= free
        lines.append(Line(usage, prices.prices[usage.price], free))
    made = tuple(
        Section(name, tuple(each for each in lines if each.usage.section == name))
        for name in sections
    )
    free_used = {t.key: t.quantity - left[t.key] for t in prices.free_tiers}
    return Estimate(made, {key: each for key, each in free_used.items() if each})


def _merged(used: Iterable[Usage]) -> list[Usage]:
    totals: dict[tuple[str, str, str], Decimal] = {}
    for each in used:
        key = (each.section, each.price, each.what)
        totals[key] = totals.get(key, ZERO) + each.quantity
    return [Usage(*key, quantity) for key, quantity in totals.items()]
