"""Handing a release to other places: packages at home, and what a place lets a promoter do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from delivery.model import PlaceStores


class HomePackages(Protocol):
    """Packages in the release store of the place that a release comes from."""

    def read(self, bucket: str, key: str) -> bytes:
        """Return a package's content."""


class Place(Protocol):
    """Another place, as the role of its receiver reaches it."""

    def stores(self) -> PlaceStores:
        """Return the names of the place's buckets.

        Raises:
            OperationFailed: when the place has no foundation yet.
        """

    def has_package(self, key: str, sha256: str) -> bool:
        """Tell whether the place has a package.

        Raises:
            OperationFailed: when something with another content has its key.
        """

    def put_package(self, key: str, content: bytes) -> None:
        """Put a package where nothing is; the same package there is as good.

        Raises:
            OperationFailed: when something with another content has its key.
        """

    def put_release(self, content: bytes) -> str:
        """Put a release's zip and return the version id of the object."""

    def start(
        self, version_id: str, *, variables: Mapping[str, str], token: str
    ) -> str:
        """Start the place's pipeline with a release and return the execution's id.

        The same token starts nothing again, and returns the execution that it started.

        Raises:
            OperationFailed: when there is no pipeline, or it takes no releases in.
        """


class Places(Protocol):
    """All places."""

    def at(self, role_arn: str, *, region: str, session: str) -> Place:
        """Return a place, reached by a role of it; ``session`` names who acts in its trail.

        Raises:
            NotPermitted: when the role is not there, or does not trust who asks.
        """
