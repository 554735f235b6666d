"""What the routes need from storage, in their own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class StorageUnavailable(Exception):
    """Storage did not do what was asked; ``error_code`` is AWS's word for it.

    Every refusal lands here, "access denied" among them: only an explicit "no such
    key" is ever read as absence.
    """

    def __init__(self, operation: str, error_code: str) -> None:
        super().__init__(f"{operation}: {error_code}")
        self.operation = operation
        self.error_code = error_code


@dataclass(frozen=True, slots=True)
class StoredAnalysis:
    """One entry of a listing; ``stored_at`` is ISO 8601 in UTC."""

    analysis_id: str
    stored_at: str


@dataclass(frozen=True, slots=True)
class Page:
    """Analyses in the order of their ids, and whether more follow the last one."""

    analyses: tuple[StoredAnalysis, ...]
    more: bool


class AnalysisStore(Protocol):
    """Keeps analyses: written once, never changed."""

    def add(self, analysis_id: str, analysis: dict[str, Any]) -> bool:
        """Store an analysis; False when there is one of this id already."""

    def get(self, analysis_id: str) -> dict[str, Any] | None:
        """Return an analysis, or None when there is none of this id."""

    def page(self, *, limit: int, after: str | None) -> Page:
        """Return up to ``limit`` analyses whose ids follow ``after``."""

    def claim_key(self, key_id: str, analysis_id: str) -> str:
        """Bind an idempotency key to an analysis; return whose it is."""


class DeadLetters(Protocol):
    """Keeps submissions that were valid and could not be served."""

    def keep(self, analysis_id: str, submission: str) -> None:
        """Store a submission, encrypted, where an operator finds it."""

    def announce(
        self, analysis_id: str, *, error_class: str, request_id: str, kept: bool
    ) -> None:
        """Tell the queue that a submission was set aside, without its content."""
