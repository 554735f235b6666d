"""When some aliases cannot be moved: go on, keep what was moved, or send it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from delivery.errors import DeliveryError, OperationFailed
from delivery.flows.moving import AliasMover, HalfWay
from delivery.ports import Clock
from delivery.rollback.moves import Move


class OnFailure(StrEnum):
    """What to do about aliases that could not be moved."""

    GO_ON = "go-on"
    KEEP = "keep"
    RETURN = "return"


Decide = Callable[[HalfWay], OnFailure]

# A permission that was just given counts for IAM after some seconds.
WAITS_SECONDS = (2.0, 4.0, 8.0, 16.0)


class Returned(OperationFailed):
    """Some aliases could not be moved, and the others were sent back."""


def keep(failure: HalfWay) -> OnFailure:
    """Leave each alias where it is: nobody is there to decide."""
    del failure
    return OnFailure.KEEP


@dataclass
class Steadfast:
    """Decides the same each time, except that it goes on only so often, and waits first."""

    choice: OnFailure
    clock: Clock
    tried: int = 0

    def __call__(self, failure: HalfWay) -> OnFailure:
        del failure
        if self.choice is not OnFailure.GO_ON:
            return self.choice
        if self.tried == len(WAITS_SECONDS):
            return OnFailure.KEEP
        self.clock.sleep(WAITS_SECONDS[self.tried])
        self.tried += 1
        return OnFailure.GO_ON


def move_all(
    mover: AliasMover,
    moves: Sequence[Move],
    *,
    look: Callable[[], Sequence[Move]],
    decide: Decide,
) -> float:
    """Carry out all moves and return the seconds it took, asking when some fail.

    ``look`` gives the same moves as they stand now.

    Raises:
        HalfWay: when what was moved is kept.
        Returned: when it was sent back.
    """
    began = mover.clock.monotonic()
    left = moves
    while True:
        try:
            mover.move(left)
        except HalfWay as failure:
            match decide(failure):
                case OnFailure.GO_ON:
                    left = look()
                    continue
                case OnFailure.RETURN:
                    _send_back(mover, moves, look(), failure.failed)
                    raise _returned(failure) from failure
                case _:
                    raise
        return mover.clock.monotonic() - began


def _send_back(
    mover: AliasMover,
    moves: Sequence[Move],
    now: Sequence[Move],
    failed: Mapping[str, DeliveryError],
) -> None:
    """Send each alias that was moved to the version that served before.

    Weights are not given back: their deployment was stopped before anything moved. What
    was not moved is not touched: somebody else may have changed it.
    """
    before = {each.alias.arn: each.alias.route.version for each in moves}
    mover.move(
        [
            replace(each, version=before[each.alias.arn])
            for each in now
            if each.alias.route.function not in failed
        ]
    )


def _returned(failure: HalfWay) -> Returned:
    causes = "; ".join(
        f"{name}: {_cause(error)}" for name, error in sorted(failure.failed.items())
    )
    return Returned(
        "The rollback was given up; every alias serves what it served before.",
        why=f"Not moved were {causes}",
        next_step="Mend the cause and run the same command again.",
    )


def _cause(error: DeliveryError) -> str:
    return f"{error.what} {error.why}".strip()
