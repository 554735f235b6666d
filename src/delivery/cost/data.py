"""An estimate as plain data: amounts are texts with six digits, so that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from delivery.cost.model import FreeTier, Lever, Line, Price, Section
from delivery.cost.report import LEAST, MOST, Report
from delivery.cost.words import Origin, notes, reason_lines


def report_data(report: Report, origins_: Sequence[Origin]) -> dict[str, Any]:
    """Return a report as plain data; amounts are texts with six digits."""
    return {
        "currency": "USD",
        "region": report.region,
        "prices_region": report.prices.region,
        "sections": [_section_data(each) for each in report.estimate.sections],
        "total": _amounts(report.estimate.before, report.estimate.after),
        "delivery": {
            **_amounts(report.corridor.before, report.corridor.amount),
            "least": exact(LEAST),
            "most": exact(MOST),
            "within": report.corridor.inside,
            "fewest_releases": report.corridor.fewest,
            "most_releases": report.corridor.most,
            "reasons": list(reason_lines(report)),
        },
        "free_tier": [
            {
                "tier": tier.key,
                "unit": tier.unit,
                "free": exact(tier.quantity),
                "used": exact(report.estimate.free_used[tier.key]),
                **_source_data(tier),
            }
            for tier in report.prices.free_tiers
            if tier.key in report.estimate.free_used
        ],
        "levers": [_lever_data(each) for each in report.levers],
        "not_priced": [
            {
                "section": each.section,
                "what": each.what,
                "count": each.count,
                "why": each.why,
            }
            for each in report.unpriced
        ],
        "assumptions": [
            {
                "name": each.name,
                "value": each.value,
                "means": each.means,
                "from": each.source,
            }
            for each in origins_
        ],
        "prices": [_price_data(each) for each in _used_prices(report)],
        "notes": list(notes(report)),
    }


def exact(amount: Decimal) -> str:
    """Write an amount with six digits, as data."""
    return f"{amount:.6f}"


def _amounts(before: Decimal, after: Decimal) -> dict[str, str]:
    return {"before_free_tier": exact(before), "after_free_tier": exact(after)}


def _section_data(section: Section) -> dict[str, Any]:
    return {
        "section": section.name,
        "lines": [_line_data(each) for each in section.lines],
        **_amounts(section.before, section.after),
    }


def _line_data(line: Line) -> dict[str, Any]:
    return {
        "service": line.price.service,
        "what": line.usage.what,
        "price": line.price.key,
        "quantity": exact(line.usage.quantity),
        "unit": line.price.unit,
        "free": exact(line.free),
        **_amounts(line.before, line.after),
    }


def _lever_data(lever: Lever) -> dict[str, Any]:
    return {
        "lever": lever.key,
        "title": lever.title,
        "held": lever.held,
        "evidence": lever.evidence,
        "saves": None if lever.saves is None else exact(lever.saves),
    }


def _used_prices(report: Report) -> Iterator[Price]:
    used = {each.price.key for each in report.estimate.lines}
    return (each for key, each in report.prices.prices.items() if key in used)


def _price_data(price: Price) -> dict[str, Any]:
    return {
        "price": price.key,
        "service": price.service,
        "unit": price.unit,
        "amount": f"{price.amount:f}",
        "per": f"{price.per:f}",
        **_source_data(price),
    }


def _source_data(entry: Price | FreeTier) -> dict[str, Any]:
    looked_at = entry.looked_at
    return {
        "source": entry.source,
        "verified": looked_at is not None,
        "looked_at": looked_at.isoformat() if looked_at else None,
        "seen_at": entry.seen_at or None,
    }
