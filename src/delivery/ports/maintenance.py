"""What looking after a delivery needs: what is left over, and how the rest is guarded."""

from __future__ import annotations

from typing import Protocol

from delivery.model import (
    AliasRoute,
    BucketGuards,
    HeldRole,
    StoredPackage,
    TrailGuards,
)


class Versions(Protocol):
    """Published versions of functions, to delete; ``Aliases`` lists them."""

    def routes(self, function: str) -> list[AliasRoute]:
        """Return where each of a function's aliases leads, those made by hand too."""

    def delete(self, function: str, version: str) -> None:
        """Delete one published version; one that is gone already is no failure.

        Raises:
            Refused: when an alias leads to it.
            ValueError: for what is no version's number: without one Lambda would delete
                the function.
        """


class Packages(Protocol):
    """The functions' packages in the release store."""

    def all(self) -> list[StoredPackage]:
        """Return every key, in order, also where only old versions are left."""

    def delete(self, package: StoredPackage) -> None:
        """Delete these versions of one key, for good."""


class Guards(Protocol):
    """How keys, buckets and trails are set."""

    def key_rotates(self, key_id: str) -> bool:
        """Tell whether a key's material is replaced every year."""

    def bucket(self, name: str) -> BucketGuards:
        """Return what keeps a bucket's objects."""

    def trail(self, arn: str) -> TrailGuards:
        """Return what a trail records."""


class Roles(Protocol):
    """IAM's roles."""

    def role(self, name: str) -> HeldRole | None:
        """Return what a role holds, or None when there is no such role."""
