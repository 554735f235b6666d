"""What a report reads: ledgers, the pipeline's past, and the commits in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from delivery_fakes import FakeAccount
from release_fakes import SCOPE, START, LedgerBuilder
from report_fakes import (
    FakeCommits,
    FakePast,
    FakeShiftPast,
    execution,
    run,
    shift,
)

from delivery.errors import NotPermitted
from delivery.flows.report import Reporter
from delivery.ledger.events import (
    AliasMove,
    Commit,
    Deployment,
    Pinned,
    Reconciled,
    RolledBack,
)
from delivery.model import CommitLog, CommitTimes
from delivery.report.measures import FAIL_RATE, FREQUENCY, LEAD_TIME, RECOVERY

NOW = START + timedelta(days=20)


def _reporter(ledger, past=None, commits=None, shifts=None) -> Reporter:
    return Reporter(
        FakeAccount(),
        SCOPE.region,
        ledger.store,
        past or FakePast(),
        shifts or FakeShiftPast(),
        commits or FakeCommits(),
        "Pipeline",
    )


def _report(ledger, past=None, commits=None, *, days: int = 30, now=NOW, shifts=None):
    reporter = _reporter(ledger, past, commits, shifts)
    return reporter.report("production", days=days, now=now)


def _released(*names: str) -> LedgerBuilder:
    ledger = LedgerBuilder()
    for number, name in enumerate(names):
        ledger.release(name, str(7 + number))
    return ledger


def test_releases_of_every_environment_are_read() -> None:
    ledger = _released("one", "two")
    staging = LedgerBuilder(ledger.store, replace(SCOPE, environment="staging"))
    staging.release("one")
    found = {each.environment: each for each in _report(ledger).releases}
    assert [len(each.releases) for each in found.values()] == [0, 1, 2]
    assert (found["production"].live, found["development"].live) == (2, None)


def test_git_is_asked_for_what_came_since_the_releases_before_the_period() -> None:
    commits = FakeCommits()
    ledger = _released("one", "two", "three")
    # Each release takes three minutes: the second one had all traffic after five.
    now = START + timedelta(days=1, minutes=5)
    _report(ledger, commits=commits, days=1, now=now)
    assert commits.asked == [(("two", "three"), ("one",))]


def test_the_first_release_is_never_followed_to_the_beginning_of_history() -> None:
    commits = FakeCommits()
    _report(_released("one"), commits=commits)
    assert commits.asked == [((), ("one",))]


def test_a_lead_time_rests_on_the_commits_between_two_releases() -> None:
    made = CommitTimes("two", START, START, ("one",))
    log = CommitLog({"two": made}, frozenset({"one", "two"}))
    report = _report(_released("one", "two"), commits=FakeCommits(log))
    metric = report.dora.metric(LEAD_TIME)
    assert (metric.value, metric.observations) == ("5 min", 1)


def test_a_rollback_ends_a_failure_and_its_release_is_no_change() -> None:
    ledger = _released("one", "two")
    ledger.add(RolledBack(2, 1, "analysis answers 500", 3.2), release=1)
    ledger.release(
        "one", "9", kind=Deployment.ROLLBACK, commit=Commit("one"), execution="-"
    )
    ledger.add(Reconciled(("mra-analyze",)), release=3)
    dora = _report(ledger).dora
    assert [each.failed for each in dora.changes] == [False, True]
    assert dora.metric(RECOVERY).value == "2 min"


@pytest.mark.parametrize(("to", "failed"), [("6", True), ("8", False)])
def test_a_function_sent_back_is_a_failure_and_forward_is_none(to, failed) -> None:
    ledger = _released("one")
    move = AliasMove("live", "7", to)
    ledger.add(Pinned("mra-analyze", move, "7", "slow"), release=1)
    (change,) = _report(ledger).dora.changes
    assert change.failed is failed


def test_a_drill_is_told_and_fails_nothing() -> None:
    ledger = _released("one", "two")
    ledger.add(RolledBack(2, 1, "Drill: back to release 1.", 3.2), release=1)
    ledger.release("one", "9", kind=Deployment.ROLLBACK, execution="-")
    ledger.add(RolledBack(3, 2, "Drill: forward to release 2.", 3.2), release=2)
    report = _report(ledger)
    *_, production = report.releases
    assert [each.drill for each in production.taken_back] == [True, True]
    assert production.states == {"verified": 2, "rolled_back": 1}
    assert report.dora.metric(FAIL_RATE).value == "0 %"


def test_without_a_pipeline_the_ledger_is_told_and_the_gap_said() -> None:
    report = _report(_released("one"), past=FakePast(executions=None))
    assert report.pipeline is None
    assert "There is no pipeline" in report.notes[0]
    assert report.dora.metric(FREQUENCY).observations == 1


def test_without_a_repository_lead_times_are_not_known() -> None:
    report = _report(_released("one", "two"), commits=FakeCommits(None))
    assert "There is no git repository here" in report.notes[0]
    metric = report.dora.metric(LEAD_TIME)
    assert metric.value is None
    assert metric.notes == ("not known of 2 releases: there is no git repository here",)


def test_without_a_release_the_report_says_so() -> None:
    report = _report(LedgerBuilder())
    assert report.notes == ("Nothing was released to production yet.",)
    assert all(each.value is None for each in report.dora.metrics)


def test_what_may_not_be_read_is_no_absence() -> None:
    past = FakePast()

    def denied(pipeline, since):
        raise NotPermitted("The tool could not list what the actions did.")

    past.runs_since = denied
    with pytest.raises(NotPermitted):
        _report(_released("one"), past=past)


def test_the_pipelines_past_is_put_in_order() -> None:
    past = FakePast(
        [execution("b", 600), execution("a", 590)], [run("b", 600), run("a", 590)]
    )
    report = _report(LedgerBuilder(), past=past, days=365)
    assert [each.commit for each in report.pipeline.executions] == ["a", "b"]
    assert [each.execution for each in report.updates] == ["execution-a", "execution-b"]


def test_shifts_are_those_of_every_stack_that_was_released_to() -> None:
    ledger = _released("one", "two")
    ledger.release("three", stack_id="arn:anew")
    shifts = FakeShiftPast([shift(2), shift(1)])
    report = _report(ledger, shifts=shifts)
    assert shifts.asked == ["arn:anew", "arn:stack"]
    assert [each.began_at for each in report.shifts] == sorted(
        each.began_at for each in report.shifts
    )
