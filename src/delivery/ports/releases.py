"""The release store and the reports of builds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from delivery.model import ReportSummary, StoredObject


class ReleaseStore(Protocol):
    """The bucket that keeps releases: packages, templates, the ledger, reviews."""

    def keys(self, prefix: str) -> list[str]:
        """Return all keys that begin with ``prefix``, in order."""

    def touched(self, prefix: str) -> list[str]:
        """Return keys under ``prefix`` that were overwritten or deleted since their put."""

    def read(self, keys: Sequence[str]) -> list[bytes]:
        """Return the newest content of each key, in the order of ``keys``."""

    def put_new(self, key: str, content: bytes) -> StoredObject | None:
        """Store what was not there, or return None when something is there already."""

    def put(self, key: str, content: bytes) -> StoredObject:
        """Store a new version."""

    def find(self, key: str) -> StoredObject | None:
        """Return the newest version of an object, or None when there is none."""

    def url(self, stored: StoredObject) -> str:
        """Return the https URL by which CloudFormation reads an object."""

    def page(self, key: str) -> str:
        """Return the console page that shows an object to who may read it."""


class TestReports(Protocol):
    """Reports that builds published."""

    def summaries(self, report_arns: Sequence[str]) -> list[ReportSummary]:
        """Return what the reports say, in order."""
