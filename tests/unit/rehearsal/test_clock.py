"""The plane's clock."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from rehearsal.clock import Clock


def test_a_wait_passes_in_plane_time_not_in_wall_time() -> None:
    clock = Clock(speed=10_000)
    start = clock.now()
    wall = time.monotonic()

    assert clock.sleep(600)

    assert clock.now() - start >= timedelta(seconds=600)
    assert time.monotonic() - wall < 5


def test_time_runs_like_the_wall_clock_while_nothing_waits() -> None:
    clock = Clock(speed=1_000_000)
    start = clock.now()
    time.sleep(0.02)
    assert clock.now() - start < timedelta(seconds=5)


def test_two_waits_at_once_do_not_add_up() -> None:
    clock = Clock(speed=2_000)
    start = clock.now()
    waits = [threading.Thread(target=clock.sleep, args=(100,)) for _ in range(2)]
    for wait in waits:
        wait.start()
    for wait in waits:
        wait.join()
    assert timedelta(seconds=100) <= clock.now() - start < timedelta(seconds=400)


def test_a_stopped_wait_says_so() -> None:
    clock = Clock(speed=1)
    stop = threading.Event()
    stop.set()
    assert clock.sleep(3600, stop) is False


def test_a_test_drives_the_clock_by_hand() -> None:
    clock = Clock(speed=0.001)
    start = clock.now()
    done = threading.Event()
    waiter = threading.Thread(target=lambda: (clock.sleep(60), done.set()))
    waiter.start()
    while not done.is_set():
        clock.advance(30)
        done.wait(0.01)
    waiter.join()
    assert clock.now() - start >= timedelta(seconds=60)


def test_a_clock_that_stands_still_is_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        Clock().speed = 0
