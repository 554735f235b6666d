"""Following an operation shows each event once, and survives lost answers."""

from __future__ import annotations

import pytest
from delivery_fakes import make_event, make_stack, stack_event, stack_id

from delivery.errors import Detached
from delivery.watch.events import PATIENCE_SECONDS, Follower

STEPS = [
    ("", "UPDATE_IN_PROGRESS", "User Initiated"),
    ("Topic", "UPDATE_IN_PROGRESS", ""),
    ("Topic", "UPDATE_COMPLETE", ""),
    ("", "UPDATE_COMPLETE", ""),
]


@pytest.fixture
def running(stacks):
    stacks.stacks["app"] = make_stack()
    stacks.run("app", *STEPS)
    return stacks


def test_each_event_comes_once_and_in_order(running, clock) -> None:
    follower = Follower(running, clock, stack_id("app"), token="somebody-else")
    statuses = [(each.logical_id, each.status) for each in follower]
    assert statuses == [
        ("app", "UPDATE_IN_PROGRESS"),
        ("Topic", "UPDATE_IN_PROGRESS"),
        ("Topic", "UPDATE_COMPLETE"),
        ("app", "UPDATE_COMPLETE"),
    ]
    assert follower.stack.status == "UPDATE_COMPLETE"


def test_events_of_other_operations_are_left_out(running, clock) -> None:
    running.log["app"] = [
        stack_event("UPDATE_COMPLETE", token="earlier"),
        make_event("Old", token="earlier"),
    ]
    follower = Follower(running, clock, stack_id("app"), token="somebody-else")
    assert "Old" not in [each.logical_id for each in follower]


def test_what_came_before_is_told_once_as_history(running, clock) -> None:
    running.log["app"] = [make_event("Old", token="earlier")]
    told: list[list[str]] = []
    follower = Follower(
        running,
        clock,
        stack_id("app"),
        token="somebody-else",
        on_history=lambda events: told.append([each.logical_id for each in events]),
    )
    list(follower)
    assert told == [["Old"]]


def test_an_operation_of_ours_is_first_looked_at_after_a_wait(running, clock) -> None:
    began = clock.seconds
    follower = Follower(running, clock, stack_id("app"), token="somebody-else")
    next(iter(follower))
    assert clock.seconds - began == pytest.approx(follower.poll_seconds, rel=0.25)


def test_a_stale_status_right_after_the_start_does_not_end_it(stacks, clock) -> None:
    """CloudFormation may describe the stack as it was before the operation began."""
    stacks.stacks["app"] = make_stack(status="UPDATE_COMPLETE")
    follower = Follower(stacks, clock, stack_id("app"), token="mine")
    looks = []

    def wait() -> None:
        looks.append(clock.seconds)
        if len(looks) == 3:
            stacks._running["app"] = ("mine", [("", "UPDATE_COMPLETE", "")])

    follower.on_wait = wait
    assert [each.status for each in follower] == ["UPDATE_COMPLETE"]
    assert len(looks) == 3


def test_lost_answers_are_said_and_the_operation_followed_to_its_end(
    running, clock
) -> None:
    running.unreachable_looks = 3
    trouble: list[str] = []
    follower = Follower(
        running,
        clock,
        stack_id("app"),
        token="somebody-else",
        on_trouble=trouble.append,
    )
    assert len(list(follower)) == len(STEPS)
    assert len(trouble) == 3
    assert "goes on" in trouble[0]


def test_after_a_long_silence_it_detaches_and_says_how_to_come_back(
    running, clock
) -> None:
    running.unreachable_looks = 100_000
    follower = Follower(running, clock, stack_id("app"), token="somebody-else")
    with pytest.raises(Detached, match="goes on without us"):
        list(follower)
    assert clock.seconds > PATIENCE_SECONDS


def test_a_stack_that_is_gone_ends_it(stacks, clock) -> None:
    follower = Follower(stacks, clock, stack_id("app"), token="mine")
    assert list(follower) == []
    assert follower.stack is None
