"""``cost``: what the delivery and each environment cost in a month."""

from __future__ import annotations

from decimal import Decimal

import click

from delivery.cli.cost_options import MonthlyRate, assumption_options
from delivery.cli.options import Settings, common_options
from delivery.names import WAYS_TO_READ_GITHUB


@click.command()
@click.option("--environment", metavar="NAME", help="Only this environment.")
@click.option(
    "--rate",
    "rates",
    type=MonthlyRate(),
    multiple=True,
    metavar="[ENV=]RATE",
    help="Requests to an environment's API, such as 5/s, 10000/day or 300000/month; "
    "for all environments, or for ENV.  [default: 10000/day to the last one, 1000/day "
    "to others]",
)
@click.option(
    "--access",
    type=click.Choice(WAYS_TO_READ_GITHUB),
    default="connection",
    show_default=True,
    help="How GitHub is read; a token takes two secrets.",
)
@assumption_options
@common_options
@click.pass_obj
def cost(
    settings: Settings,
    /,
    *,
    environment: str | None,
    rates: tuple[tuple[str, Decimal], ...],
    access: str,
    **numbers: Decimal | None,
) -> None:
    """Estimate what the delivery and each environment cost in a month.

    Templates and configuration say what there is, options how much it is used; every
    assumption is printed. Prices are public list prices of us-east-1, in USD, without
    tax. Nothing is read from AWS.
    """
    from delivery.cli.costing import show_cost

    given = {
        name.replace("_", "-"): number
        for name, number in numbers.items()
        if number is not None
    }
    show_cost(settings, environment, rates=rates, access=access, given=given)
