"""AWS's clients with timeouts that leave time to report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# The time kept for reporting before Lambda ends the function: two tries, each at most
# two seconds to connect and five to be answered.
RESERVE_SECONDS = 15.0
_REPORTING = Config(
    connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a hook uses of the world."""

    functions: Any
    deployments: Any
    reports: Any
    sleep: Callable[[float], None] = time.sleep


def make_tools(seconds: float) -> Tools:
    """Make clients for checks that may take ``seconds`` altogether.

    A call is not repeated by the client: a check counts its attempts itself.
    """
    # AWS's own limit of a synchronous call is 900 seconds.
    patient = max(1, min(seconds, 900))
    calling = Config(
        connect_timeout=3, read_timeout=patient, retries={"total_max_attempts": 1}
    )
    asking = Config(connect_timeout=3, retries={"total_max_attempts": 3})
    return Tools(
        functions=boto3.client("lambda", config=calling),
        deployments=boto3.client("codedeploy", config=asking),
        reports=boto3.client("codedeploy", config=_REPORTING),
    )


def describe(error: BaseException) -> str:
    """Name an exception by AWS's code and operation, or by its class: never its text."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "unknown error")
        return f"{code} on {error.operation_name}"
    return type(error).__name__
