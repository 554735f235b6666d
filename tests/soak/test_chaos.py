"""Deployments while the API throttles, breaks connections, answers late and twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from chaotic import STORIES, Deployments, Outcome, disturbances, make_retries_quick
from own_plane import call_control, own_plane, set_speed

pytestmark = pytest.mark.soak

TIMES = 10
AT_ONCE = 5


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    state: Path = tmp_path_factory.mktemp("chaos")
    with own_plane(state) as running:
        set_speed(running, 600)
        yield running


@pytest.fixture
def deployments(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Deployments:
    """Let the tool believe that the plane is AWS, and its retries wait less."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "rehearsal")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "rehearsal")
    make_retries_quick(monkeypatch)
    patient = Config(retries={"mode": "standard", "total_max_attempts": 40})
    return Deployments(
        boto3.client("cloudformation", "us-east-1", config=patient),
        boto3.client("sns", "us-east-1", config=patient),
    )


@pytest.fixture
def chaos(endpoint: str) -> Iterator[Callable[[int], None]]:
    def begin(seed: int) -> None:
        for each in disturbances(seed):
            call_control(endpoint, "POST", "faults", each)

    yield begin
    call_control(endpoint, "DELETE", "faults")


def tell_all(
    deployments: Deployments, prefix: str, times: int
) -> dict[Any, list[Outcome]]:
    """Tell each story ``times`` times, each to a stack of its own, some at once."""
    told = [(number, count) for number in range(len(STORIES)) for count in range(times)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(
            lambda each: deployments.tell(
                STORIES[each[0]], f"{prefix}-{each[0]}-{each[1]}"
            ),
            told,
        )
        return dict(zip(told, outcomes, strict=True))


def test_200_deployments_end_as_they_would_without_the_chaos(
    endpoint: str,
    deployments: Deployments,
    chaos: Callable[[int], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    calm = tell_all(deployments, "calm", 1)
    assert {each.exit_code for story in calm.values() for each in story} == {0, 1}

    chaos(20)
    disturbed = tell_all(deployments, "chaos", TIMES)

    struck = {
        f"{each['kind']} {each['settings'].get('name', '')}".strip(): each["met"]
        for each in call_control(endpoint, "GET", "faults")["faults"]
    }
    count = sum(len(story) for story in disturbed.values())
    with capsys.disabled():
        print(f"\n{count} deployments; disturbed: {struck}")
    assert count == 200
    assert struck["throttled"] > count and all(struck.values())
    other = [
        (STORIES[number], repeat, step, end)
        for (number, repeat), story in disturbed.items()
        for step, (end, expected) in enumerate(zip(story, calm[number, 0], strict=True))
        if end != expected
    ]
    assert other == []
    assert not any(each.left_behind for story in disturbed.values() for each in story)
