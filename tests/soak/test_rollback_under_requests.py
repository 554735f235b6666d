"""Under fifty requests a second a rollback loses none, three times in a row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from own_plane import own_plane
from production_stack import Production, make_production, requests_to

pytestmark = [pytest.mark.soak, pytest.mark.plane]

PER_SECOND = 50.0
RUNS = 3


@pytest.fixture
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Production]:
    with own_plane(tmp_path) as endpoint:
        # A quarter of what the application's production reserves.
        yield make_production(endpoint, tmp_path, monkeypatch, reserved=50)


def test_no_request_is_lost(
    production: Production, capsys: pytest.CaptureFixture[str]
) -> None:
    production.release("good")
    for run in range(RUNS):
        production.release(f"bad {run}", good=False)
        assert production.serves() == {"One": f"bad {run}"}
        with requests_to(production, per_second=PER_SECOND) as counts:
            time.sleep(1)
            done = production.take_back()
            time.sleep(1)
        assert production.serves() == {"One": "good"}
        with capsys.disabled():
            print(f"\n{counts['sent']} requests, traffic in {done.seconds:.2f} s.")
        assert counts["sent"] > 2 * PER_SECOND
        assert counts == {"sent": counts["sent"], "answered": counts["sent"]}
