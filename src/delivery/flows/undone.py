"""What a rollback did, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from delivery.errors import Refused
from delivery.rollback.moves import Move
from delivery.rollback.options import Choice, Option, Way
from delivery.rollback.situation import Situation


@dataclass(frozen=True, slots=True)
class Undone:
    """What a rollback did; ``next_step`` is what only people can do."""

    environment: str
    way: Way
    summary: str
    moves: tuple[Move, ...] = ()
    seconds: float = 0.0
    from_release: int | None = None
    to_release: int | None = None
    next_step: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "environment": self.environment,
            "way": self.way.value,
            "summary": self.summary,
            "from_release": self.from_release,
            "to_release": self.to_release,
            "traffic_seconds": round(self.seconds, 2),
            "moves": [each.as_data() for each in self.moves],
            "next_step": self.next_step,
        }


def refused(environment: str, option: Option) -> Refused:
    """Say why a choice cannot be carried out now."""
    words = {
        Choice.STACK: "The entire stack cannot be rolled back now",
        Choice.FUNCTION: "One function cannot be moved now",
        Choice.CANCEL: "There is nothing to cancel",
    }
    return Refused(
        f"{words[option.choice]}: {option.reason}.",
        next_step=f"./rollback.py {environment} shows what can be done.",
    )


def overtaken(environment: str, now: Situation) -> Refused:
    """Say that somebody else was faster."""
    return Refused(
        f"{environment} changed while the rollback was being confirmed; nothing was moved.",
        why=f"Release {now.live} serves by the ledger now.",
        next_step=f"Look again: ./rollback.py {environment}",
    )


def second(environment: str, target: int) -> Refused:
    """Say that somebody else rolls back at the same time and wrote it down first."""
    return Refused(
        f"Somebody else rolls {environment} back at the same time and was first.",
        why=f"The ledger changed while aliases moved to release {target}; they finish it.",
        next_step=f"./rollback.py {environment} shows how far it is.",
    )
