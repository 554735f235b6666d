"""How long commands take that do next to nothing, beside ``sam``'s in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from own_plane import running_plane

from delivery.cli.main import cli

pytestmark = pytest.mark.bench

Record = Callable[..., None]

ROOT = Path(__file__).resolve().parents[2]
SAM = str(Path(sys.executable).parent / "sam")
TOOL = (sys.executable, str(ROOT / "deploy_pipeline.py"))
ROUNDS = 5


def _commands(group: click.Group, *before: str) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*before, name)
        if isinstance(command, click.Group):
            yield from _commands(command, *before, name)


def test_help_of_every_command(record: Record) -> None:
    peer = _median(SAM, "--help")
    for words in _commands(cli):
        ours = _median(*TOOL, *words, "--help")
        record(
            f"help_ms.{'_'.join(words)}",
            ours * 1000,
            "ms",
            peer="sam --help",
            peer_value=peer * 1000,
        )
        assert ours > 0


def test_validate(record: Record) -> None:
    given = ("--lint", "--region", "us-east-1", "--template-file")
    ours = _median(*TOOL, "validate", rounds=3)
    theirs = sum(
        _median(SAM, "validate", *given, str(template), rounds=3)
        for template in sorted((ROOT / "templates").glob("*.yaml"))
    )
    record(
        "validate_ms",
        ours * 1000,
        "ms",
        peer="sam validate --lint of the three templates, without proofs",
        peer_value=theirs * 1000,
    )


def test_the_plane_starts(tmp_path: Path, record: Record) -> None:
    peer = "import moto.server; moto.server.DomainDispatcherApplication"
    theirs = _median(sys.executable, "-c", peer, rounds=3)
    times = []
    for number in range(3):
        state = tmp_path / str(number)
        state.mkdir()
        began = time.perf_counter()
        with running_plane(state):
            times.append(time.perf_counter() - began)
    record(
        "plane_start_ms",
        statistics.median(times) * 1000,
        "ms",
        peer="importing moto's server",
        peer_value=theirs * 1000,
    )


def _median(*command: str, rounds: int = ROUNDS) -> float:
    return statistics.median(_seconds(command) for _ in range(rounds))


def _seconds(command: tuple[str, ...]) -> float:
    kept = {key: value for key, value in os.environ.items() if "COV" not in key}
    began = time.perf_counter()
    subprocess.run(command, env=kept, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - began
