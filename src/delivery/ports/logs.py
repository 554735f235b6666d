"""CloudWatch Logs, and where builds and functions log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from delivery.model import LogLine


class Logs(Protocol):
    """Log groups, by whoever writes to them."""

    def group_of_project(self, project: str) -> str:
        """Return the log group of a CodeBuild project; empty when it logs nowhere."""

    def group_of_function(self, function: str) -> str:
        """Return the log group of a Lambda function."""

    def lines(
        self, group: str, since: datetime, *, limit: int
    ) -> Sequence[LogLine] | None:
        """Return lines since then, the oldest first; None when there is no such group."""
