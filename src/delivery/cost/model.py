"""The data that flows: prices, quantities, lines, sections, levers. Money is `Decimal`, USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)
FOUNDATION, PIPELINE = "foundation", "pipeline"


@dataclass(frozen=True, slots=True)
class Price:
    """``amount`` USD for each ``per`` of ``unit``, in the price table's region.

    ``looked_at`` is None for a price that nobody looked up: it is from memory.
    """

    key: str
    service: str
    unit: str
    amount: Decimal
    per: Decimal
    source: str
    looked_at: date | None = None
    seen_at: str = ""

    def of(self, quantity: Decimal) -> Decimal:
        """Return what a quantity costs."""
        return quantity * self.amount / self.per


@dataclass(frozen=True, slots=True)
class FreeTier:
    """``quantity`` a month that an account gets for nothing, of any of ``prices``."""

    key: str
    quantity: Decimal
    unit: str
    prices: tuple[str, ...]
    source: str
    looked_at: date | None = None
    seen_at: str = ""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """All prices of one region, and what each resource type costs.

    ``priced`` maps a type to the keys of its prices, ``free`` to the reason why it costs
    nothing, ``extra`` to properties that cost more and are not counted.
    """

    region: str
    prices: Mapping[str, Price]
    free_tiers: tuple[FreeTier, ...]
    priced: Mapping[str, tuple[str, ...]]
    free: Mapping[str, str]
    extra: Mapping[str, tuple[str, ...]]

    @property
    def entries(self) -> tuple[Price | FreeTier, ...]:
        """Return all that somebody should have looked up."""
        return (*self.prices.values(), *self.free_tiers)

    @property
    def from_memory(self) -> tuple[str, ...]:
        """Name the prices and free tiers that nobody looked up."""
        return tuple(
            f"free {each.key}" if isinstance(each, FreeTier) else each.key
            for each in self.entries
            if each.looked_at is None
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """A quantity in a month: where it is used, at which price, and what it is."""

    section: str
    price: str
    what: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A usage with its amounts. ``free`` of ``quantity`` is in the account's free tier."""

    usage: Usage
    price: Price
    free: Decimal

    @property
    def before(self) -> Decimal:
        """Return the amount without a free tier."""
        return self.price.of(self.usage.quantity)

    @property
    def after(self) -> Decimal:
        """Return the amount that is left when the free tier is taken off."""
        return self.price.of(self.usage.quantity - self.free)


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of the foundation, of the pipeline or of one environment."""

    name: str
    lines: tuple[Line, ...]

    @property
    def before(self) -> Decimal:
        return sum((each.before for each in self.lines), ZERO)

    @property
    def after(self) -> Decimal:
        return sum((each.after for each in self.lines), ZERO)

    @property
    def of_the_delivery(self) -> bool:
        """Whether it belongs to the delivery system, not to an environment."""
        return self.name in (FOUNDATION, PIPELINE)


@dataclass(frozen=True, slots=True)
class Unpriced:
    """What the templates hold and the amounts do not."""

    section: str
    what: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A month's sections, in order, and how much of each free tier they use."""

    sections: tuple[Section, ...]
    free_used: Mapping[str, Decimal]

    @property
    def before(self) -> Decimal:
        return sum((each.before for each in self.sections), ZERO)

    @property
    def after(self) -> Decimal:
        return sum((each.after for each in self.sections), ZERO)

    @property
    def delivery(self) -> Estimate:
        """Return the foundation and the pipeline alone."""
        kept = tuple(each for each in self.sections if each.of_the_delivery)
        return Estimate(kept, self.free_used)

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for each in self.sections for line in each.lines)


@dataclass(frozen=True, slots=True)
class Lever:
    """What keeps the amount low: whether the templates have it, and what it saves.

    ``saves`` is None where that cannot be computed; where ``held`` is False it is what
    the lever would save.
    """

    key: str
    title: str
    held: bool
    evidence: str
    saves: Decimal | None
