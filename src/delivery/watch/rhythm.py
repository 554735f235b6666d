"""How long to wait until the next look: short while there is news, longer while not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

_SLOWER = 1.5
# Without news the looks become this much rarer.
_SLOWEST = 2.0
# Many who began together do not stay together.
_JITTER = 0.2


@dataclass
class Rhythm:
    """Waits between looks: from ``shortest`` seconds up to ``longest`` without news."""

    shortest: float
    longest: float
    chance: Callable[[], float] = random.random
    _present: float = field(init=False)

    @classmethod
    def around(cls, poll_seconds: float) -> Rhythm:
        """Return the rhythm of a live view that looks every ``poll_seconds``."""
        return cls(poll_seconds, _SLOWEST * poll_seconds)

    def __post_init__(self) -> None:
        self._present = self.shortest

    def wait(self, *, news: bool) -> float:
        """Return the seconds to wait after a look that found news, or none."""
        seconds = self.shortest if news else self._present
        self._present = min(seconds * _SLOWER, self.longest)
        return seconds * (1 + _JITTER * (2 * self.chance() - 1))
