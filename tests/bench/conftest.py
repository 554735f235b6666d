"""What every measurement is written with: ``build/bench.json``, beside its peer's number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BENCH_FILE = Path(__file__).resolve().parents[2] / "build" / "bench.json"

Record = Callable[..., None]


@pytest.fixture(scope="session")
def measurements() -> Iterator[dict[str, dict[str, Any]]]:
    """Collect this run's measurements by name; write them when all were made.

    What another run measured, and this one did not, stays.
    """
    found: dict[str, dict[str, Any]] = {}
    yield found
    kept = {each["name"]: each for each in _read()}
    BENCH_FILE.parent.mkdir(exist_ok=True)
    merged = sorted((kept | found).values(), key=lambda each: str(each["name"]))
    BENCH_FILE.write_text(json.dumps(merged, indent=2) + "\n", encoding="utf-8")


@pytest.fixture
def record(
    measurements: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> Record:
    """Give ``record("name_s", 1.2, "s", peer="the other", peer_value=2.4)``."""

    def keep(
        name: str, value: float, unit: str, *, peer: str, peer_value: float
    ) -> None:
        ratio = value / peer_value
        measurements[name] = {
            "name": name,
            "value": round(value, 4),
            "unit": unit,
            "peer": peer,
            "peer_value": round(peer_value, 4),
            "ratio": round(ratio, 4),
        }
        with capsys.disabled():
            print(
                f"\n{name}: {value:.4g} {unit}; {peer}: {peer_value:.4g} {unit}; "
                f"ratio {ratio:.3g}"
            )

    return keep


def _read() -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(BENCH_FILE.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return found
