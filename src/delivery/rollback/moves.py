"""Which alias goes to which version, and what forbids that before anything moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from delivery.errors import Refused
from delivery.model import AliasNow, VersionNow


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a release made of one function, as the ledger has it."""

    version: str
    code_sha256: str


@dataclass(frozen=True, slots=True)
class Move:
    """One alias with the version that shall serve alone."""

    alias: AliasNow
    version: str
    code_sha256: str

    @property
    def needed(self) -> bool:
        """Whether the alias leads elsewhere, or to two versions."""
        route = self.alias.route
        return route.shifting or route.version != self.version

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "function": self.alias.route.function,
            "alias": self.alias.route.alias,
            "from": str(self.alias.route),
            "to": self.version,
        }

    def __str__(self) -> str:
        route = self.alias.route
        return f"{route.function}:{route.alias}  {route} → {self.version}"


def plan_moves(
    aliases: Sequence[AliasNow], wanted: Mapping[str, Wanted]
) -> tuple[Move, ...]:
    """Return a move for each alias that the release knew; ``wanted`` goes by function.

    An alias of a function that came later stays where it is: nothing of the release
    calls it. A function of the release that is gone forbids the rollback.

    Raises:
        Refused: when a function of the release has no alias any more.
    """
    there = {each.route.function: each for each in aliases}
    gone = sorted(set(wanted) - set(there))
    if gone:
        raise Refused(
            f"The release needs {', '.join(gone)}, which is not there any more.",
            why="A later release took it away; traffic cannot be sent to it.",
            next_step="Release the commit again: git revert, and push.",
        )
    return tuple(
        Move(there[name], want.version, want.code_sha256)
        for name, want in sorted(wanted.items())
    )


def problem_of(move: Move, version: VersionNow | None) -> str:
    """Say what forbids sending traffic to a version; empty when nothing does."""
    name = f"version {move.version} of {move.alias.route.function}"
    if version is None:
        return f"{name} was deleted"
    if not version.can_serve:
        return f"{name} is {version.state}, its last update {version.update}"
    if version.code_sha256 != move.code_sha256:
        return f"{name} does not hold the code that was recorded"
    return ""
