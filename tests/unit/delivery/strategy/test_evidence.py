"""How much traffic an alarm needs in a rehearsal, and how fast the clock may run for it."""

from __future__ import annotations

import pytest
from shift_template import shift_template

from delivery.strategy import Traffic, assess, find_evidence, shares_of
from delivery.strategy.chances import at_least
from delivery.strategy.evidence import Evidence


def evidence(error_rate: float = 0.3, share: float = 0.5, **changes) -> Evidence | None:
    assessment = assess(
        "production", shift_template(**changes), {}, Traffic(10, error_rate)
    )
    return find_evidence(assessment, {"OrderFunction": share}, error_rate)


@pytest.mark.parametrize("error_rate", [0.01, 0.3, 1.0])
def test_at_the_clock_that_is_chosen_a_period_fires_the_alarm_with_99_percent(
    error_rate: float,
) -> None:
    found = evidence(error_rate)
    assert found is not None
    speed = found.fastest_clock(40.0)
    failures = found.requests_in_a_period(40.0, speed) * error_rate
    assert at_least(3, failures) == pytest.approx(0.99, abs=1e-3)
    assert failures == pytest.approx(found.needed_failures)


def test_more_requests_let_the_clock_run_faster() -> None:
    found = evidence()
    assert found is not None
    assert found.fastest_clock(80) == pytest.approx(2 * found.fastest_clock(40))


def test_the_arithmetic_is_said_in_numbers() -> None:
    found = evidence()
    assert found is not None
    said = found.sentence(40.0, found.fastest_clock(40.0))
    assert "OrderErrors fires at 3 failures in 60 s" in said
    assert "50% to OrderFunction × 10% to its new version" in said
    assert "28.0 requests in a period, of which 30% fail: 8.4 failures" in said


def test_the_alarm_that_needs_least_counts_and_one_nobody_calls_does_not() -> None:
    assert evidence(share=0.0) is None


def test_without_steps_no_traffic_is_enough() -> None:
    assert evidence(preference={"Type": "AllAtOnce"}) is None


def test_shares_of_requests_come_from_the_templates_own_events() -> None:
    template = {
        "Resources": {
            "Orders": {
                "Properties": {
                    "Events": {
                        "Get": {
                            "Type": "Api",
                            "Properties": {"Method": "get", "Path": "/orders"},
                        },
                        "Daily": {"Type": "Schedule", "Properties": {}},
                    }
                }
            },
            "Bucket": {"Type": "AWS::S3::Bucket"},
        }
    }
    mix = {("GET", "/orders"): 60, ("GET", "/else"): 40}
    assert shares_of(template, mix) == {"Orders": 0.6}
