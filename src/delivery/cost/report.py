"""All of it for one configuration: the estimate, why it is what it is, and what holds it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from delivery.cost.actions import Around
from delivery.cost.assumptions import Assumptions
from delivery.cost.estimate import estimate
from delivery.cost.facts import Facts
from delivery.cost.levers import find_levers
from delivery.cost.model import (
    FOUNDATION,
    PIPELINE,
    Estimate,
    Lever,
    Line,
    PriceTable,
    Unpriced,
)
from delivery.cost.read import artifact_parameter, read_stack
from delivery.cost.templates import named, read_template
from delivery.cost.usage import usages

LEAST, MOST = Decimal(10), Decimal(30)
MOST_RELEASES = 10_000
LARGEST = 4

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Templates:
    """The three templates, and the parameters that each stack is given."""

    foundation: Template
    pipeline: Template
    application: Template
    delivery: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Corridor:
    """Whether foundation and pipeline cost 10 to 30 USD, and for how many releases.

    ``amount`` is what is left of ``before`` when the free tier is taken off; ``fewest``
    and ``most`` releases a month stay inside, None where no number does.
    """

    amount: Decimal
    before: Decimal
    fewest: int | None
    most: int | None

    @property
    def inside(self) -> bool:
        return LEAST <= self.amount <= MOST


@dataclass(frozen=True, slots=True)
class Report:
    """An estimate with all that a reader needs to judge it.

    ``estimate`` holds the sections that were asked for; amounts of the delivery and of
    levers always come from all of them.
    """

    region: str
    prices: PriceTable
    assumptions: Assumptions
    facts: Facts
    estimate: Estimate
    corridor: Corridor
    largest: tuple[Line, ...]
    levers: tuple[Lever, ...]
    unpriced: tuple[Unpriced, ...]
    left_out: tuple[str, ...]

    @property
    def reach(self) -> str:
        """Name the last environment that the pipeline deploys to."""
        reached = [each.environment for each in self.facts.pipeline.actions]
        return next((each for each in reversed(reached) if each), "none")

    @property
    def shifts(self) -> tuple[tuple[str, int], ...]:
        """Return the environments that a pipeline waits for, with the minutes of it."""
        reached = {each.environment for each in self.facts.pipeline.actions}
        found = (e for e in self.facts.environments if e.section in reached)
        return tuple((e.section, e.shift_minutes) for e in found if e.shift_minutes)


def read_facts(
    templates: Templates, prices: PriceTable, around: Around, *, region: str
) -> Facts:
    """Read all stacks, each with the parameters that it is given.

    Raises:
        TemplateError: for a template whose conditions or values cannot be decided.
    """
    foundation = read_template(templates.foundation, templates.delivery, region=region)
    pipeline = read_template(templates.pipeline, templates.delivery, region=region)
    store = artifact_parameter(pipeline)
    artifact_bucket = named(foundation.outputs.get(store))
    return Facts(
        foundation=read_stack(
            FOUNDATION,
            foundation,
            prices,
            around=around,
            artifact_bucket=artifact_bucket,
        ),
        pipeline=read_stack(
            PIPELINE, pipeline, prices, around=around, artifact_bucket=store
        ),
        environments=tuple(
            read_stack(
                name,
                read_template(templates.application, offered, region=region),
                prices,
                around=around,
            )
            for name, offered in templates.environments.items()
        ),
    )


def cost_report(
    facts: Facts,
    assumed: Assumptions,
    prices: PriceTable,
    *,
    region: str,
    only: str | None = None,
) -> Report:
    """Estimate a month. ``only`` shows one environment beside the delivery."""
    whole = estimate_of(facts, assumed, prices)
    shown = tuple(
        each
        for each in whole.sections
        if only is None or each.of_the_delivery or each.name == only
    )
    names = {each.name for each in shown}
    return Report(
        region=region,
        prices=prices,
        assumptions=assumed,
        facts=facts,
        estimate=Estimate(shown, whole.free_used),
        corridor=_corridor(facts, assumed, prices, whole.delivery),
        largest=_largest(whole.delivery),
        levers=find_levers(facts, lambda f: estimate_of(f, assumed, prices).after),
        unpriced=tuple(
            each
            for stack in facts.stacks
            for each in stack.unpriced
            if each.section in names
        ),
        left_out=tuple(e.name for e in whole.sections if e.name not in names),
    )


def estimate_of(facts: Facts, assumed: Assumptions, prices: PriceTable) -> Estimate:
    """Estimate a month of all stacks."""
    sections = [each.section for each in facts.stacks]
    return estimate(sections, usages(facts, assumed), prices)


def _corridor(
    facts: Facts, assumed: Assumptions, prices: PriceTable, delivery: Estimate
) -> Corridor:
    def costs(releases: int) -> Decimal:
        given = {**assumed.given, "releases": Decimal(releases)}
        changed = replace(assumed, given=given)
        return estimate_of(facts, changed, prices).delivery.after

    fewest = _first(lambda releases: costs(releases) >= LEAST)
    above = _first(lambda releases: costs(releases) > MOST)
    most = MOST_RELEASES if above is None else above - 1
    if fewest is None or most < fewest:
        return Corridor(delivery.after, delivery.before, None, None)
    return Corridor(delivery.after, delivery.before, fewest, most)


def _largest(delivery: Estimate) -> tuple[Line, ...]:
    """Return the lines that cost most after the free tier."""
    found = sorted(delivery.lines, key=lambda each: each.after, reverse=True)
    return tuple(each for each in found[:LARGEST] if each.after)


def _first(holds: Callable[[int], bool]) -> int | None:
    """Return the smallest number that a growing claim holds for, up to the most."""
    low, high = 0, MOST_RELEASES
    if not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
