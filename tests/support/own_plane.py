"""A plane for one test, on a free port, and clients to it."""

from __future__ import annotations

import functools
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

SOURCES = Path(__file__).parents[2] / "src"
_STARTS_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class RunningPlane:
    """A plane's process and where it answers."""

    process: subprocess.Popen[bytes]
    endpoint: str


@contextmanager
def running_plane(state: Path, *, permissions: str = "off") -> Iterator[RunningPlane]:
    """Start a plane with its state in ``state``, and end it.

    Roles that a test makes up have no policies, so by default nobody is refused.
    """
    with (state / "plane.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "rehearsal", "serve"),
                *("--port", str(free_port()), "--state-dir", str(state)),
            ],
            env={
                **os.environ,
                "PYTHONPATH": str(SOURCES),
                "REHEARSAL_PERMISSIONS": permissions,
            },
            stdout=log,
            stderr=log,
        )
    try:
        yield RunningPlane(process, _endpoint(state, process))
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def own_plane(state: Path) -> Iterator[str]:
    """Start a plane with its state in ``state``, give its endpoint, and end it."""
    with running_plane(state) as running:
        yield running.endpoint


def call_control(
    endpoint: str, method: str, page: str, body: dict[str, Any] | None = None
) -> Any:
    """Call a control page of a plane."""
    request = urllib.request.Request(
        f"{endpoint}/_rehearsal/{page}",
        data=json.dumps(body or {}).encode(),
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def clients_of(endpoint: str) -> Callable[[str], Any]:
    """Give ``aws("lambda")``: boto3 clients to the plane, as the operator."""

    @functools.cache
    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
        )

    return client


def set_speed(endpoint: str, speed: int) -> None:
    """Let plane time pass ``speed`` times as fast."""
    call_control(endpoint, "POST", "clock", {"speed": speed})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _endpoint(state: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (state / "plane.json").exists():
            facts = json.loads((state / "plane.json").read_text(encoding="utf-8"))
            return str(facts["endpoint_url"])
        time.sleep(0.05)
    log = (state / "plane.log").read_text(encoding="utf-8")
    raise RuntimeError(f"the plane did not start:\n{log[-4000:]}")
