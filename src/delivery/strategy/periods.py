"""When an alarm fires first, whose periods are good, bad or without data by chance.

The alarm's own rule decides (`awsrules.alarms`); this only walks all the ways in which
its last periods may stand, with the chance of each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from awsrules.alarms import AlarmRule, AlarmState, evaluate

# A period in a pattern; a pattern lists periods from old to new.
_NOTHING, _GOOD, _BAD = 0, 1, 2
_VALUES = {_NOTHING: None, _GOOD: 0.0, _BAD: 1.0}
# Chances below this are dropped: a million of them change nothing that is shown.
_NEGLIGIBLE = 1e-15

Pattern = tuple[int, ...]


class Periods:
    """The chance of each pattern of an alarm's last periods, while it has not fired.

    Periods are independent, so the patterns are the states of a Markov chain. What
    fires is taken out, so that the chances of firing over time add up to that of firing
    at all.
    """

    def __init__(self, *, looked_at: int, needed: int, missing_data: str) -> None:
        self._rule = AlarmRule(
            threshold=0.5,
            comparison="GreaterThanThreshold",
            evaluation_periods=looked_at,
            datapoints_to_alarm=needed,
            treat_missing_data=missing_data,
        )
        self._patterns: dict[Pattern, float] = {(): 1.0}

    @property
    def remembered(self) -> int:
        """How many periods before the newest the alarm looks at."""
        return self._rule.range_periods - 1

    def add(self, bad: float, *, no_data: float = 0.0) -> float:
        """Take one more period; return the chance that the alarm fires by it."""
        return self._step(bad, no_data, watched=True)

    def pass_by(self, bad: float, *, no_data: float = 0.0) -> None:
        """Take a period of the time before anybody watches."""
        self._step(bad, no_data, watched=False)

    def _step(self, bad: float, no_data: float, *, watched: bool) -> float:
        fired = 0.0
        following: dict[Pattern, float] = {}
        for pattern, period, chance in self._ways(bad, no_data):
            if watched and _fires(self._rule, (*pattern, period)):
                fired += chance
            else:
                kept = _that_matters(
                    self._rule, (*pattern, period), dense=no_data < _NEGLIGIBLE
                )
                following[kept] = following.get(kept, 0.0) + chance
        self._patterns = following
        return fired

    def _ways(self, bad: float, no_data: float) -> Iterator[tuple[Pattern, int, float]]:
        shares = ((_BAD, bad), (_GOOD, 1.0 - bad - no_data), (_NOTHING, no_data))
        for pattern, chance in self._patterns.items():
            for period, share in shares:
                if chance * share > _NEGLIGIBLE:
                    yield pattern, period, chance * share

    def left(self) -> float:
        """Return the chance of not having fired."""
        return math.fsum(self._patterns.values())


@lru_cache(maxsize=200_000)
def _fires(rule: AlarmRule, pattern: Pattern) -> bool:
    padded = (_NOTHING,) * (rule.range_periods - len(pattern)) + pattern
    values = [_VALUES[period] for period in padded]
    return evaluate(rule, values, AlarmState.OK).state is AlarmState.ALARM


@lru_cache(maxsize=200_000)
def _that_matters(rule: AlarmRule, pattern: Pattern, *, dense: bool) -> Pattern:
    """Make patterns equal that no period to come can tell apart.

    Periods too old to be looked at again are dropped. A bad one counts as good when even
    bad periods from now on come too late to make enough with it. ``dense`` says that
    none without data are to come; else each of those that CloudWatch looks at beyond
    the evaluated ones may keep a bad period in sight a little longer. Where missing data
    may itself be bad, or is neither, nothing is made equal.
    """
    kept = list(pattern[-(rule.range_periods - 1) :])
    treated = rule.treat_missing_data
    if treated == "notBreaching" or (treated == "breaching" and dense):
        _forget_hopeless(kept, rule, dense=dense)
    while kept and kept[0] == _NOTHING:
        del kept[0]
    return tuple(kept)


def _forget_hopeless(kept: list[int], rule: AlarmRule, *, dense: bool) -> None:
    in_sight = rule.evaluation_periods if dense else rule.range_periods
    bad_since, values_since = 0, 0
    for index in range(len(kept) - 1, -1, -1):
        if kept[index] == _BAD:
            to_come = in_sight - 1 - (values_since if dense else len(kept) - 1 - index)
            if bad_since + 1 + to_come < rule.needed:
                kept[index] = _GOOD
            else:
                bad_since += 1
        if kept[index] != _NOTHING:
            values_since += 1
