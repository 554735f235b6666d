"""The five metrics: values, observations, bands, and what is not known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from report_fakes import (
    PERIOD,
    commit,
    execution,
    history_of,
    line,
    log_of,
    released,
    run,
    taken_back,
)

from delivery.report import bands
from delivery.report.dora import dora_of
from delivery.report.measures import (
    FAIL_RATE,
    FREQUENCY,
    LEAD_TIME,
    RECOVERY,
    REWORK_RATE,
    SOURCE,
)

ALL = (LEAD_TIME, FREQUENCY, RECOVERY, FAIL_RATE, REWORK_RATE)
LETTERS = "abcdefg"


def _metric(measure, *releases, **more):
    return dora_of(history_of(*releases, **more)).metric(measure)


def _weekly(*verdicts: str):
    return [
        released(n, LETTERS[n - 1], 24 * n, verdict=verdict)
        for n, verdict in enumerate(verdicts, 1)
    ]


def test_the_five_metrics_stand_in_one_order_with_definitions() -> None:
    metrics = dora_of(history_of()).metrics
    assert tuple(each.measure for each in metrics) == ALL
    assert all(each.definition.endswith(".") for each in ALL)
    assert SOURCE == "https://dora.dev/guides/dora-metrics/"


@pytest.mark.parametrize("measure", ALL, ids=lambda each: each.key)
def test_without_a_deployment_a_metric_is_not_known_and_not_zero(measure) -> None:
    metric = _metric(measure)
    assert (metric.number, metric.value, metric.observations) == (None, None, 0)
    assert metric.band == "not known"


def test_the_lead_time_is_the_median_over_commits_from_the_authors_time() -> None:
    releases = [released(1, "a", 1), released(2, "d", 10)]
    log = log_of(
        commit("a"),
        commit("b", "a", hours=2, committed=8),
        commit("c", "b", hours=4, committed=8),
        commit("d", "c", hours=8, committed=9),
    )
    metric = _metric(LEAD_TIME, *releases, log=log)
    assert (metric.value, metric.observations, metric.measure.of) == (
        "6 h",
        3,
        "commit",
    )
    assert "2 h from the committer's time, which a rebase renews" in metric.notes


def test_a_commit_whose_execution_was_overtaken_counts_once_with_the_next() -> None:
    releases = [released(1, "a", 1), released(2, "c", 9)]
    overtaken = [execution("b", 3, "Superseded"), execution("c", 4)]
    log = line("a", "b", "c", first=1, every=2)
    metric = _metric(LEAD_TIME, *releases, log=log, executions=overtaken)
    assert (metric.observations, metric.value) == (2, "5 h")


def test_a_squash_merge_counts_once_from_when_it_was_made() -> None:
    log = log_of(
        commit("a"), commit("b1", "a", hours=1), commit("squash", "a", hours=8)
    )
    metric = _metric(LEAD_TIME, released(1, "a", 1), released(2, "squash", 9), log=log)
    assert (metric.observations, metric.value) == (1, "1 h")


def test_a_release_whose_commits_are_missing_is_counted_as_not_known() -> None:
    releases = [released(1, "a", 1), released(2, "b", 5), released(3, "c", 9)]
    metric = _metric(LEAD_TIME, *releases, log=log_of(commit("a"), commit("c", "b")))
    assert metric.value is None
    assert [each for each in metric.notes if each.startswith("not known of")] == [
        "not known of 1 release: no release came before the first one",
        "not known of 1 release: its commit is not in this clone",
        "not known of 1 release: the commit of the release before it is not in this "
        "clone",
    ]


def test_a_commit_from_the_future_is_left_out_and_told() -> None:
    log = log_of(commit("a"), commit("b", "a", hours=50), commit("c", "b", hours=5))
    metric = _metric(LEAD_TIME, released(1, "a", 1), released(2, "c", 9), log=log)
    assert (metric.observations, metric.value) == (1, "4 h")
    assert "left out: 1 commit dated after the deployment" in metric.notes


def test_the_frequency_counts_what_was_deployed_and_not_what_was_tried() -> None:
    shown = {
        "executions": [execution("x", 60, "Failed")],
        "runs": [run("x", 60, "Failed")],
    }
    metric = _metric(FREQUENCY, *_weekly("verified", "verified", "failed"), **shown)
    assert (metric.value, metric.observations) == ("3 in 30 days", 3)
    assert metric.number == pytest.approx(0.1)


def test_releases_before_the_period_count_for_nothing_but_what_came_before() -> None:
    old = [released(1, "a", -50), released(2, "b", -40, verdict="failed")]
    new = released(3, "c", 5)
    dora = dora_of(history_of(*old, new, log=line("a", "b", "c", first=2)))
    assert [each.release for each in dora.changes] == [3]
    assert dora.metric(LEAD_TIME).observations == 1
    assert dora.metric(REWORK_RATE).value == "100 %"


def test_recovery_is_the_median_of_failures_that_are_over() -> None:
    releases = _weekly("failed", "failed", "verified", "failed")
    back = [taken_back(1, 0, 25), taken_back(2, 1, 51)]
    metric = _metric(RECOVERY, *releases, back=back)
    assert (metric.value, metric.observations) == ("2 h", 2)
    assert metric.notes == ("1 failure not known to be over",)


def test_no_failure_is_no_recovery_of_zero_seconds() -> None:
    metric = _metric(RECOVERY, *_weekly("verified"))
    assert (metric.value, metric.notes) == (None, ("no deployment failed",))


def test_the_fail_rate_counts_stopped_shifts_failed_verifications_and_rollbacks() -> (
    None
):
    releases = _weekly("verified", "failed", "verified", "verified", "")
    metric = _metric(
        FAIL_RATE,
        *releases,
        back=[taken_back(3, 1, 80)],
        runs=[run("x", 130, "Failed")],
        executions=[execution("x", 130, "Failed")],
    )
    assert (metric.value, metric.observations) == ("60 %", 5)
    assert metric.notes == ("left out: 1 deployment without a verdict",)


def test_a_fail_rate_of_zero_is_one_where_deployments_were_judged() -> None:
    metric = _metric(FAIL_RATE, *_weekly(*["verified"] * 5))
    assert (metric.value, metric.band) == ("0 %", "elite")


def test_without_a_pipeline_the_fail_rate_says_what_it_cannot_see() -> None:
    metric = _metric(FAIL_RATE, *_weekly("verified"), there=False)
    assert "without a pipeline" in metric.notes[0]


def test_rework_is_a_share_of_all_deployments_and_has_no_band() -> None:
    metric = _metric(
        REWORK_RATE, *_weekly("verified", "failed", "verified", "verified")
    )
    assert (metric.value, metric.band) == ("25 %", "not known")


def test_a_band_needs_as_many_observations_as_say_something() -> None:
    few = _metric(FAIL_RATE, *_weekly(*["verified"] * (bands.ENOUGH - 1)))
    enough = _metric(FAIL_RATE, *_weekly(*["verified"] * bands.ENOUGH))
    assert (few.value, few.band) == ("0 %", "not known")
    assert few.without_band == "no band with fewer than 5 observations"
    assert (enough.band, enough.without_band) == ("elite", "")


@pytest.mark.parametrize(
    ("band", "value", "name"),
    [
        (bands.of_lead_time, timedelta(hours=23), "elite"),
        (bands.of_lead_time, timedelta(days=1), "high"),
        (bands.of_lead_time, timedelta(days=8), "medium"),
        (bands.of_lead_time, timedelta(days=31), "low"),
        (bands.of_frequency, 1.5, "elite"),
        (bands.of_frequency, 1.0, "high"),
        (bands.of_frequency, 1 / 8, "medium"),
        (bands.of_frequency, 1 / 31, "low"),
        (bands.of_recovery, timedelta(minutes=59), "elite"),
        (bands.of_recovery, timedelta(hours=1), "high or medium"),
        (bands.of_recovery, timedelta(days=1), "low"),
        (bands.of_fail_rate, 0.05, "elite"),
        (bands.of_fail_rate, 0.2, "high or medium"),
        (bands.of_fail_rate, 0.21, "low"),
    ],
)
def test_a_value_lies_in_its_band(band, value, name) -> None:
    assert band(value) == name


def test_the_period_ends_where_it_ends() -> None:
    last = PERIOD.days * 24
    assert _metric(FREQUENCY, released(1, "a", last - 0.01)).observations == 1
    assert _metric(FREQUENCY, released(1, "a", last)).observations == 0
