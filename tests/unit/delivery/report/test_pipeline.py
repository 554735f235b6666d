"""Executions in numbers."""

from __future__ import annotations

from datetime import timedelta

from report_fakes import PERIOD, at, execution, run

from delivery.report.history import PipelineHistory
from delivery.report.pipeline import pipeline_facts


def _facts(executions=(), runs=()):
    return pipeline_facts(
        PipelineHistory(executions=tuple(executions), actions=tuple(runs)), PERIOD
    )


def test_executions_are_counted_by_how_they_ended() -> None:
    statuses = ["Succeeded", "Failed", "Superseded", "Stopped", "Cancelled"]
    running = ["InProgress", "Stopping"]
    facts = _facts(execution(each, 1, each) for each in [*statuses, *running])
    assert facts.outcomes == {
        "succeeded": 1,
        "failed": 1,
        "superseded": 1,
        "stopped": 2,
        "running": 2,
    }


def test_the_duration_is_the_median_of_those_that_succeeded() -> None:
    facts = _facts(
        [
            execution("a", 1, changed_at=at(2)),
            execution("b", 1, changed_at=at(4)),
            execution("c", 1, "Failed", changed_at=at(1.1)),
            execution("d", 1, "Superseded", changed_at=at(1.1)),
        ]
    )
    assert (facts.duration, facts.durations) == (timedelta(hours=2), 2)


def test_what_nobody_saw_is_none_and_not_zero() -> None:
    facts = _facts([execution("a", 1, "Failed")])
    assert (facts.duration, facts.approval_wait) == (None, None)
    assert (facts.most_failed, facts.most_failures) == ((), 0)


def test_an_approval_waits_until_it_is_decided() -> None:
    asked = {"category": "Approval", "stage": "ApproveStaging", "mode": ""}
    facts = _facts(
        runs=[
            run("a", 1, lasts=2, **asked),
            run("b", 1, "Failed", lasts=4, **asked),
            run("c", 1, "InProgress", lasts=50, **asked),
        ]
    )
    assert (facts.approval_wait, facts.approvals) == (timedelta(hours=3), 2)
    assert facts.most_failed == ()


def test_the_stage_in_which_most_executions_failed_is_named() -> None:
    build = {"stage": "Build", "mode": ""}
    facts = _facts(
        runs=[
            run("a", 1, "Failed", **build),
            run("a", 2, "Failed", **build),
            run("b", 1, "Failed", **build),
            run("c", 1, "Failed"),
        ]
    )
    assert (facts.most_failed, facts.most_failures) == (("Build",), 2)


def test_stages_that_failed_equally_often_are_both_named() -> None:
    facts = _facts(
        runs=[run("a", 1, "Failed"), run("b", 1, "Failed", stage="Build", mode="")]
    )
    assert facts.most_failed == ("Build", "DeployProduction")


def test_what_began_before_the_period_is_not_of_it() -> None:
    facts = _facts([execution("a", -1)], [run("a", -1, "Failed")])
    assert (facts.executions, facts.most_failed) == ((), ())
