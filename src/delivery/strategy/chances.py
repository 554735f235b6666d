"""Exact chances of counts of requests.

Requests that arrive independently at a steady mean rate are a Poisson process. Routing
each at random by a weight, and failing each at random by an error rate, thins it: what
reaches the new version, and what fails there, are Poisson processes too, independent of
what goes elsewhere. So a mean says all about a count; nothing here is an approximation
but the rounding of floating point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

# Terms below this share of what is summed up already change nothing.
_NEGLIGIBLE = 1e-17


def none_at_mean(mean: float) -> float:
    """Return the chance of no event where ``mean`` are expected: e^-mean (Poisson)."""
    return math.exp(-mean)


def exactly(count: int, mean: float) -> float:
    """Return P(X = count) = mean^count e^-mean / count! for a Poisson count."""
    if count < 0:
        return 0.0
    if mean <= 0:
        return 1.0 if count == 0 else 0.0
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def at_least(count: int, mean: float) -> float:
    """Return P(X >= count) for a Poisson count.

    The shorter side is summed: below the mean the terms under ``count`` are taken from
    one, above it the terms from ``count`` on are added, so that small chances keep
    their digits.
    """
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if count <= mean:
        return max(0.0, 1.0 - math.fsum(_terms_below(count, mean)))
    return min(1.0, math.fsum(_terms_from(count, mean)))


def in_reach(mean: float) -> range:
    """Return the counts outside of which a Poisson count falls with chance < 1e-15."""
    spread = 9.0 * math.sqrt(mean) + 30.0
    return range(max(0, math.floor(mean - spread)), math.ceil(mean + spread) + 1)


def _terms_below(count: int, mean: float) -> Iterator[float]:
    start = max(0, in_reach(mean).start)
    return (exactly(each, mean) for each in range(start, count))


def _terms_from(count: int, mean: float) -> Iterator[float]:
    term, each, total = exactly(count, mean), count, 0.0
    while term > total * _NEGLIGIBLE:
        yield term
        total += term
        each += 1
        term *= mean / each
