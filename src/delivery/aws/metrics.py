"""CloudWatch's metrics, as ``ports.DeliveryMetrics``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from delivery.aws.clients import Clients
from delivery.aws.errors import told_in_our_words
from delivery.model import METRIC_NAMESPACE, Measure


@dataclass(frozen=True, slots=True)
class CloudWatchMetrics:
    """The delivery's own namespace."""

    clients: Clients

    def put(self, measures: Sequence[Measure]) -> None:
        with told_in_our_words("put metrics", local=self.clients.local):
            self.clients.get("cloudwatch").put_metric_data(
                Namespace=METRIC_NAMESPACE,
                MetricData=[_datum(each) for each in measures],
            )


def _datum(measure: Measure) -> dict[str, Any]:
    return {
        "MetricName": measure.metric.name,
        "Dimensions": [
            {"Name": name, "Value": measure.dimensions[name]}
            for name in measure.metric.dimensions
        ],
        "Value": measure.value,
        "Unit": measure.metric.unit.value,
    }
