"""What a rollback would do, told before it is confirmed and in a dry run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from delivery.errors import Refused
from delivery.flows.undo import Undoer
from delivery.flows.undone import refused
from delivery.rollback.moves import Move
from delivery.rollback.options import Choice, Option, Way
from delivery.rollback.situation import Known, Situation, pick_release

_SKIPPING = (
    "Skipped are {names}: CloudFormation takes them as rolled back and does not touch "
    "them. What they are then differs from the template, so later updates may fail until "
    "somebody mends them by hand."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done; ``target`` and ``moves`` are of a rollback by traffic."""

    environment: str
    option: Option
    target: Known | None = None
    moves: tuple[Move, ...] = ()
    skip: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the plan in sentences."""
        if self.target is None:
            said = [f"{self.environment}: {self.option.reason}."]
            if self.skip:
                said.append(_SKIPPING.format(names=", ".join(self.skip)))
            return "\n".join(said)
        lines = [
            f"Traffic goes to release {self.target.number} ({self.target.commit[:8]}):"
        ]
        lines += [f"  {each}" for each in self.moves]
        lines.append("Then the stack is brought to the same release, without a shift.")
        return "\n".join(lines)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "environment": self.environment,
            "choice": self.option.choice.value,
            "way": self.option.way.value if self.option.way else None,
            "reason": self.option.reason,
            "to_release": self.target.number if self.target else None,
            "commit": self.target.commit if self.target else None,
            "moves": [each.as_data() for each in self.moves],
            "skip": list(self.skip),
        }


def plan_of(
    undoer: Undoer,
    situation: Situation,
    option: Option,
    *,
    to: int | None,
    skip: Sequence[str],
) -> Plan:
    """Return what the option would do.

    Raises:
        Refused: when a flag asks for what this way cannot do.
    """
    environment = situation.environment
    if option.way is not Way.TRAFFIC_FIRST and to is not None:
        raise Refused(
            f"Release {to} cannot be chosen now: {option.reason}.",
            why="CloudFormation itself leads back to what was before, and to nothing else.",
            next_step=f"Without --to first; then ./rollback.py {environment} --stack "
            f"--to {to}.",
        )
    if option.way is not Way.CONTINUE_ROLLBACK and skip:
        raise Refused(
            f"Nothing can be skipped now: {option.reason}.",
            why="Only a rollback that got stuck (UPDATE_ROLLBACK_FAILED) skips resources.",
            next_step="Leave --skip out.",
        )
    if option.way is not Way.TRAFFIC_FIRST or option.choice is not Choice.STACK:
        return Plan(environment, option, skip=tuple(skip))
    target = pick_release(situation, to)
    if target is None:
        raise refused(environment, option)
    return Plan(environment, option, target, undoer.moves_to(target.number))
