"""What is on this machine: answers, repository, rehearsal plane."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.model.values import Access


@dataclass(frozen=True, slots=True)
class Answers:
    """What the operator was asked for; the token is kept apart."""

    owner: str
    repository: str
    branch: str
    access: Access
    environment: str

    def as_data(self) -> dict[str, str]:
        """Return plain data for ``pipeline_config.json``."""
        return {
            "owner": self.owner,
            "repository": self.repository,
            "branch": self.branch,
            "access": self.access.value,
            "environment": self.environment,
        }


@dataclass(frozen=True, slots=True)
class PlaneInfo:
    """A rehearsal plane that runs."""

    pid: int
    endpoint_url: str
    version: str


@dataclass(frozen=True, slots=True)
class Push:
    """What a push to the plane's source did."""

    branch: str
    commit: str
    started: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The repository on this machine; ``branch`` is empty when HEAD is detached."""

    root: str
    branch: str
    commit: str
    dirty: bool
    remote_owner: str = ""
    remote_repository: str = ""
