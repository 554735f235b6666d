"""What IAM says a caller may do, without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from delivery.model import Asked


class Permissions(Protocol):
    """IAM's simulation of a caller's policies."""

    def lacking(self, caller_arn: str, asked: Sequence[Asked]) -> list[Asked]:
        """Return what the caller's policies surely do not allow.

        What depends on a condition whose value is not known is not returned.

        Raises:
            DeliveryError: when it cannot be simulated: NotPermitted when the caller may not.
        """
