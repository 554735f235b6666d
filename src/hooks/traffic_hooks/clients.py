"""AWS's clients with timeouts that leave time to report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# Reporting must fit into the time kept for it: two tries of at most four seconds.
_REPORTING = Config(
    connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2}
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What checks use of the world."""

    functions: Any
    deployments: Any
    sleep: Callable[[float], None] = time.sleep


def make_tools(seconds: float) -> Tools:
    """Make clients for checks that may take ``seconds`` altogether.

    A call is not repeated by the client: a check counts its attempts itself.
    """
    # AWS's own limit of a synchronous call is 900 seconds.
    reading = Config(
        connect_timeout=3,
        read_timeout=max(1, min(seconds, 900)),
        retries={"total_max_attempts": 1},
    )
    return Tools(
        functions=boto3.client("lambda", config=reading),
        deployments=boto3.client("codedeploy", config=_REPORTING),
    )


def describe(error: BaseException) -> str:
    """Name an exception by AWS's code and operation, or by its class: never its text."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "unknown error")
        return f"{code} on {error.operation_name}"
    return type(error).__name__
