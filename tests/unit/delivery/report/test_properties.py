"""What holds of the metrics for any history of commits, releases and failures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_fakes import at, commit, execution, history_of, log_of, released, run

from delivery.report.carried import carried_by, new_to_the_environment
from delivery.report.dora import dora_of
from delivery.report.facts import report_of
from delivery.report.measures import FAIL_RATE, FREQUENCY, RECOVERY, REWORK_RATE

pytestmark = pytest.mark.thorough

RATES = (FAIL_RATE, REWORK_RATE)


@st.composite
def logs(draw):
    """Commits c0, c1, …: each but the first has one or two of the earlier ones before it."""
    commits = [commit("c0")]
    for number in range(1, draw(st.integers(1, 12))):
        parents = draw(
            st.lists(st.integers(0, number - 1), min_size=1, max_size=2, unique=True)
        )
        names = [f"c{each}" for each in parents]
        commits.append(commit(f"c{number}", *names, hours=number / 10))
    return log_of(*commits)


@st.composite
def histories(draw):
    """Releases of some commits in any order, verified or failed, first from c0."""
    log = draw(logs())
    picked = draw(st.lists(st.sampled_from(sorted(log.commits)), max_size=8))
    kinds = st.sampled_from(["update", "update", "rollback", "unchanged"])
    verdicts = st.sampled_from(["verified", "failed", ""])
    releases = [released(1, "c0", 2)]
    for number, name in enumerate(picked, 2):
        more = {"kind": draw(kinds), "verdict": draw(verdicts)}
        releases.append(released(number, name, 2 + 4 * number, **more))
    tried = draw(st.lists(st.integers(3, 40), max_size=3, unique=True))
    return history_of(
        *releases,
        log=log,
        runs=[run(f"t{each}", each, "Failed") for each in tried],
        executions=[execution(f"t{each}", each, "Failed") for each in tried],
    )


def _reached(log, names) -> set[str]:
    seen, waiting = set[str](), list(names)
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting.extend(log.commits[each].parents)
    return seen


@given(histories())
def test_each_commit_that_a_release_reached_counts_exactly_once(history) -> None:
    releases, log = history.own.releases, history.log
    found = carried_by(releases, log)
    counted = [each.id for one in found.values() for each in one.commits]
    changes = [each.commit for each in releases if each.kind != "rollback"]
    new = _reached(log, changes) - _reached(log, ["c0"])
    assert sorted(counted) == sorted(n for n in new if not log.commits[n].merges)


@given(histories(), st.data())
def test_overtaken_executions_change_no_metric(history, data) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(history.log.commits))))
    overtaken = tuple(execution(each, 5, "Superseded") for each in names)
    pipeline = replace(
        history.pipeline, executions=(*history.pipeline.executions, *overtaken)
    )
    assert dora_of(replace(history, pipeline=pipeline)) == dora_of(history)


@given(histories(), st.data())
def test_the_last_commit_again_and_rollbacks_change_neither_time_nor_count(
    history, data
) -> None:
    before = history.own.releases
    again = data.draw(st.sampled_from(new_to_the_environment(before)))
    kind = data.draw(st.sampled_from(["update", "unchanged", "rollback"]))
    more = replace(
        again,
        number=len(before) + 1,
        kind=kind,
        execution="later",
        deployed_at=at(100),
        traffic_complete_at=at(100),
        verdict="",
    )
    own = replace(history.own, releases=(*before, more))
    longer = replace(history, environments={**history.environments, "production": own})
    assert dora_of(longer) == dora_of(history)


@given(histories())
def test_a_value_rests_on_observations_and_a_share_lies_between_none_and_all(
    history,
) -> None:
    dora = dora_of(history)
    for metric in dora.metrics:
        assert (metric.number is None) == (metric.observations == 0)
        assert (metric.number is None) == (metric.value is None)
        assert metric.number is None or metric.number >= 0
        if metric.measure in RATES and metric.number is not None:
            assert metric.number <= 1


@given(histories())
def test_what_is_deployed_and_what_is_tried_make_the_deployments(history) -> None:
    report = report_of(history)
    dora = report.dora
    served = [each for each in dora.changes if each.release]
    assert dora.metric(FREQUENCY).observations == len(served)
    assert dora.metric(REWORK_RATE).observations == len(dora.changes)
    ends = [each.recovery for each in dora.changes if each.recovery is not None]
    assert dora.metric(RECOVERY).observations == len(ends)
    assert list(dora.changes) == sorted(dora.changes, key=lambda each: each.at)
