"""What ``drill`` refuses, and what its report says."""

from __future__ import annotations

import pytest

from delivery.cli.drilling import drilled_lines, run_drill
from delivery.cli.options import Settings
from delivery.cli.straining import wanted
from delivery.errors import Refused
from delivery.flows.drill import Drilled, Leg
from delivery.flows.undone import Undone
from delivery.model import CheckResult, Outcome, TrafficReport, Verdict
from delivery.rollback.options import Way


def make_leg(name: str, left: int, to: int) -> Leg:
    done = Undone(
        "staging", Way.TRAFFIC_FIRST, "Done.", (), 0.4, from_release=left, to_release=to
    )
    found = CheckResult("state", Outcome.PASSED, "As recorded.")
    return Leg(name, done, Verdict("staging", (found,)), 7.0)


def test_production_is_refused_unless_it_is_asked_for() -> None:
    asked = wanted((), environment="production", mix="list", rate=None)
    with pytest.raises(Refused, match="not drilled by default") as refusal:
        run_drill(Settings(), asked, production=False, dry_run=False)
    assert refusal.value.exit_code == 3
    assert "--production" in refusal.value.next_step


def test_the_report_tells_both_ways_the_requests_and_the_outcome() -> None:
    requests = TrafficReport(100, 20.0, 5.0, {200: 99, 502: 1}, {}, {"list": 1})
    legs = (make_leg("back", 2, 1), make_leg("forward", 3, 2))
    lines = list(drilled_lines(Drilled("staging", legs, requests)))
    assert lines[0].startswith("back: release 2 to 1, traffic in 0.4 s")
    assert lines[-2:] == [
        "Requests: 100 sent in 5.0 s, 1 failed",
        "Drill: failed",
    ]


def test_a_machine_that_did_not_keep_up_is_told() -> None:
    requests = TrafficReport(100, 20.0, 5.0, {200: 80}, {}, {})
    lines = list(drilled_lines(Drilled("staging", (), requests)))
    assert lines[-2] == (
        "This machine sent 16 of the 20 requests/s that were asked for."
    )
