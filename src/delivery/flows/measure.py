"""Put measures where the dashboard reads them; what cannot be put is said, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from delivery.errors import DeliveryError
from delivery.model import Measure
from delivery.ports import DeliveryMetrics, Screen


@dataclass(frozen=True, slots=True)
class Measurer:
    """Puts measures, and never fails what was measured."""

    metrics: DeliveryMetrics
    screen: Screen

    def put(self, measures: Sequence[Measure]) -> bool:
        """Put measures and tell whether they are kept; where not, say which and why."""
        if not measures:
            return True
        try:
            self.metrics.put(measures)
        except DeliveryError as error:
            names = ", ".join(each.metric.name for each in measures)
            self.screen.warn(
                f"The dashboard lacks {names} of this run: {error.why or error.what} "
                "Nothing else depends on it."
            )
            return False
        return True
