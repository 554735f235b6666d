"""Deployments of changes: what counts as one, what failed, and when it was over."""

from __future__ import annotations

from datetime import timedelta

from report_fakes import at, execution, history_of, released, run, taken_back

from delivery.report.changes import changes_of


def _failed(*releases, **more) -> list[bool]:
    return [each.failed for each in changes_of(history_of(*releases, **more))]


def test_rollbacks_and_the_same_commit_again_are_no_deployments_of_a_change() -> None:
    found = changes_of(
        history_of(
            released(1, "a", 1, kind="first"),
            released(2, "b", 2),
            released(3, "a", 3, kind="rollback"),
            released(4, "b", 4),
            released(5, "b", 5, kind="unchanged"),
        )
    )
    assert [each.release for each in found] == [1, 2]


def test_a_release_that_was_taken_back_failed_whatever_its_verdict_was() -> None:
    back = [taken_back(2, 1, 5)]
    assert _failed(released(1, "a", 1), released(2, "b", 2), back=back) == [False, True]


def test_a_release_whose_newest_verdict_is_failed_has_failed() -> None:
    assert _failed(released(1, "a", 1, verdict="failed")) == [True]


def test_one_function_sent_back_by_hand_is_a_failure_of_what_served() -> None:
    (change,) = changes_of(
        history_of(
            released(1, "a", 1), back=[taken_back(1, 0, 4, function="mra-analyze")]
        )
    )
    assert change.why == "mra-analyze was taken back: bad"
    assert change.recovery == timedelta(hours=3)


def test_a_drill_is_no_failure_and_forward_again_neither() -> None:
    back = [taken_back(2, 1, 5, drill=True), taken_back(1, 2, 6, drill=True)]
    assert _failed(released(1, "a", 1), released(2, "b", 2), back=back) == [False] * 2
    forward = [taken_back(1, 2, 6)]
    assert (
        _failed(released(1, "a", 1), released(2, "b", 2), back=forward) == [False] * 2
    )


def test_a_release_without_a_verdict_is_neither_good_nor_bad() -> None:
    (change,) = changes_of(history_of(released(1, "a", 1, verdict="")))
    assert not change.judged and not change.failed


def test_what_the_pipeline_failed_to_deploy_counts_though_no_ledger_has_it() -> None:
    """An alarm stopped the shift: CloudFormation took the stack back, Record never ran."""
    found = changes_of(
        history_of(
            released(1, "a", 1),
            executions=[execution("b", 3, "Failed")],
            runs=[run("b", 3, "Failed", lasts=0.25, summary="an alarm fired")],
        )
    )
    assert [each.commit for each in found] == ["a", "b"]
    assert (found[1].release, found[1].why) == (0, "an alarm fired")
    assert found[1].recovery == timedelta(minutes=15)


def test_what_failed_before_the_change_set_was_executed_deployed_nothing() -> None:
    runs = [
        run("b", 3, "Failed", name="CreateChangeSet", mode="CHANGE_SET_REPLACE"),
        run("b", 3, "Failed", stage="DeployStaging"),
        run("b", 3, "Failed", name="CheckArtifact", mode=""),
    ]
    assert changes_of(history_of(runs=runs, executions=[execution("b", 3)])) == []


def test_a_failed_try_and_the_try_that_passed_afterwards_are_two() -> None:
    runs = [run("a", 1, "Failed"), run("a", 3)]
    found = changes_of(
        history_of(released(1, "a", 4), runs=runs, executions=[execution("a", 1)])
    )
    assert [(each.release, each.failed) for each in found] == [(0, True), (1, False)]


def test_a_failed_try_with_a_commit_that_was_released_before_is_no_change() -> None:
    found = changes_of(
        history_of(
            released(1, "a", 1),
            runs=[run("a", 5, "Failed")],
            executions=[execution("a", 5, "Failed")],
        )
    )
    assert [each.release for each in found] == [1]


def test_a_stack_that_could_not_be_taken_back_is_over_when_somebody_mended_it() -> None:
    stuck = run("b", 3, "Failed", summary="stack is UPDATE_ROLLBACK_FAILED. x")
    shown = {"executions": [execution("b", 3)], "runs": [stuck]}
    *_, open_ = changes_of(history_of(released(1, "a", 1), **shown))
    assert open_.failed and open_.recovery is None
    found = changes_of(history_of(released(1, "a", 1), released(2, "c", 7), **shown))
    assert found[1].recovery == timedelta(hours=4)


def test_a_failure_is_over_when_it_was_taken_back_or_a_later_release_was_verified() -> (
    None
):
    bad = released(2, "b", 2, verdict="failed")
    mended = released(3, "c", 8)
    both = history_of(bad, mended, back=[taken_back(2, 1, 4)])
    assert changes_of(both)[0].recovery == timedelta(hours=2)
    assert changes_of(history_of(bad, mended))[0].recovery == timedelta(hours=6)
    unjudged = released(3, "c", 8, verdict="")
    assert changes_of(history_of(bad, unjudged))[0].recovery is None


def test_the_pipeline_knows_earlier_than_the_ledger_when_traffic_was_there() -> None:
    found = changes_of(history_of(released(1, "a", 4), runs=[run("a", 2, lasts=1)]))
    assert found[0].at == at(3)
    (alone,) = changes_of(
        history_of(released(1, "a", 4, traffic_complete_at=at(4.5), verdict=""))
    )
    assert alone.at == at(4.5)


def test_what_follows_a_failure_is_rework_and_what_passed_alarms_too() -> None:
    found = changes_of(
        history_of(
            released(1, "a", 1),
            released(2, "b", 2, verdict="failed"),
            released(3, "c", 3),
            released(4, "d", 4),
            released(5, "e", 5, override=True),
        )
    )
    assert [each.rework for each in found] == [False, False, True, False, True]
