"""Decide how a token follows another, from wherever an earlier attempt ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from delivery.deploy.access import same_token
from delivery.errors import BadInput
from delivery.model import Hidden, StoredSecret


class Turn(Enum):
    """What a rotation begins with."""

    NOTHING = auto()
    STORE = auto()
    GO_ON = auto()
    GO_BACK = auto()


@dataclass(frozen=True, slots=True)
class TokenState:
    """The token's versions, and which one the pipeline was made with.

    ``pending`` was stored by a rotation that has not ended: the pipeline may use it
    already. ``current`` is the last one that was proven, or that a deployment stored.
    """

    current: StoredSecret
    pending: StoredSecret | None
    in_use: str

    def uses(self, version_id: str) -> bool:
        """Tell whether the pipeline was made with that version."""
        return self.in_use == version_id


@dataclass(frozen=True, slots=True)
class Rotation:
    """The version that the pipeline shall use; empty for one that is still to be stored."""

    turn: Turn
    version_id: str = ""


def plan_rotation(state: TokenState, token: Hidden | None) -> Rotation:
    """Choose what to begin with; without a token an unfinished rotation goes on.

    Raises:
        BadInput: when there is neither a token nor anything to go on with.
    """
    current, pending = state.current, state.pending
    if token is None and pending is None:
        raise BadInput(
            "There is no new token.",
            why="None was given, and no earlier rotation is unfinished.",
            next_step="Give it at the prompt, with --token-stdin or in GITHUB_TOKEN.",
        )
    if token is not None and same_token(current, token):
        used = state.uses(current.version_id)
        turn = Turn.NOTHING if used else Turn.GO_BACK
        return Rotation(turn, current.version_id)
    if pending is not None and (token is None or same_token(pending, token)):
        return Rotation(Turn.GO_ON, pending.version_id)
    return Rotation(Turn.STORE)
