"""How long operations of a stack took before, and each of its resources in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from delivery.model import StackEvent

# An operation is told by the first word of its statuses.
CREATE, UPDATE, DELETE = "CREATE", "UPDATE", "DELETE"
_STARTED, _ENDED = "_IN_PROGRESS", "_COMPLETE"


@dataclass(frozen=True, slots=True)
class Expected:
    """Seconds that the operation and its resources took in the middle of earlier ones.

    ``seconds`` is None where the history tells of no such operation that succeeded.
    """

    seconds: float | None = None
    resources: Mapping[str, float] = field(default_factory=dict)


def expected_of(events: Iterable[StackEvent], verb: str) -> Expected:
    """Read events, the oldest first, of a stack's earlier operations of one kind."""
    took: dict[str, list[float]] = {}
    whole: list[float] = []
    began: dict[str, datetime] = {}
    for event in events:
        name = "" if event.of_the_stack_itself else event.logical_id
        if event.status == f"{verb}{_STARTED}":
            # It is said again once the physical id is known: the first time counts. The
            # stack's own begins another operation.
            if not name:
                began = {}
            began.setdefault(name, event.at)
        elif event.status == f"{verb}{_ENDED}" and name in began:
            seconds = (event.at - began.pop(name)).total_seconds()
            (took.setdefault(name, []) if name else whole).append(seconds)
    return Expected(
        median(whole) if whole else None,
        {name: median(each) for name, each in took.items()},
    )
