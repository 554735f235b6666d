"""The price table: complete for the shipped templates, dated, and refused where it is wrong."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from cost_facts import ROOT

from awsrules.templates import load_template
from delivery.cost.prices import load_prices, price_table

TEMPLATES = sorted((ROOT / "templates").glob("*.yaml"))


def _data() -> dict[str, Any]:
    text = resources.files("delivery.cost").joinpath("prices.yaml").read_text("utf-8")
    return deepcopy(yaml.safe_load(text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_type_of_the_shipped_templates_is_priced_or_declared_free(
    path: Path,
) -> None:
    template = load_template(path.read_text("utf-8"), name=path.name)
    types = {each["Type"] for each in template["Resources"].values()}
    table = load_prices()
    assert types
    assert types - set(table.priced) - set(table.free) == set()


def test_every_price_belongs_to_a_type_and_says_where_it_is_from() -> None:
    table = load_prices()
    named = {key for each in table.priced.values() for key in each}
    assert named == set(table.prices)
    assert all(p.source.startswith("https://aws.") for p in table.prices.values())


def test_a_price_is_dated_only_with_the_page_where_it_was_found() -> None:
    entries = load_prices().entries
    for each in entries:
        assert bool(each.looked_at) == each.seen_at.startswith("https://"), each.key
    assert {each.looked_at for each in entries} <= {None, date(2026, 11, 28)}


def test_what_nobody_looked_up_is_known_to_be_from_memory() -> None:
    data = _data()
    prices = [key for key, each in data["prices"].items() if "seen_at" not in each]
    tiers = [key for key, each in data["free_tiers"].items() if "seen_at" not in each]
    found = load_prices().from_memory
    assert found == (*prices, *(f"free {each}" for each in tiers))


def test_amounts_are_exact_decimals() -> None:
    prices = load_prices().prices
    assert prices["lambda-x86"].amount == Decimal("0.0000166667")
    assert prices["kms-requests"].of(Decimal(20_000)) == Decimal("0.06")
    assert all(isinstance(each["amount"], str) for each in _data()["prices"].values())


def test_a_free_tier_covers_prices_of_one_unit() -> None:
    table = load_prices()
    for tier in table.free_tiers:
        assert {table.prices[key].unit for key in tier.prices} == {tier.unit}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"priced": {"AWS::KMS::Key": ["gold"]}}, "no price for gold"),
        ({"free": {"AWS::KMS::Key": "no"}}, "priced and free: AWS::KMS::Key"),
        ({"prices": {"kms-key": {"amount": "-1"}}}, "kms-key costs -1"),
        ({"prices": {"kms-key": {"per": "0"}}}, "kms-key costs 1.00 for 0"),
        ({"prices": {"kms-key": {"looked_at": "soon"}}}, "looked at on soon"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_wrong_table_is_refused(change: dict[str, Any], told: str) -> None:
    data = _data()
    for block, entries in change.items():
        for key, value in entries.items():
            old = data[block].get(key)
            data[block][key] = {**old, **value} if isinstance(old, dict) else value
    with pytest.raises(ValueError, match=re.escape(told)):
        price_table(data)
