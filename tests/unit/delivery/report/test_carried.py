"""Which commits each release brought: once each, with the release that carried them."""

from __future__ import annotations

from report_fakes import commit, line, log_of, released

from delivery.model import CommitLog
from delivery.report import carried
from delivery.report.carried import carried_by, new_to_the_environment


def _ids(found, number: int) -> set[str]:
    return {each.id for each in found[number].commits}


def test_a_release_carries_the_commits_since_the_release_before() -> None:
    log = line("a", "b", "c", "d")
    found = carried_by([released(1, "a", 10), released(2, "d", 20)], log)
    assert _ids(found, 2) == {"b", "c", "d"}


def test_what_an_overtaken_execution_was_started_for_travels_with_the_next() -> None:
    """b's execution was superseded by c's: no release names b, and c carries it once."""
    releases = [released(1, "a", 10), released(2, "c", 20), released(3, "d", 30)]
    found = carried_by(releases, line("a", "b", "c", "d"))
    assert _ids(found, 2) == {"b", "c"}
    assert _ids(found, 3) == {"d"}


def test_a_squash_merged_branch_is_the_one_commit_that_the_release_reaches() -> None:
    squash = commit("squash", "a", hours=9)
    branch = (commit("b1", "a"), commit("b2", "b1"))
    log = log_of(commit("a"), *branch, squash)
    found = carried_by([released(1, "a", 1), released(2, "squash", 10)], log)
    assert _ids(found, 2) == {"squash"}


def test_a_merged_branch_counts_by_its_commits_and_not_by_its_merge() -> None:
    log = log_of(
        commit("a"),
        commit("side", "a"),
        commit("main", "a"),
        commit("merge", "main", "side"),
    )
    found = carried_by([released(1, "a", 1), released(2, "merge", 10)], log)
    assert _ids(found, 2) == {"side", "main"}


def test_what_a_branch_has_from_before_the_release_before_is_not_counted_again() -> (
    None
):
    log = log_of(
        commit("old"),
        commit("side", "old"),
        commit("a", "old"),
        commit("merge", "a", "side"),
    )
    found = carried_by([released(1, "a", 1), released(2, "merge", 10)], log)
    assert _ids(found, 2) == {"side"}


def test_a_rollback_and_the_same_or_an_older_commit_bring_nothing_new() -> None:
    releases = [
        released(1, "a", 1),
        released(2, "b", 2),
        released(3, "a", 3, kind="rollback"),
        released(4, "b", 4),
        released(5, "b", 5, kind="unchanged"),
        released(6, "c", 6),
    ]
    assert [each.number for each in new_to_the_environment(releases)] == [1, 2, 6]
    found = carried_by(releases, line("a", "b", "c"))
    assert set(found) == {1, 2, 6}
    assert _ids(found, 6) == {"c"}


def test_the_first_release_counts_none_because_nothing_came_before() -> None:
    found = carried_by([released(1, "b", 1)], line("a", "b"))
    assert (found[1].commits, found[1].unknown) == ((), carried.FIRST)


def test_a_commit_that_the_clone_lacks_makes_its_release_and_the_next_unknown() -> None:
    releases = [released(n, name, n) for n, name in enumerate("abcd", 1)]
    log = log_of(commit("a"), commit("c", "b"), commit("d", "c"))
    found = carried_by(releases, log)
    assert found[2].unknown == carried.OWN_MISSING
    assert found[3].unknown == carried.BEFORE_MISSING
    assert (found[3].commits, _ids(found, 4)) == ((), {"d"})


def test_a_shallow_clone_that_ends_too_early_is_not_guessed_from() -> None:
    log = log_of(commit("c"), commit("d", "c"), present=["a"], cut=["c"])
    found = carried_by([released(1, "a", 1), released(2, "d", 2)], log)
    assert found[2].unknown == carried.CUT


def test_where_a_shallow_clone_ends_after_all_is_no_matter() -> None:
    log = log_of(commit("b"), commit("c", "b"), present=["a"], cut=["b"])
    releases = [released(1, "a", 1), released(2, "b", 2), released(3, "c", 3)]
    assert _ids(carried_by(releases, log), 3) == {"c"}


def test_without_a_repository_no_release_is_known() -> None:
    found = carried_by([released(1, "a", 1), released(2, "b", 2)], None)
    assert {each.unknown for each in found.values()} == {carried.NO_REPOSITORY}


def test_a_commit_of_another_history_brings_all_that_it_alone_reaches() -> None:
    """Somebody pushed by force: b is gone from the branch, and c was written instead."""
    log = log_of(commit("a"), commit("b", "a"), commit("c", "a"))
    releases = [released(n, name, n) for n, name in enumerate("abc", 1)]
    assert _ids(carried_by(releases, log), 3) == {"c"}


def test_an_empty_clone_knows_none() -> None:
    found = carried_by([released(1, "a", 1), released(2, "b", 2)], CommitLog())
    assert found[2].unknown == carried.OWN_MISSING
