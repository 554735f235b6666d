"""A change set is made, waited for, and removed when it leads nowhere."""

from __future__ import annotations

import pytest
from delivery_fakes import make_stack

from delivery.deploy.apply import PATIENCE_SECONDS, prepare
from delivery.errors import OperationFailed, Unreachable
from delivery.model import StackRequest

REQUEST = StackRequest("app", "Resources: {}", {})


def test_a_ready_change_set_is_returned_with_its_changes(stacks, clock) -> None:
    change_set = prepare(stacks, clock, REQUEST, create=True)
    assert change_set.status == "CREATE_COMPLETE"
    assert [each.logical_id for each in change_set.changes] == ["RecordBucket"]
    assert stacks.discarded == []


def test_a_failed_change_set_is_removed(stacks, clock) -> None:
    stacks.stacks["app"] = make_stack()
    stacks.change_set_status = "FAILED"
    assert prepare(stacks, clock, REQUEST, create=False).status == "FAILED"
    assert stacks.discarded == ["change-set-1"]


def test_a_change_set_that_never_gets_ready_is_given_up_and_removed(
    stacks, clock
) -> None:
    stacks.pending_looks = 10_000
    with pytest.raises(OperationFailed, match="did not become ready"):
        prepare(stacks, clock, REQUEST, create=True)
    assert stacks.discarded == ["change-set-1"]
    assert clock.seconds <= PATIENCE_SECONDS + 10


def test_one_lost_answer_does_not_end_the_wait(stacks, clock, monkeypatch) -> None:
    look, answers = stacks.change_set, [Unreachable("lost")]

    def sometimes_lost(change_set):
        if answers:
            raise answers.pop()
        return look(change_set)

    monkeypatch.setattr(stacks, "change_set", sometimes_lost)
    assert prepare(stacks, clock, REQUEST, create=True).status == "CREATE_COMPLETE"


def test_an_interrupted_wait_leaves_no_change_set(stacks, clock, monkeypatch) -> None:
    def interrupted(change_set):
        raise KeyboardInterrupt

    monkeypatch.setattr(stacks, "change_set", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(stacks, clock, REQUEST, create=True)
    assert stacks.discarded == ["change-set-1"]
