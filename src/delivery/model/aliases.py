"""Aliases, versions and traffic shifts as they are at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.model.account import AliasRoute


@dataclass(frozen=True, slots=True)
class AliasNow:
    """An alias with the revision id that guards its next change."""

    arn: str
    route: AliasRoute
    revision_id: str


@dataclass(frozen=True, slots=True)
class VersionNow:
    """A published version; ``state`` and ``update`` are Lambda's words."""

    function: str
    version: str
    code_sha256: str
    state: str = "Active"
    update: str = "Successful"
    published_at: str = ""

    @property
    def can_serve(self) -> bool:
        """Whether it can take traffic; an inactive one wakes at its next call."""
        return self.state in {"Active", "Inactive"} and self.update == "Successful"


@dataclass(frozen=True, slots=True)
class RunningShift:
    """A CodeDeploy deployment that has not ended."""

    id: str
    status: str
