"""One plane for all plane tests, on a free port, with its state in a temporary folder."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from own_plane import RunningPlane, call_control, running_plane
from shipped_roles import Account, enforcing_account


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


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a plane that enforces what roles may do, for a module; give its endpoint."""
    folder = tmp_path_factory.mktemp("enforcing")
    with running_plane(folder, permissions="enforce") as running:
        yield running.endpoint


@pytest.fixture(scope="session")
def aws(plane: str) -> Callable[..., Any]:
    """Give ``aws("lambda")``: boto3 clients to the plane, as the operator or with keys.

    ``aws("lambda", region_name="eu-west-1")`` is one for another region.
    """

    @functools.cache
    def client(service: str, **keys: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=plane,
            config=Config(retries={"total_max_attempts": 1}),
            **{
                "region_name": "us-east-1",
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


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Give an account with the shipped foundation, on a plane that enforces."""
    with enforcing_account(tmp_path_factory.mktemp("enforcing")) as made:
        yield made
