"""How long fifty functions take to go back, beside one after the other and beside a shift."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from functions_in_numbers import make_functions
from own_plane import call_control, clients_of, own_plane

from delivery.aws.clients import Clients
from delivery.aws.machine import RealClock
from delivery.aws.rollback import LambdaVersions
from delivery.config.load import load_configuration
from delivery.config.shift import minutes_from_first_to_last
from delivery.flows.moving import AliasMover, Pace
from delivery.rollback.moves import Move

pytestmark = [pytest.mark.bench, pytest.mark.plane]

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = 50
LATENCY_SECONDS = 0.1
MOST_SECONDS = 5.0

Record = Callable[..., None]


def test_fifty_functions_go_back_and_forth(tmp_path: Path, record: Record) -> None:
    with own_plane(tmp_path) as endpoint:
        arns = make_functions(clients_of(endpoint), FUNCTIONS)
        _slow_down(endpoint)
        aliases = LambdaVersions(Clients("us-east-1", endpoint_url=endpoint))

        began = time.monotonic()
        moves = [_move(aliases, arn, "1") for arn in arns]
        decided = time.monotonic() - began
        seconds = _mover(aliases).move(moves)
        one_by_one = _one_by_one(aliases, [_move(aliases, arn, "2") for arn in arns])

        assert [aliases.now(arn).route.version for arn in arns] == ["2"] * FUNCTIONS
    record(
        "rollback_50_functions_s",
        seconds,
        "s",
        peer="one after the other",
        peer_value=one_by_one,
    )
    record(
        "rollback_50_functions_s_beside_redeployment",
        seconds,
        "s",
        peer="deploying the old release again by production's shift",
        peer_value=_shift_seconds(),
    )
    record(
        "rollback_50_functions_decide_s",
        decided,
        "s",
        peer="moving them",
        peer_value=seconds,
    )
    assert seconds <= MOST_SECONDS


def _shift_seconds() -> float:
    """Give how long production's traffic takes from the first step to the last."""
    production = load_configuration(ROOT / "environment_config.yaml").environments[
        "production"
    ]
    return 60.0 * minutes_from_first_to_last(production.blue_green)


def _slow_down(endpoint: str) -> None:
    """Let each call to Lambda take as long as it does over a network."""
    fault = {
        "kind": "api-latency",
        "target": "lambda",
        "settings": {"seconds": LATENCY_SECONDS},
    }
    call_control(endpoint, "POST", "faults", fault)


def _mover(aliases: LambdaVersions) -> AliasMover:
    clock = RealClock()
    return AliasMover(aliases, clock, Pace(clock))


def _move(aliases: LambdaVersions, arn: str, version: str) -> Move:
    return Move(aliases.now(arn), version, "")


def _one_by_one(aliases: Any, moves: Sequence[Move]) -> float:
    began = time.monotonic()
    for move in moves:
        aliases.move(move.alias, move.version)
    return time.monotonic() - began
