"""The account's metrics, by plane time, small enough to ask for at every alarm evaluation.

moto keeps each value as an object and searches them all; alarms at 1,000 times the speed ask
seventeen times a second.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

Dimensions = frozenset[tuple[str, str]]

# Percentiles stay exact for so many values of a minute, then approximate.
_KEPT_VALUES = 250
# Minutes of a series that stay: three days of them, where all have data.
_KEPT_MINUTES = 3 * 24 * 60


@dataclass(slots=True)
class Minute:
    """What was measured in one minute."""

    total: float = 0.0
    count: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    values: list[float] = field(default_factory=list)

    def add(self, value: float, count: float) -> None:
        """Take ``value``, measured ``count`` times."""
        self.total += value * count
        self.count += count
        self.least = min(self.least, value)
        self.most = max(self.most, value)
        if len(self.values) < _KEPT_VALUES:
            self.values.append(value)

    def merge(self, other: Minute) -> None:
        """Take all that ``other`` holds."""
        self.total += other.total
        self.count += other.count
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)
        self.values += other.values

    def statistic(self, name: str) -> float:
        """Return Sum, Average, Minimum, Maximum, SampleCount or a percentile (``p99``)."""
        match name:
            case "Sum":
                return self.total
            case "SampleCount":
                return self.count
            case "Average":
                return self.total / self.count
            case "Minimum":
                return self.least
            case "Maximum":
                return self.most
            case _ if name[:1] == "p":
                return _percentile(sorted(self.values), float(name[1:]))
            case _:
                raise ValueError(f"no statistic {name}")


@dataclass(slots=True)
class Series:
    """One metric under one set of dimensions."""

    namespace: str
    name: str
    dimensions: Dimensions
    unit: str
    minutes: dict[int, Minute] = field(default_factory=dict)

    def between(self, first: int, end: datetime) -> Iterator[tuple[int, Minute]]:
        """Yield the minutes from ``first`` until before ``end`` that have data."""
        last = math.ceil(end.timestamp() / 60)
        if last - first > len(self.minutes):
            yield from (
                (minute, values)
                for minute, values in self.minutes.items()
                if first <= minute < last
            )
            return
        for minute in range(first, last):
            if values := self.minutes.get(minute):
                yield minute, values


class Metrics:
    """All series. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[tuple[str, str, Dimensions], Series] = {}

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        value: float,
        *,
        at: datetime,
        unit: str = "None",
        count: float = 1.0,
    ) -> None:
        """Record a value at plane time ``at``."""
        key = (namespace, name, frozenset(dimensions.items()))
        with self._lock:
            series = self._series.get(key)
            if series is None:
                series = self._series[key] = Series(*key, unit)
            minute = series.minutes.setdefault(_minute_of(at), Minute())
            minute.add(value, count)
            if len(series.minutes) > _KEPT_MINUTES:
                del series.minutes[min(series.minutes)]

    def read(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        statistic: str,
        *,
        start: datetime,
        end: datetime,
        period: timedelta,
    ) -> list[tuple[datetime, float]]:
        """Return a value per period that has data, oldest first.

        Periods begin at ``start`` rounded down to the minute; ``end`` is exclusive.
        """
        key = (namespace, name, frozenset(dimensions.items()))
        first, width = _minute_of(start), max(int(period.total_seconds()) // 60, 1)
        buckets: dict[int, Minute] = {}
        with self._lock:
            series = self._series.get(key)
            for minute, values in series.between(first, end) if series else ():
                bucket = buckets.setdefault((minute - first) // width, Minute())
                bucket.merge(values)
        return [
            (_time_of(first + index * width), buckets[index].statistic(statistic))
            for index in sorted(buckets)
        ]

    def all(self) -> Iterator[Series]:
        """Yield every series."""
        with self._lock:
            every = list(self._series.values())
        yield from every


def _minute_of(moment: datetime) -> int:
    return int(moment.timestamp() // 60)


def _time_of(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _percentile(values: list[float], percent: float) -> float:
    """Return the value below which ``percent`` of ``values`` lie, between neighbours."""
    position = (len(values) - 1) * percent / 100
    below = math.floor(position)
    above = math.ceil(position)
    share = position - below
    return values[below] * (1 - share) + values[above] * share
