"""Tell from samples of aliases whether traffic went over from one version to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from delivery.model import AliasRoute, Outcome


@dataclass(frozen=True, slots=True)
class AliasJourney:
    """The routes that one alias went through, in order, each once in a row."""

    function: str
    alias: str
    routes: tuple[AliasRoute, ...]

    @property
    def shifted(self) -> bool:
        """Whether it went from one version, through weights, to another alone."""
        first, last = self.routes[0], self.routes[-1]
        if first.shifting or last.shifting or first.version == last.version:
            return False
        return any(
            last.version in each.weights and each.version == first.version
            for each in self.routes
        )

    @property
    def returned(self) -> bool:
        """Whether another version got a share, and the first serves alone again."""
        first, last = self.routes[0], self.routes[-1]
        tried = any(each.shifting for each in self.routes)
        return tried and not last.shifting and last.version == first.version

    def __str__(self) -> str:
        return " → ".join(str(each) for each in self.routes)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "function": self.function,
            "alias": self.alias,
            "shifted": self.shifted,
            "returned": self.returned,
            "routes": [
                {"version": each.version, "weights": dict(each.weights)}
                for each in self.routes
            ],
        }


@dataclass(frozen=True, slots=True)
class Shift:
    """The journeys of all aliases, and what they amount to."""

    journeys: tuple[AliasJourney, ...]

    @property
    def outcome(self) -> Outcome:
        """Return passed when each alias shifted, not_run when none was seen."""
        if not self.journeys:
            return Outcome.NOT_RUN
        if all(each.shifted for each in self.journeys):
            return Outcome.PASSED
        return Outcome.FAILED

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "outcome": self.outcome.value,
            "aliases": [each.as_data() for each in self.journeys],
        }


def journeys_of(samples: Sequence[AliasRoute]) -> list[AliasJourney]:
    """Group samples by alias, and leave out what repeats the sample before."""
    routes: dict[tuple[str, str], list[AliasRoute]] = {}
    for sample in samples:
        seen = routes.setdefault((sample.function, sample.alias), [])
        if not seen or seen[-1] != sample:
            seen.append(sample)
    return [
        AliasJourney(function, alias, tuple(found))
        for (function, alias), found in routes.items()
    ]
