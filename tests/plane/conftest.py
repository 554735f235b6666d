"""One plane for all plane tests, on a free port, with its state in a temporary folder."""

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
import pytest
from botocore.config import Config

SOURCES = Path(__file__).parents[2] / "src"
STARTS_WITHIN_SECONDS = 20.0


@dataclass(frozen=True)
class RunningPlane:
    """A plane's process and where it answers."""

    process: subprocess.Popen[bytes]
    endpoint: str


@contextmanager
def running_plane(state: Path) -> Iterator[RunningPlane]:
    """Start a plane with its state in ``state``, and end it."""
    with (state / "plane.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "rehearsal", "serve"),
                *("--port", str(_free_port()), "--state-dir", str(state)),
            ],
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
            stdout=log,
            stderr=log,
        )
    try:
        yield RunningPlane(process, _endpoint(state, process))
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a plane for all tests; give its endpoint."""
    with running_plane(tmp_path_factory.mktemp("plane")) as running:
        # Tests look far more often than an account may.
        call_control(
            running.endpoint, "POST", "limits", {"lambda": None, "cloudtrail": None}
        )
        yield running.endpoint


@pytest.fixture
def own_plane(tmp_path: Path) -> Iterator[RunningPlane]:
    """Start a plane for one test, which may end it."""
    with running_plane(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def aws(plane: str) -> Callable[..., Any]:
    """Give ``aws("lambda")``: boto3 clients to the plane, as the operator or with keys."""

    @functools.cache
    def client(service: str, **keys: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=plane,
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}),
            **{
                "aws_access_key_id": "rehearsal",
                "aws_secret_access_key": "rehearsal",
                **keys,
            },
        )

    return client


@pytest.fixture(scope="session")
def control(plane: str) -> Callable[..., Any]:
    """Give ``control("POST", "clock", {"speed": 60})``: the plane's control pages."""

    return functools.partial(call_control, plane)


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _endpoint(state: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (state / "plane.json").exists():
            facts = json.loads((state / "plane.json").read_text(encoding="utf-8"))
            return str(facts["endpoint_url"])
        time.sleep(0.05)
    log = (state / "plane.log").read_text(encoding="utf-8")
    raise RuntimeError(f"the plane did not start:\n{log[-4000:]}")
