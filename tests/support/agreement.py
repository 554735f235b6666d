"""Whether a simulated share or mean agrees with the predicted one.

A chance may differ from the simulated share by 3.9 standard errors, a mean by as many of
its own: one honest cell in ten thousand differs by more.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

ERRORS = 3.9


def agrees_share(chance: float, share: float, runs: int) -> bool:
    """Whether ``share`` of ``runs`` may come of ``chance``."""
    # Where next to nothing is expected, a run or two may still happen.
    error = math.sqrt(max(chance * (1 - chance), 0.5 / runs) / runs)
    return abs(share - chance) <= ERRORS * error


def agrees_mean(mean: float, found: Sequence[float]) -> bool:
    """Whether values found by simulation may have ``mean``."""
    error = statistics.stdev(found) / math.sqrt(len(found))
    # Twelve phases stand for all: a fifth of a percent.
    return abs(statistics.fmean(found) - mean) <= ERRORS * error + 0.002 * mean
