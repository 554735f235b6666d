"""How long ``--help`` takes, beside a bare click program in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench

ROOT = Path(__file__).resolve().parents[2]
PEER = "import click; click.command()(lambda: None).main(['--help'])"
ROUNDS = 15


def test_help_beside_a_bare_click_program(record: Callable[..., None]) -> None:
    tool = [sys.executable, str(ROOT / "deploy_pipeline.py"), "deploy", "--help"]
    peer = [sys.executable, "-c", PEER]
    times: dict[str, list[float]] = {"tool": [], "peer": []}
    for _ in range(ROUNDS):
        times["tool"].append(_seconds(tool))
        times["peer"].append(_seconds(peer))
    ours, theirs = (statistics.median(times[name]) for name in ("tool", "peer"))
    record(
        "help_ms",
        ours * 1000,
        "ms",
        peer="a bare click program",
        peer_value=theirs * 1000,
    )
    assert ours > 0 and theirs > 0


def _seconds(command: list[str]) -> float:
    kept = {key: value for key, value in os.environ.items() if "COV" not in key}
    began = time.perf_counter()
    subprocess.run(command, env=kept, check=True, capture_output=True)
    return time.perf_counter() - began
