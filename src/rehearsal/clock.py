"""The plane's one clock: real while work is done, fast while something only waits.

A release is real work (builds, functions, tests) between long waits (a shift of 100 minutes).
``sleep`` marks a wait: while at least one is under way, plane time runs ``speed`` times as
fast as wall time, and it runs like wall time otherwise. So a wait of 100 minutes takes six
seconds at 1,000 times the speed, a build of 40 seconds stays one of 40 seconds, and every
timestamp of the plane agrees with every other.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

DEFAULT_SPEED = 1000.0


class Clock:
    """Plane time. Thread-safe."""

    def __init__(self, speed: float = DEFAULT_SPEED) -> None:
        self._changed = threading.Condition()
        self._speed = speed
        self._waits = 0
        self._wall_mark = time.monotonic()
        self._plane_mark = datetime.now(UTC)

    @property
    def speed(self) -> float:
        """How many plane seconds pass in a wall second while something waits."""
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        if value <= 0:
            raise ValueError("the speed of the clock must be above zero")
        with self._changed:
            self._settle()
            self._speed = value
            self._changed.notify_all()

    def now(self) -> datetime:
        """Return plane time, aware, in UTC."""
        with self._changed:
            return self._settle()

    def sleep(self, seconds: float, stop: threading.Event | None = None) -> bool:
        """Wait ``seconds`` of plane time, or until ``stop`` is set.

        Returns:
            False when ``stop`` ended the wait.
        """
        with self._changed:
            self._settle()
            self._waits += 1
            try:
                return self._wait_until(
                    self._plane_mark + timedelta(seconds=seconds), stop
                )
            finally:
                self._settle()
                self._waits -= 1

    def advance(self, seconds: float) -> None:
        """Move plane time forward at once: for tests that drive it by hand."""
        with self._changed:
            self._settle()
            self._plane_mark += timedelta(seconds=seconds)
            self._changed.notify_all()

    def _wait_until(self, deadline: datetime, stop: threading.Event | None) -> bool:
        while (now := self._settle()) < deadline:
            if stop is not None and stop.is_set():
                return False
            remaining = (deadline - now).total_seconds() / self._speed
            # A set `stop` is seen within 50 ms: events do not wake a condition.
            self._changed.wait(min(max(remaining, 0.001), 0.05))
        return True

    def _settle(self) -> datetime:
        """Bring plane time up to this moment; the caller holds the lock."""
        wall = time.monotonic()
        rate = self._speed if self._waits else 1.0
        self._plane_mark += timedelta(seconds=(wall - self._wall_mark) * rate)
        self._wall_mark = wall
        return self._plane_mark
