"""A deployment that is interrupted or killed at any step leaves nothing for a person to mend."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from counting import counting
from interrupted import ALL_CASES, CALLS, SIGNALS, Case, Interrupter, problems
from own_plane import clients_of, own_plane, set_speed

pytestmark = pytest.mark.soak

SEED = 11


def drawn(seed: int) -> list[Case]:
    """Draw a case for each signal, each at another part of the deployment."""
    chance = random.Random(seed)  # nosec B311  # a draw that can be repeated
    parts = [CALLS[:2], CALLS[2:4], CALLS[4:]]
    chance.shuffle(parts)
    return [
        chance.choice(
            [
                each
                for each in ALL_CASES
                if each.number is number and (each.action, each.moment) in part
            ]
        )
        for number, part in zip(SIGNALS, parts, strict=True)
    ]


@pytest.fixture(scope="module")
def interrupter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interrupter]:
    plane: Path = tmp_path_factory.mktemp("plane")
    with own_plane(plane) as endpoint, counting(endpoint) as counted:
        set_speed(endpoint, 600)
        cloudformation = clients_of(endpoint)("cloudformation")
        made = Interrupter(counted, cloudformation, tmp_path_factory.mktemp("state"))
        made.announce(plane)
        yield made


@pytest.mark.parametrize("case", drawn(SEED), ids=str)
def test_the_run_after_a_signal_finishes(interrupter: Interrupter, case: Case) -> None:
    first, second = interrupter.tell(case)

    assert problems(case, first, second) == [], f"{first}\n{second}"
