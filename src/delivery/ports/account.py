"""The account: who calls, secrets, connections, functions, subscriptions."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from delivery.model import AliasRoute, Concurrency, Hidden, Identity, StoredSecret


class Account(Protocol):
    """The account that the credentials belong to."""

    def identity(self) -> Identity:
        """Say who calls."""


class Secrets(Protocol):
    """Secrets Manager."""

    def stored_at(self, secret_id: str) -> datetime | None:
        """Return when the current version was stored, without reading it; None for none."""

    def current(self, secret_id: str) -> StoredSecret | None:
        """Return the current version, or None when the secret has no value yet."""

    def store(self, secret_id: str, text: Hidden) -> str:
        """Store a new version and return its id."""

    def pending(self, secret_id: str) -> StoredSecret | None:
        """Return the version that waits to become the current one, or None."""

    def store_pending(self, secret_id: str, text: Hidden) -> str:
        """Store a version beside the current one and return its id."""

    def promote(self, secret_id: str, version_id: str, *, replaces: str) -> None:
        """Make a pending version the current one; ``replaces`` is the one it follows."""

    def drop_pending(self, secret_id: str, version_id: str) -> None:
        """Let a version be pending no longer; without another label it expires."""


class Connections(Protocol):
    """Connections to GitHub by App."""

    def status(self, arn: str) -> str:
        """Return PENDING, AVAILABLE or ERROR."""


class Functions(Protocol):
    """Lambda aliases."""

    def route(self, alias_arn: str) -> AliasRoute:
        """Return where an alias sends its invocations now."""


class Capacity(Protocol):
    """What an account lets its functions run at the same time."""

    def account(self) -> Concurrency:
        """Return the account's limit, and what is left of it."""

    def reserved(self, function: str) -> int:
        """Return what one function has reserved; 0 when nothing."""


class Topics(Protocol):
    """What carries notices."""

    def publish(self, topic_arn: str, text: str) -> None:
        """Send ``text`` to all who subscribed."""


class Subscriptions(Protocol):
    """Who is notified."""

    def unconfirmed(self, topic_arn: str) -> list[str]:
        """Return endpoints that have not confirmed their subscription."""
