"""What a month costs beside what happened: an estimate, for as many releases as there were."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from delivery.report.facts import Report

DAYS_A_MONTH = Decimal("30.4375")


@dataclass(frozen=True, slots=True)
class Part:
    """A month of the foundation, the pipeline or one environment, in USD.

    ``after`` is what is left when the account's free tier is taken off.
    """

    name: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """A month's parts in order, for ``releases`` a month; ``region`` is that of the prices."""

    parts: tuple[Part, ...]
    releases: Decimal
    region: str

    @property
    def before(self) -> Decimal:
        """Return the whole without a free tier."""
        return sum((each.before for each in self.parts), Decimal(0))

    @property
    def after(self) -> Decimal:
        """Return what is left of the whole."""
        return sum((each.after for each in self.parts), Decimal(0))


def releases_a_month(found: Report) -> Decimal | None:
    """Return the releases of the last environment, for a month of this period's pace.

    None where there were none: nobody knows then how many there will be.
    """
    return a_month(len(found.releases[-1].releases), found.period.days)


def a_month(number: int, days: float) -> Decimal | None:
    """Return how many of something a month brings when ``days`` brought ``number``.

    None for none, 1 at least.
    """
    if not number:
        return None
    pace = number * DAYS_A_MONTH / Decimal(days)
    return max(pace.to_integral_value(), Decimal(1))
