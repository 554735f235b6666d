"""Read the price table, which is data of this package."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from delivery.cost.model import FreeTier, Price, PriceTable

FILE = "prices.yaml"


@cache
def load_prices() -> PriceTable:
    """Return the price table that ships with the tool."""
    import yaml

    text = resources.files("delivery.cost").joinpath(FILE).read_text(encoding="utf-8")
    return price_table(yaml.safe_load(text))


def price_table(data: Mapping[str, Any]) -> PriceTable:
    """Make a table of plain data.

    Raises:
        ValueError: for a key that is no price, an amount below zero, or a type both
            priced and free.
    """
    prices = {key: _price(key, each) for key, each in data["prices"].items()}
    tiers = tuple(_free_tier(key, each) for key, each in data["free_tiers"].items())
    priced = {name: tuple(each) for name, each in data["priced"].items()}
    named = {key for each in priced.values() for key in each}
    named |= {key for each in tiers for key in each.prices}
    if strange := named - set(prices):
        raise ValueError(f"{FILE} has no price for {', '.join(sorted(strange))}")
    if twice := set(priced) & set(data["free"]):
        raise ValueError(f"{FILE} calls priced and free: {', '.join(sorted(twice))}")
    return PriceTable(
        region=data["region"],
        prices=prices,
        free_tiers=tiers,
        priced=priced,
        free=dict(data["free"]),
        extra={name: tuple(each) for name, each in data["extra"].items()},
    )


def _price(key: str, data: Mapping[str, Any]) -> Price:
    amount, per = Decimal(data["amount"]), Decimal(data["per"])
    if amount < 0 or per <= 0:
        raise ValueError(f"{FILE}: {key} costs {amount} for {per}")
    return Price(
        key=key,
        service=data["service"],
        unit=data["unit"],
        amount=amount,
        per=per,
        source=data["source"],
        looked_at=_looked_at(key, data),
        seen_at=data.get("seen_at", ""),
    )


def _free_tier(key: str, data: Mapping[str, Any]) -> FreeTier:
    return FreeTier(
        key=key,
        quantity=Decimal(data["quantity"]),
        unit=data["unit"],
        prices=tuple(data["prices"]),
        source=data["source"],
        looked_at=_looked_at(key, data),
        seen_at=data.get("seen_at", ""),
    )


def _looked_at(key: str, data: Mapping[str, Any]) -> date | None:
    day = data.get("looked_at")
    if day is None or isinstance(day, date):
        return day
    raise ValueError(f"{FILE}: {key} was looked at on {day}, which is no day")
