"""Options of ``cost``: one for each assumption, with its default, and rates."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import click

from delivery.cost.assumptions import (
    ASSUMPTIONS,
    DAYS_A_MONTH,
    SECONDS_A_MONTH,
    Assumption,
)

_A_MONTH = {
    "s": SECONDS_A_MONTH,
    "min": SECONDS_A_MONTH / 60,
    "h": SECONDS_A_MONTH / 3600,
    "day": DAYS_A_MONTH,
    "month": Decimal(1),
}
_UNITS = {**_A_MONTH, "": _A_MONTH["s"], "m": _A_MONTH["min"], "d": _A_MONTH["day"]}
MOST_REQUESTS = SECONDS_A_MONTH * 1_000_000


class MonthlyRate(click.ParamType):
    """Requests, as environment (empty for all) and requests a month."""

    name = "rate"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Decimal]:
        environment, equals, rate = str(value).rpartition("=")
        amount, _, unit = rate.partition("/")
        found = _decimal(amount)
        if found is None or unit.strip() not in _UNITS or (equals and not environment):
            self._refuse(value, param, ctx)
        requests = found * _UNITS[unit.strip()]
        if not 0 <= requests <= MOST_REQUESTS:
            self._refuse(value, param, ctx)
        return environment, requests

    def _refuse(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> NoReturn:
        self.fail(
            f"{value!r} is not a rate such as 50/s, 10000/day, 300000/month or "
            "production=5/s.",
            param,
            ctx,
        )


class Amount(click.ParamType):
    """The number of one assumption, within its limits."""

    name = "number"

    def __init__(self, assumption: Assumption) -> None:
        self.assumption = assumption

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        number, limits = _decimal(str(value)), self.assumption
        if number is None:
            self.fail(f"{value!r} is not a number.", param, ctx)
        if limits.whole and number != number.to_integral_value():
            self.fail(f"{value!r} is not a whole number.", param, ctx)
        if not limits.least <= number <= limits.most:
            self.fail(
                f"{value!r} is not from {limits.least} to {limits.most}.", param, ctx
            )
        return number


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def assumption_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``command`` an option for each assumption, as arguments of its name."""
    for each in reversed(ASSUMPTIONS):
        command = click.option(
            f"--{each.name}",
            type=Amount(each),
            metavar="N",
            help=f"{each.means}  [default: {each.default}]",
        )(command)
    return command
