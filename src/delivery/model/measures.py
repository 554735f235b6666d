"""What the delivery measures of itself: CloudWatch metrics, by name, unit and dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Unit(StrEnum):
    """CloudWatch's words for units."""

    COUNT = "Count"
    SECONDS = "Seconds"
    PERCENT = "Percent"


@dataclass(frozen=True, slots=True)
class DeliveryMetric:
    """A metric in ``METRIC_NAMESPACE``; ``dimensions`` are the names of all it has."""

    name: str
    unit: Unit
    dimensions: tuple[str, ...] = ()


ENVIRONMENT = "Environment"
DEPLOYMENTS = DeliveryMetric("Deployments", Unit.COUNT, (ENVIRONMENT,))
APPROVAL_WAIT = DeliveryMetric("ApprovalWaitSeconds", Unit.SECONDS, (ENVIRONMENT,))
LEAD_TIME = DeliveryMetric("LeadTimeSeconds", Unit.SECONDS, (ENVIRONMENT,))
TEST_PASS_RATE = DeliveryMetric("TestPassRate", Unit.PERCENT)
COVERAGE = DeliveryMetric("Coverage", Unit.PERCENT)

# What tells which, once each.
OF_A_DEPLOYMENT = (DEPLOYMENTS, LEAD_TIME)
OF_AN_APPROVAL = (APPROVAL_WAIT,)
OF_A_BUILD = (TEST_PASS_RATE, COVERAGE)
DELIVERY_METRICS = (*OF_A_DEPLOYMENT, *OF_AN_APPROVAL, *OF_A_BUILD)


@dataclass(frozen=True, slots=True)
class Measure:
    """One value of a metric; ``dimensions`` has a value for each of the metric's."""

    metric: DeliveryMetric
    value: float
    dimensions: Mapping[str, str] = field(default_factory=dict)
