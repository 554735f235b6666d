"""Decide a CloudWatch alarm's state from its datapoints.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
(Evaluating an alarm; Configuring how alarms treat missing data)
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

# CloudWatch looks at more periods than it evaluates, so that a late or missing datapoint does
# not count as missing. How many more is not documented; its examples show two.
_MORE_PERIODS = 2

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


class AlarmState(StrEnum):
    """The states of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """When an alarm fires: ``datapoints_to_alarm`` breaching of ``evaluation_periods``."""

    threshold: float
    comparison: str
    evaluation_periods: int = 1
    datapoints_to_alarm: int | None = None
    treat_missing_data: str = "missing"

    @property
    def needed(self) -> int:
        """Return how many breaching datapoints fire the alarm."""
        return self.datapoints_to_alarm or self.evaluation_periods

    @property
    def range_periods(self) -> int:
        """Return how many periods are looked at."""
        return self.evaluation_periods + _MORE_PERIODS

    def breaches(self, value: float) -> bool:
        """Say whether one datapoint is bad."""
        compare, _ = _COMPARISONS[self.comparison]
        return compare(value, self.threshold)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A state, and the reason in CloudWatch's words."""

    state: AlarmState
    reason: str


def evaluate(
    rule: AlarmRule, datapoints: Sequence[float | None], before: AlarmState
) -> Evaluation:
    """Return the alarm's state.

    Args:
        datapoints: the values of the last ``rule.range_periods`` complete periods, oldest
            first; None where a period has no data.
        before: the state until now, which missing data may leave as it is.
    """
    window = list(datapoints)[-rule.range_periods :]
    values = [value for value in window if value is not None]
    if not values:
        return _without_data(rule, before)
    if len(values) >= rule.evaluation_periods:
        # Enough data: what is missing plays no part, however it is to be treated.
        return _decide(rule, [rule.breaches(v) for v in values])
    return _with_gaps(rule, window, values, before)


def _with_gaps(
    rule: AlarmRule,
    window: list[float | None],
    values: list[float],
    before: AlarmState,
) -> Evaluation:
    bad = [rule.breaches(value) for value in values]
    filled = rule.evaluation_periods - len(values)
    match rule.treat_missing_data:
        case "breaching":
            return _decide(rule, bad + [True] * filled)
        case "notBreaching":
            return _decide(rule, bad + [False] * filled)
        case "ignore":
            if all(bad) and sum(bad) < rule.needed:
                return Evaluation(before, _reason(rule, bad))
            return _decide(rule, bad)
        case _:
            return _decide_missing(rule, window, bad)


def _decide_missing(
    rule: AlarmRule, window: list[float | None], bad: list[bool]
) -> Evaluation:
    """Treat missing data as missing: an old bad datapoint with nothing better since fires.

    "the oldest available breaching datapoint … is at least as old as the value of Datapoints
    to Alarm, and all other more recent data points are breaching or missing"
    """
    ages = [
        len(window) - index
        for index, value in enumerate(window)
        if value is not None and rule.breaches(value)
    ]
    premature = bool(ages) and all(bad) and max(ages) >= rule.needed
    if premature:
        return Evaluation(AlarmState.ALARM, _reason(rule, bad))
    return _decide(rule, bad)


def _decide(rule: AlarmRule, bad: list[bool]) -> Evaluation:
    recent = bad[-rule.evaluation_periods :]
    firing = sum(recent) >= rule.needed
    state = AlarmState.ALARM if firing else AlarmState.OK
    return Evaluation(state, _reason(rule, recent))


def _without_data(rule: AlarmRule, before: AlarmState) -> Evaluation:
    count = rule.evaluation_periods
    text = (
        f"Threshold Crossed: no datapoints were received for {count} period"
        f"{'s' if count != 1 else ''} and {count} missing datapoint"
        f"{'s were' if count != 1 else ' was'} treated as"
    )
    match rule.treat_missing_data:
        case "breaching":
            return Evaluation(AlarmState.ALARM, f"{text} [Breaching].")
        case "notBreaching":
            return Evaluation(AlarmState.OK, f"{text} [NonBreaching].")
        case "ignore":
            return Evaluation(before, "Insufficient Data: the state is kept.")
        case _:
            return Evaluation(
                AlarmState.INSUFFICIENT_DATA,
                f"Insufficient Data: {count} datapoint{'s were' if count != 1 else ' was'} "
                "unknown.",
            )


def _reason(rule: AlarmRule, bad: list[bool]) -> str:
    """Write the reason as CloudWatch does; it names counts, so that a reader can judge."""
    _, words = _COMPARISONS[rule.comparison]
    breaching = sum(bad)
    state = "were" if breaching >= rule.needed else "were not"
    return (
        f"Threshold Crossed: {breaching} out of the last {len(bad)} datapoints {state} "
        f"{words} the threshold ({rule.threshold}) (minimum {rule.needed} datapoint"
        f"{'s' if rule.needed != 1 else ''} for OK -> ALARM transition)."
    )
