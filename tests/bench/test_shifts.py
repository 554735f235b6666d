"""How long a shift of an hour and a half takes in rehearsal, beside real time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from own_plane import clients_of, own_plane, set_speed
from shifted_stacks import ShiftedStack, calls_to, make_stacks

from awsrules.shifts import predefined_shift

pytestmark = [pytest.mark.bench, pytest.mark.plane]

KIND = "Linear10PercentEvery10Minutes"
MOST_SECONDS = 20.0
DEFAULT_SPEED, FAST_SPEED = 1000, 6000
REAL_SECONDS = predefined_shift(f"CodeDeployDefault.Lambda{KIND}").duration_seconds

Record = Callable[..., None]


def test_a_linear_shift_under_traffic_and_without(
    tmp_path: Path, record: Record
) -> None:
    with own_plane(tmp_path) as endpoint:
        aws = clients_of(endpoint)
        (stack,) = make_stacks(aws, "bench").values()
        stack.kind = KIND
        set_speed(endpoint, DEFAULT_SPEED)
        seconds, calls = _timed(stack, aws, per_second=20)
        assert sum(calls.values()) > seconds * 20
        record(
            "linear_rehearsal_s",
            seconds,
            "s",
            peer=f"{KIND} in real time",
            peer_value=REAL_SECONDS,
        )
        set_speed(endpoint, FAST_SPEED)
        quick, _ = _timed(stack, aws, per_second=0)
        record(
            "simulated_minutes_per_s",
            REAL_SECONDS / 60 / quick,
            "minutes/s",
            peer="real time",
            peer_value=1 / 60,
        )
    assert seconds <= MOST_SECONDS


def _timed(
    stack: ShiftedStack, aws: Callable[[str], Any], *, per_second: float
) -> tuple[float, dict[str, int]]:
    """Release once more; give the seconds from the update's start to its end."""
    sending = calls_to(aws, stack.name, per_second=per_second) if per_second else None
    with sending or nullcontext({}) as calls:
        began = time.monotonic()
        assert stack.release(f"{began}") == "UPDATE_COMPLETE"
        seconds = time.monotonic() - began
    assert "error" not in calls and "throttled" not in calls
    return seconds, dict(calls)
