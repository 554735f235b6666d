"""Where measures of the delivery are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from delivery.model import Measure


class DeliveryMetrics(Protocol):
    """The account's metrics."""

    def put(self, measures: Sequence[Measure]) -> None:
        """Keep each value, as of now."""
