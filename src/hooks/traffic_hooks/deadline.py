"""An end to waiting before Lambda ends the function."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN_SECONDS = 0.5


class OutOfTime(BaseException):
    """The time for checks is over.

    Not an `Exception`, so that no library in between takes it for an error of its own,
    swallows it and tries again.
    """


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the body when it takes longer than ``seconds``.

    By a timer signal, because that alone ends a read that hangs; Lambda calls handlers
    in the main thread, where signals arrive. It rings again until the body is left.
    """
    if seconds <= 0:
        raise OutOfTime
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise OutOfTime
