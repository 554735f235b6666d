"""Whether a measurement lies within the limits that its own laboratory gave.

A judgement is made only where it must be right: units that are not the same, several
ranges that disagree, or a result known only as "less than" are left to a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from medical_records.fhir.dates import Partial, Precision

_YEAR_UNITS = ("a", "year", "years", "yr")
_DAYS_A_YEAR = Decimal("365.25")


class Verdict(StrEnum):
    """How a result lies to its range."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class NotJudged:
    """Why a result has no verdict."""

    reason: str


Judgement = Verdict | NotJudged


def judge(measurement: Mapping[str, Any], *, age: Decimal | None) -> Judgement:
    """Judge an observation or a component by its own reference ranges.

    Args:
        measurement: what holds ``valueQuantity`` and ``referenceRange``.
        age: the patient's age in years when it was measured, where that is known.
    """
    value = measurement.get("valueQuantity")
    if not value or "value" not in value:
        return NotJudged("no measured number")
    ranges = measurement.get("referenceRange", ())
    if not ranges:
        return NotJudged("no reference range")
    fitting = [limits for limits in ranges if _applies(limits, age)]
    if not fitting:
        return NotJudged("no reference range for this patient")
    return _agreed([_within(value, limits) for limits in fitting])


def age_in_years(born: Partial | None, then: Partial | None) -> Decimal | None:
    """Return the age at a moment, None where either is not known to the day."""
    if born is None or then is None:
        return None
    if min(born.precision, then.precision) < Precision.DAY:
        return None
    days = Decimal(then.nanoseconds - born.nanoseconds) / (86_400 * 10**9)
    return days / _DAYS_A_YEAR


def _agreed(judgements: Sequence[Judgement]) -> Judgement:
    """Return the one verdict of all ranges, or why there is none."""
    verdicts = set(judgements)
    if len(verdicts) == 1:
        return judgements[0]
    reasons = [j for j in judgements if isinstance(j, NotJudged)]
    return reasons[0] if reasons else NotJudged("reference ranges disagree")


def _applies(limits: Mapping[str, Any], age: Decimal | None) -> bool:
    """Drop ranges of another meaning than "normal", and of another age."""
    codings = limits.get("type", {}).get("coding", ())
    if codings and "normal" not in [coding.get("code") for coding in codings]:
        return False
    if age is None or "age" not in limits:
        return True
    low, high = (_years(limits["age"].get(end)) for end in ("low", "high"))
    # "To 12 years" may mean the twelfth birthday or the day before the thirteenth:
    # such an age fits both neighbours, and a verdict needs them to agree.
    return not (
        (low is not None and age < low) or (high is not None and age >= high + 1)
    )


def _years(quantity: Mapping[str, Any] | None) -> Decimal | None:
    if not quantity or "value" not in quantity:
        return None
    unit = str(quantity.get("code") or quantity.get("unit") or "").lower()
    return Decimal(quantity["value"]) if unit in _YEAR_UNITS else None


def _within(value: Mapping[str, Any], limits: Mapping[str, Any]) -> Judgement:
    low, high = limits.get("low"), limits.get("high")
    ends = [end for end in (low, high) if end and "value" in end]
    if not ends:
        return NotJudged("reference range without limits")
    for end in ends:
        difference = _unit_difference(value, end)
        if difference:
            return NotJudged(difference)
    lowest, highest = _limit(low), _limit(high)
    if lowest is not None and highest is not None and lowest > highest:
        return NotJudged("reference range contradicts itself")
    return _compare(value["value"], value.get("comparator"), lowest, highest)


def _limit(end: Mapping[str, Any] | None) -> Decimal | None:
    return Decimal(end["value"]) if end and "value" in end else None


def _compare(
    measured: int | Decimal,
    comparator: str | None,
    low: Decimal | None,
    high: Decimal | None,
) -> Judgement:
    number = Decimal(measured)
    match comparator:
        case None:
            if low is not None and number < low:
                return Verdict.LOW
            return (
                Verdict.HIGH if high is not None and number > high else Verdict.NORMAL
            )
        case "<" | "<=":
            return _known_below(number, comparator == "<", low, high)
        case ">" | ">=":
            return _known_above(number, comparator == ">", low, high)
        case _:
            return NotJudged("unknown comparator")


def _known_below(
    bound: Decimal, strict: bool, low: Decimal | None, high: Decimal | None
) -> Judgement:
    """Judge a result of which only "less than ``bound``" is known."""
    if low is not None and (bound < low or (strict and bound == low)):
        return Verdict.LOW
    if low is None and high is not None and bound <= high:
        return Verdict.NORMAL
    return NotJudged("known only as a bound")


def _known_above(
    bound: Decimal, strict: bool, low: Decimal | None, high: Decimal | None
) -> Judgement:
    """Judge a result of which only "more than ``bound``" is known."""
    if high is not None and (bound > high or (strict and bound == high)):
        return Verdict.HIGH
    if high is None and low is not None and bound >= low:
        return Verdict.NORMAL
    return NotJudged("known only as a bound")


def _unit_difference(value: Mapping[str, Any], limit: Mapping[str, Any]) -> str:
    """Say why two quantities cannot be compared; '' where they can."""
    if "code" in value and "code" in limit:
        systems = {value.get("system"), limit.get("system")} - {None}
        same = value["code"] == limit["code"] and len(systems) <= 1
        return "" if same else "units differ"
    ours, theirs = _units(value), _units(limit)
    if bool(ours) != bool(theirs):
        return "unit missing"
    return "" if not ours or ours & theirs else "units differ"


def _units(quantity: Mapping[str, Any]) -> set[str]:
    # UCUM is case-sensitive (mg and Mg are not the same): nothing is folded.
    return {
        str(quantity[name]).strip() for name in ("unit", "code") if name in quantity
    }
