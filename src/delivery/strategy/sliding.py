"""When a count in a sliding window first reaches a limit.

An alarm is evaluated every minute, also one with a period of five: then at each minute
over the last five, and neighbouring windows share most of what they count.
(Amazon CloudWatch User Guide, "Evaluating an alarm".)
"""

from __future__ import annotations

import math

from delivery.strategy.chances import at_least, exactly

_NEGLIGIBLE = 1e-15


class SlidingCount:
    """The chance of each sequence of the last minutes' counts, while none reached it.

    A Markov chain whose states are the counts of the last ``minutes - 1`` minutes;
    their sum is below ``limit``, so that there are finitely many.
    """

    def __init__(self, *, minutes: int, limit: int) -> None:
        self._limit = limit
        self._counts: dict[tuple[int, ...], float] = {(0,) * (minutes - 1): 1.0}

    def add(self, mean: float) -> float:
        """Take one more minute; return the chance that the window reaches the limit.

        The minute's count is Poisson with ``mean``.
        """
        reached = 0.0
        following: dict[tuple[int, ...], float] = {}
        few = [exactly(count, mean) for count in range(self._limit)]
        for counts, chance in self._counts.items():
            left = self._limit - sum(counts)
            reached += chance * at_least(left, mean)
            for count in range(left):
                share = chance * few[count]
                if share > _NEGLIGIBLE:
                    kept = (*counts[1:], count)
                    following[kept] = following.get(kept, 0.0) + share
        self._counts = following
        return reached


def number_of_states(*, minutes: int, limit: int) -> int:
    """Return how many states such a chain has: sequences with a sum below the limit."""
    return math.comb(limit - 1 + minutes - 1, minutes - 1) if limit > 0 else 0
