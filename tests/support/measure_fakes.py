"""A fake of CloudWatch's metrics that remembers, or refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from delivery.errors import DeliveryError
from delivery.model import Measure


@dataclass
class FakeMetrics:
    """What was put; ``refuses`` is raised instead, as AWS denies or throttles."""

    kept: list[Measure] = field(default_factory=list)
    refuses: DeliveryError | None = None

    def put(self, measures: Sequence[Measure]) -> None:
        assert measures, "CloudWatch refuses a request without data"
        if self.refuses is not None:
            raise self.refuses
        self.kept.extend(measures)

    @property
    def values(self) -> dict[str, float]:
        return {each.metric.name: each.value for each in self.kept}
