"""Plain values of every stage: secrets that hide, outcomes, and data as JSON knows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any


class Hidden:
    """A secret that no message, log or traceback shows; ``reveal`` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the one call that stores it."""
        return self._value

    def __repr__(self) -> str:
        return "Hidden(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class Outcome(StrEnum):
    """How something went, in the words that reports use."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"
    NOT_REHEARSED = "not_rehearsed"
    INCONCLUSIVE = "inconclusive"


class Access(StrEnum):
    """How the pipeline gets what it releases: from GitHub, or from another place."""

    TOKEN = "token"  # nosec B105  # the name of a way, not a secret
    CONNECTION = "connection"
    PROMOTION = "promotion"


def plain(value: Any) -> Any:
    """Turn times, enumerations, mappings and tuples into what JSON knows."""
    match value:
        case datetime():
            return value.isoformat()
        case StrEnum():
            return value.value
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case _:
            return value
