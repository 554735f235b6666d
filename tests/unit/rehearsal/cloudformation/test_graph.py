"""Work in the order of needs."""

from __future__ import annotations

import threading

from rehearsal.cloudformation import graph

NEEDS = {
    "key": frozenset[str](),
    "bucket": frozenset({"key"}),
    "policy": frozenset({"bucket"}),
    "topic": frozenset[str](),
}


def test_each_comes_after_what_it_needs() -> None:
    order: list[str] = []

    outcome = graph.run(NEEDS, NEEDS, lambda name: not order.append(name))

    assert outcome == dict.fromkeys(NEEDS, True)
    assert order.index("key") < order.index("bucket") < order.index("policy")


def test_what_needs_a_failure_never_begins_and_the_rest_goes_on() -> None:
    outcome = graph.run(NEEDS, NEEDS, lambda name: name != "bucket")
    assert outcome == {"key": True, "bucket": False, "topic": True}


def test_nothing_begins_once_it_is_stopped() -> None:
    stopped = threading.Event()

    def work(name: str) -> bool:
        stopped.set()
        return True

    outcome = graph.run(NEEDS, NEEDS, work, stopped.is_set)

    assert set(outcome) == {"key", "topic"}


def test_what_is_independent_runs_side_by_side() -> None:
    both = threading.Barrier(2, timeout=5)

    outcome = graph.run(["key", "topic"], NEEDS, lambda name: both.wait() in (0, 1))

    assert outcome == {"key": True, "topic": True}


def test_removal_turns_the_arrows_around() -> None:
    removal = graph.reverse(NEEDS)
    assert removal["key"] == {"bucket"} and removal["policy"] == frozenset()


def test_needs_outside_of_the_work_do_not_hold_it_up() -> None:
    assert graph.run(["policy"], NEEDS, lambda name: True) == {"policy": True}
