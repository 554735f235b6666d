"""Fold events into releases; find the last known good one and what they protect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from delivery.ledger.events import (
    Deployed,
    Event,
    Failed,
    Kind,
    Pinned,
    Reconciled,
    RolledBack,
    TrafficComplete,
    Verified,
)


@dataclass(frozen=True, slots=True)
class Release:
    """One release in one environment, with what became of it.

    ``number`` counts the environment's releases from 1. ``verdict`` is the newest
    one, so a verification that was repeated and passed makes up for one that failed.
    """

    number: int
    environment: str
    execution: str
    deployed_at: datetime
    deployed: Deployed
    traffic_complete_at: datetime | None = None
    verdict: Kind | None = None
    verdict_at: datetime | None = None
    reason: str = ""
    rolled_back_at: datetime | None = None

    @property
    def good(self) -> bool:
        """Whether all traffic went to it, its verification passed, and it was kept."""
        return (
            self.traffic_complete_at is not None
            and self.verdict is Kind.VERIFIED
            and self.rolled_back_at is None
        )

    @property
    def state(self) -> Kind:
        """Return how far it came, in the ledger's words."""
        if self.rolled_back_at is not None:
            return Kind.ROLLED_BACK
        if self.verdict is not None:
            return self.verdict
        if self.traffic_complete_at is not None:
            return Kind.TRAFFIC_COMPLETE
        return Kind.DEPLOYED


def releases_of(events: Iterable[Event]) -> list[Release]:
    """Return the releases that ``events`` (oldest first) tell about, newest first.

    An event about a release whose ``deployed`` is not among them is passed over, so a
    part of a ledger can be folded too.
    """
    found: dict[int, Release] = {}
    for event in events:
        match event.fact:
            case Deployed():
                found[event.release] = _begun(event, event.fact)
            case RolledBack() as back:
                _taken_back(found, back, event.at)
            case _ if event.release in found:
                found[event.release] = _continued(found[event.release], event)
    return sorted(found.values(), key=lambda each: each.number, reverse=True)


def _taken_back(found: dict[int, Release], back: RolledBack, at: datetime) -> None:
    """Mark the release that was left; the one that serves again counts as kept."""
    if (left := found.get(back.from_release)) is not None:
        found[left.number] = replace(left, rolled_back_at=at)
    if (again := found.get(back.to_release)) is not None:
        found[again.number] = replace(again, rolled_back_at=None)


def _begun(event: Event, fact: Deployed) -> Release:
    return Release(
        number=event.release,
        environment=event.scope.environment,
        execution=event.execution,
        deployed_at=event.at,
        deployed=fact,
    )


def _continued(release: Release, event: Event) -> Release:
    match event.fact:
        case TrafficComplete():
            return replace(release, traffic_complete_at=event.at)
        case Verified():
            return replace(
                release, verdict=Kind.VERIFIED, verdict_at=event.at, reason=""
            )
        case Failed(reason=reason):
            return replace(
                release, verdict=Kind.FAILED, verdict_at=event.at, reason=reason
            )
        case _:
            return release


def last_known_good(
    releases: Sequence[Release], *, other_than: int | None = None
) -> Release | None:
    """Return the newest good release of ``releases`` (newest first), or None.

    ``other_than`` leaves out the release that is to be taken back.
    """
    return next(
        (each for each in releases if each.good and each.number != other_than), None
    )


def live_release(events: Sequence[Event]) -> int | None:
    """Return the number of the release that serves by what was recorded, or None.

    A rollback makes its target serve again; a deployment takes over from either.
    """
    live: int | None = None
    for event in events:
        match event.fact:
            case Deployed():
                live = event.release
            case RolledBack(to_release=number):
                live = number
    return live


def open_pins(events: Iterable[Event]) -> dict[str, Pinned]:
    """Return pins by function that no ``reconciled`` has resolved since."""
    pins: dict[str, Pinned] = {}
    for event in events:
        match event.fact:
            case Pinned() as pin:
                pins[pin.function] = pin
            case Reconciled(functions=functions):
                for name in functions:
                    pins.pop(name, None)
    return pins


def content_of(deployed: Deployed) -> str:
    """Return what two releases of the same template and parameters have in common."""
    return f"{deployed.template.sha256} {sorted(deployed.parameters.items())}"


def protected_releases(
    releases: Sequence[Release], *, newest: int, live: int | None
) -> list[Release]:
    """Return the releases that clean-up must leave whole, newest first.

    The ``newest`` of all, the one that serves, and of the good ones as many as bring together
    ``newest`` different contents, two at least: a rollback passes over releases of the
    content that it leaves, so the good release before last may be its only way back.
    """
    contents: set[str] = set()
    kept: list[Release] = []
    for place, each in enumerate(releases):
        among_the_good = each.good and len(contents) < max(newest, 2)
        if among_the_good:
            contents.add(content_of(each.deployed))
        if place < newest or each.number == live or among_the_good:
            kept.append(each)
    return kept
