"""Decide what a destruction removes, in which order, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from delivery.deploy.holdings import Holdings
from delivery.deploy.plan import Removal
from delivery.model import Stack
from delivery.names import (
    APPLICATION_STACK_PREFIX,
    ENVIRONMENTS,
    FOUNDATION_STACK,
    PIPELINE_STACK,
)

PRODUCTION = ENVIRONMENTS[-1]


@dataclass(frozen=True, slots=True)
class StackRemoval:
    """One stack that would be deleted, and what that does to what it holds."""

    stack: Stack
    removal: Removal
    holdings: Holdings

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "name": self.stack.name,
            "status": self.stack.status.value,
            **self.holdings.as_data(),
        }

    def lines(self) -> Iterator[str]:
        """Say what is deleted and what is left behind."""
        held = self.holdings
        yield (
            f"Stack {self.stack.name} ({self.stack.status}): {len(held.lost)} resources "
            f"deleted, {len(held.kept)} left behind"
        )
        for line in held.lines():
            yield f"  {line}"


@dataclass(frozen=True, slots=True)
class DestroyPlan:
    """The stacks in the order of their deletion."""

    removals: tuple[StackRemoval, ...]

    @property
    def touches_production(self) -> bool:
        """Whether the production application is among them."""
        name = APPLICATION_STACK_PREFIX + PRODUCTION
        return any(each.stack.name == name for each in self.removals)

    @property
    def touches_pipeline(self) -> bool:
        """Whether an execution that runs now would lose what it works on."""
        return any(
            each.stack.name in {PIPELINE_STACK, FOUNDATION_STACK}
            or each.stack.name.startswith(APPLICATION_STACK_PREFIX)
            for each in self.removals
        )

    def as_data(self) -> list[dict[str, Any]]:
        """Return plain data for JSON."""
        return [each.as_data() for each in self.removals]


def all_stacks() -> tuple[str, ...]:
    """Return the product's stacks in the order of their deletion.

    Applications come first: they were made with a role that the foundation holds, and
    the pipeline before the foundation that its roles and buckets come from.
    """
    applications = (APPLICATION_STACK_PREFIX + each for each in ENVIRONMENTS)
    return (*applications, PIPELINE_STACK, FOUNDATION_STACK)


def in_order(names: Iterable[str]) -> list[str]:
    """Put names into the order of deletion; stacks of others come first."""
    order = all_stacks()
    return sorted(names, key=lambda name: order.index(name) if name in order else -1)
