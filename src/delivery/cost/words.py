"""An estimate as people read it; here amounts are rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from delivery.cost.assumptions import ASSUMPTIONS, DEFAULT, OPTION
from delivery.cost.model import Lever, Line, Price
from delivery.cost.report import LEAST, MOST, MOST_RELEASES, Report

LINE_HEADER = ("ITEM", "QUANTITY", "PRICE", "BEFORE", "AFTER")
TOTAL_HEADER = ("USD A MONTH", "BEFORE FREE TIER", "AFTER")
FREE_HEADER = ("FREE TIER", "FREE", "USED")
LEVER_HEADER = ("LEVER", "THERE", "SAVES, USD", "SEEN IN")
ORIGIN_HEADER = ("NAME", "VALUE", "FROM")

OF_TEMPLATE = "default of the pipeline's template"

# Keys of the configuration that the amounts stand on.
OF_THE_DELIVERY = frozenset(
    {
        "foundation.artifact_retention_days",
        "foundation.access_log_retention_days",
        "foundation.audit_retention_days",
        "foundation.existing_trail",
        "pipeline.build_compute_type",
        "pipeline.log_retention_days",
        "pipeline.notification_emails",
    }
)
OF_A_PLACE = frozenset(
    {
        "lambda.memory_megabytes",
        "cloudwatch.log_retention_days",
        "cloudwatch.access_log_retention_days",
        "cloudwatch.detailed_metrics",
        "blue_green.enabled",
        "blue_green.traffic_shift_type",
        "blue_green.traffic_shift_percentage",
        "blue_green.traffic_shift_interval",
        "monitoring.tracing",
        "security.web_acl",
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """One value that the amounts stand on, and where it came from."""

    name: str
    value: str
    means: str
    source: str

    @property
    def row(self) -> tuple[str, str, str]:
        return self.name, self.value, self.source


def origins(report: Report, configured: Iterable[Origin]) -> tuple[Origin, ...]:
    """List every assumption with its value and where it comes from."""
    assumed = report.assumptions
    own = [
        Origin(
            each.name, bare(assumed[each.name]), each.means, assumed.origin(each.name)
        )
        for each in ASSUMPTIONS
    ]
    rates = [
        Origin(
            f"{section.name}.requests",
            bare(assumed.requests_of(section.name)),
            "Requests a month to the environment's API.",
            OPTION if section.name in assumed.requests else DEFAULT,
        )
        for section in report.estimate.sections
        if not section.of_the_delivery
    ]
    access = Origin(
        "access", assumed.access, "How GitHub is read.", assumed.access_from
    )
    reach = Origin("reach", report.reach, "How far the pipeline goes.", OF_TEMPLATE)
    return (*own, *rates, access, reach, *configured)


def usd(amount: Decimal) -> str:
    """Write an amount; what is not nothing does not look like nothing."""
    return "<0.01" if 0 < amount < Decimal("0.005") else f"{amount:,.2f}"


def plain(number: Decimal) -> str:
    """Write a number without an exponent, without zeros at its end, with 2 digits at most."""
    text = f"{number:,.2f}" if number >= 1 else f"{number:.4f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bare(number: Decimal) -> str:
    """Write a number exactly, as an option takes it."""
    return f"{number.normalize():f}"


def price_text(price: Price) -> str:
    """Write a unit price: 0.002, 0.03/10,000 or 3.5/million."""
    amount = f"{price.amount.normalize():f}"
    if price.per == 1:
        return amount
    return f"{amount}/million" if price.per == 1_000_000 else f"{amount}/{price.per:,f}"


def amount_text(line: Line) -> str:
    """Write a quantity with its unit, in the singular for one."""
    unit, quantity = line.price.unit, line.usage.quantity
    if quantity == 1 and unit.endswith("s") and not unit.endswith("-s"):
        unit = unit.removesuffix("s")
    return f"{plain(quantity)} {unit}"


def line_row(line: Line) -> tuple[str, ...]:
    """Write a line under `LINE_HEADER`."""
    return (
        f"{line.price.service}: {line.usage.what}",
        amount_text(line),
        price_text(line.price),
        usd(line.before),
        usd(line.after),
    )


def lever_row(lever: Lever) -> tuple[str, ...]:
    """Write a lever under `LEVER_HEADER`."""
    saves = "not known" if lever.saves is None else usd(lever.saves)
    there = "yes" if lever.held else "no"
    return lever.title, there, saves, lever.evidence


def free_rows(report: Report) -> list[tuple[str, ...]]:
    """Write the free tiers that are used under `FREE_HEADER`."""
    used = report.estimate.free_used
    return [
        (
            ", ".join(
                dict.fromkeys(report.prices.prices[p].service for p in tier.prices)
            )
            + f": {tier.unit}",
            plain(tier.quantity),
            plain(used[tier.key]),
        )
        for tier in report.prices.free_tiers
        if tier.key in used
    ]


def corridor_lines(report: Report) -> Iterator[str]:
    """Say whether the delivery costs what it should, and how far that holds."""
    corridor = report.corridor
    word = "within" if corridor.inside else "not within"
    yield (
        f"Foundation and pipeline: {usd(corridor.amount)} USD a month, {word} "
        f"{LEAST} to {MOST}; {usd(corridor.before)} before the free tier."
    )
    if corridor.fewest is None:
        yield "  With these assumptions no number of releases brings it there."
        return
    holds = "It stays there" if corridor.inside else "It would be there"
    if corridor.most == MOST_RELEASES:
        yield f"  {holds} from {corridor.fewest} releases a month on."
    else:
        yield (
            f"  {holds} with {corridor.fewest} to {corridor.most} releases a month, "
            "all else the same."
        )


def reason_lines(report: Report) -> Iterator[str]:
    """Say what the delivery's amount is made of: its largest lines, and what drives them."""
    total = report.corridor.amount
    for line in report.largest:
        yield (
            f"{usd(line.after)} ({line.after / total:.0%}): {line.price.service}, "
            f"{line.usage.what}: {amount_text(line)} at {price_text(line.price)}"
        )
    if report.shifts:
        waits = " and ".join(f"{minutes} in {name}" for name, minutes in report.shifts)
        yield (
            "An action that waits for traffic to shift is charged by the minute: "
            f"{waits}, for each of {plain(report.assumptions['releases'])} releases"
        )


def notes(report: Report) -> Iterator[str]:
    """Say what a reader has to know before a budget is made of it."""
    prices = report.prices
    if report.region != prices.region:
        yield (
            f"The prices are of {prices.region}; {report.region} is not in the table and "
            "may cost more."
        )
    looked = [each.looked_at for each in prices.entries if each.looked_at is not None]
    if looked:
        yield (
            f"Public list prices of {prices.region}, in USD, without tax and support; "
            f"looked at on {min(looked).isoformat()} in stored copies of public pages."
        )
    if memory := prices.from_memory:
        are = "1 price is" if len(memory) == 1 else f"{len(memory)} prices are"
        yield f"{are} from memory of the public list; check: {', '.join(memory)}."
    yield (
        "The free tier is one for an account: what else runs there uses it, too. Offers "
        "of an account's first year are left out."
    )
    if report.left_out:
        yield (
            f"Not shown: {', '.join(report.left_out)}; the free tier is shared with them, "
            "and levers save in all."
        )


def setting_text(value: object) -> str:
    """Write a value of the configuration; nothing is written as none."""
    match value:
        case bool():
            return str(value).lower()
        case list() | tuple():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value) or "none"
