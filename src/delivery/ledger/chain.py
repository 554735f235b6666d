"""Each event carries the hash of the one before it; say what is wrong with a chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from delivery.ledger.codec import decode, hash_of
from delivery.ledger.events import Event, Kind, LedgerBroken, Scope

# Writers have clocks of their own; S3 refuses whose is off by more than 15 minutes
# (RequestTimeTooSkewed), so two of them differ by no more than twice that.
CLOCKS_DIFFER = timedelta(minutes=30)
# Kinds that may tell about no release: an alias can be pinned before the first one.
_WITHOUT_RELEASE = frozenset({Kind.PINNED, Kind.RECONCILED})


@dataclass(frozen=True, slots=True)
class Link:
    """One object of the ledger as it was read."""

    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold, and the object where it shows."""

    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what}"


def problems_of(scope: Scope, links: Sequence[Link]) -> list[Problem]:
    """Return everything that is wrong with a whole ledger, in order of its keys.

    It finds objects that were changed, removed from the middle or the beginning, put in
    between, or moved from another ledger. It cannot find that the newest one was changed or
    the newest ones removed, because nothing comes after them; the bucket's versions can.
    """
    found: list[Problem] = []
    previous: Event | None = None
    previous_sha256 = ""
    expected = 1
    deployed: list[int] = []
    for link in links:
        try:
            sequence = scope.sequence(link.key)
            event = decode(link.content, where=link.key)
        except LedgerBroken as error:
            found.append(Problem(link.key, error.what))
            previous, previous_sha256 = None, hash_of(link.content)
            expected += 1
            continue
        if event.kind is Kind.DEPLOYED:
            deployed.append(event.release)
        complaints = [
            *_out_of_place(scope, event, sequence, expected),
            *_out_of_order(event, previous),
            *_about_nothing(event, deployed),
        ]
        if event.previous_sha256 != previous_sha256:
            complaints.append(
                "the event before it is not the one that it was written after"
            )
        found.extend(Problem(link.key, each) for each in complaints)
        previous, previous_sha256 = event, hash_of(link.content)
        expected = sequence + 1
    return found


def _out_of_place(
    scope: Scope, event: Event, sequence: int, expected: int
) -> Iterator[str]:
    if event.scope != scope:
        yield f"it was written for {event.scope.prefix}"
    if event.sequence != sequence:
        yield f"it says that it is event {event.sequence}"
    if sequence != expected:
        missing = f"{expected}" if sequence == expected + 1 else f"from {expected}"
        yield f"event {missing} is missing before it"


def _out_of_order(event: Event, previous: Event | None) -> Iterator[str]:
    if previous is not None and previous.at - event.at > CLOCKS_DIFFER:
        minutes = (previous.at - event.at).total_seconds() / 60
        yield f"it is {minutes:.0f} minutes older than the event before it"


def _about_nothing(event: Event, deployed: Sequence[int]) -> Iterator[str]:
    """Releases are numbered from 1; ``deployed`` ends with the event's own, if it is one."""
    if event.kind is Kind.DEPLOYED:
        following = deployed[-2] + 1 if len(deployed) > 1 else 1
        if event.release != following:
            yield f"it calls itself release {event.release}, and {following} follows"
    elif event.release not in deployed and event.kind not in _WITHOUT_RELEASE:
        yield f"there is no release {event.release} before it"
