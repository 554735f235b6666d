"""Putting metrics: the request that CloudWatch is sent, and its refusals."""

from __future__ import annotations

import pytest

from delivery.aws.metrics import CloudWatchMetrics
from delivery.errors import NotPermitted, Unreachable
from delivery.model import COVERAGE, LEAD_TIME, Measure

MEASURES = (
    Measure(LEAD_TIME, 5400.0, {"Environment": "production"}),
    Measure(COVERAGE, 93.5),
)


def test_measures_are_put_with_unit_and_dimensions_into_one_namespace(clients) -> None:
    clients.stub("cloudwatch").add_response(
        "put_metric_data",
        {},
        {
            "Namespace": "MedicalRecordAnalysis/Delivery",
            "MetricData": [
                {
                    "MetricName": "LeadTimeSeconds",
                    "Dimensions": [{"Name": "Environment", "Value": "production"}],
                    "Value": 5400.0,
                    "Unit": "Seconds",
                },
                {
                    "MetricName": "Coverage",
                    "Dimensions": [],
                    "Value": 93.5,
                    "Unit": "Percent",
                },
            ],
        },
    )
    CloudWatchMetrics(clients).put(MEASURES)


@pytest.mark.parametrize(
    ("code", "error"), [("AccessDenied", NotPermitted), ("Throttling", Unreachable)]
)
def test_a_refusal_is_told_in_our_words(clients, code: str, error: type) -> None:
    clients.stub("cloudwatch").add_client_error("put_metric_data", code, "no")
    with pytest.raises(error, match="could not put metrics"):
        CloudWatchMetrics(clients).put(MEASURES)
