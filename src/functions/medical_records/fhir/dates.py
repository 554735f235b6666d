"""FHIR's dates: of any precision, from a year to an instant with a zone.

Patterns: http://hl7.org/fhir/R4/datatypes.html#dateTime.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from enum import IntEnum

_PARTIAL = re.compile(
    r"(?P<year>\d{4})(-(?P<month>0[1-9]|1[0-2])(-(?P<day>0[1-9]|[12]\d|3[01])"
    r"(T(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d|60)"
    r"(\.(?P<fraction>\d{1,18}))?"
    r"(?P<zone>Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00))?)?)?",
    re.ASCII,
)
_DAY_SECONDS = 86_400
_NANOSECONDS = 1_000_000_000


class Precision(IntEnum):
    """How much of a date is known; the coarser, the smaller."""

    YEAR = 1
    MONTH = 2
    DAY = 3
    TIME = 4


@dataclass(frozen=True, slots=True, order=True)
class Partial:
    """The first instant a date can mean, and how precise it is.

    Ordered by that instant, and the coarser first: a year stands before its days.
    Dates without a time have no zone in FHIR; they are read in UTC. ``nanoseconds``
    counts from the year 1 as an integer, because zones move the first and last days
    beyond what ``datetime`` holds.
    """

    nanoseconds: int
    precision: Precision


def parse_partial(text: str) -> Partial | None:
    """Read a date, dateTime or instant; None when it is none."""
    match = _PARTIAL.fullmatch(text)
    if match is None or match["year"] == "0000":
        return None
    year, month, day = (int(match[name] or 1) for name in ("year", "month", "day"))
    if day > calendar.monthrange(year, month)[1]:
        return None
    ordinal = dt.date(year, month, day).toordinal()
    seconds = ordinal * _DAY_SECONDS + _second_of_day(match) - _offset(match["zone"])
    fraction = int((match["fraction"] or "0").ljust(9, "0")[:9])
    return Partial(seconds * _NANOSECONDS + fraction, _precision(match))


def _precision(match: re.Match[str]) -> Precision:
    if match["hour"]:
        return Precision.TIME
    if match["day"]:
        return Precision.DAY
    return Precision.MONTH if match["month"] else Precision.YEAR


def _second_of_day(match: re.Match[str]) -> int:
    hour, minute, second = (int(match[n] or 0) for n in ("hour", "minute", "second"))
    return hour * 3600 + minute * 60 + second


def _offset(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60)
