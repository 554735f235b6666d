"""What a verification reads, and the calls by which it proves that functions answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from delivery.model import Answered, Call, LoggedErrors, VersionFacts


class Invocations(Protocol):
    """Functions, called by a version or an alias."""

    def invoke(self, function: str, qualifier: str, event: Any) -> Answered:
        """Send ``event`` and wait for the answer."""

    def facts(self, function: str, version: str) -> VersionFacts:
        """Return what a version is."""


class FunctionLogs(Protocol):
    """Log groups of functions."""

    def errors(self, group: str, version: str, since: datetime) -> LoggedErrors:
        """Count the lines of one version that tell of an error since then."""


class AlarmStates(Protocol):
    """Whether alarms fire."""

    def states(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return OK, ALARM or INSUFFICIENT_DATA for each alarm that exists."""


class ErrorMetrics(Protocol):
    """What functions count."""

    def newest_errors(self, function: str, alias: str, since: datetime) -> int | None:
        """Return the errors of the newest minute with a call, or None without one."""


class Trail(Protocol):
    """CloudTrail."""

    def alias_moves(self, since: datetime) -> list[Call]:
        """Return calls that moved aliases since then; they arrive minutes late."""


class ApiStages(Protocol):
    """API Gateway."""

    def deployment(self, api: str, stage: str) -> str:
        """Return the id of the deployment that a stage serves."""


class Endpoints(Protocol):
    """A deployed API, called as its users do: over HTTP, with a signature."""

    def status(
        self, url: str, request: Mapping[str, Any], *, api_key_id: str = ""
    ) -> int:
        """Return the status of the answer, 0 when there was none."""
