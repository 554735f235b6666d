"""Killed or interrupted at any effect, a deployment leaves nothing that the next one keeps."""

from __future__ import annotations

import pytest
from delivery_fakes import FakeScreen, FakeStacks, FakeUndo, make_stack

from delivery.errors import Detached, OperationFailed, Terminated
from delivery.flows.stack import StackDeployer
from delivery.model import StackRequest

REQUEST = StackRequest("app", "Resources: {}", {"Stage": "x"})
EFFECTS = ("create_change_set", "execute", "discard", "delete")


class Killed(BaseException):
    """The process is gone: no line of it runs any more."""


class MortalStacks(FakeStacks):
    """Dies right before or right after the n-th call that changes something.

    Once dead it changes nothing more: what a ``finally`` of the killed process would have
    done is refused, as it would never have run.
    """

    def arm(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.calls, self.dead = at, after, 0, False

    def disarm(self) -> None:
        self.at, self.dead = -1, False

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name not in EFFECTS or getattr(self, "at", -1) < 0:
            return found

        def mortal(*args, **more):
            if self.dead:
                raise Killed
            self.calls += 1
            self.dead = self.calls == self.at
            if self.dead and not self.after:
                raise Killed
            result = found(*args, **more)
            if self.dead:
                raise Killed
            return result

        return mortal


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("present", [None, "UPDATE_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_the_run_after_a_kill_finishes_and_leaves_one_good_stack(
    clock, present, at, after
) -> None:
    stacks = MortalStacks(stacks={"app": make_stack(status=present)} if present else {})
    stacks.arm(at, after=after)
    with pytest.raises(Killed):
        StackDeployer(stacks, clock, FakeScreen()).deploy(REQUEST)
    stacks.disarm()
    done = StackDeployer(stacks, clock, FakeScreen()).deploy(REQUEST)
    assert done.stack.status.succeeded
    assert list(stacks.stacks) == ["app"]


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_while_a_declined_create_is_cleaned_up_is_made_good(
    clock, at, after
) -> None:
    stacks = MortalStacks()
    stacks.arm(at, after=after)
    with pytest.raises(Killed):
        StackDeployer(stacks, clock, FakeScreen(agree=False)).deploy(REQUEST)
    stacks.disarm()
    dry = StackDeployer(stacks, clock, FakeScreen(), dry_run=True)
    assert dry.deploy(REQUEST).changed
    assert stacks.stacks == {}


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, Terminated])
def test_an_interrupt_while_the_change_set_is_made_leaves_no_shell(
    stacks, clock, screen, monkeypatch, interrupt
) -> None:
    def interrupted(change_set):
        raise interrupt

    monkeypatch.setattr(stacks, "change_set", interrupted)
    with pytest.raises(interrupt):
        StackDeployer(stacks, clock, screen).deploy(REQUEST)
    assert stacks.discarded == ["change-set-1"]
    assert stacks.stacks == {}


def _interrupted_once(clock, stacks, monkeypatch, interrupt=KeyboardInterrupt):
    sleep, pressed = clock.sleep, []

    def sleeping(seconds):
        sleep(seconds)
        if stacks._running and not pressed:
            pressed.append(True)
            raise interrupt

    monkeypatch.setattr(clock, "sleep", sleeping)


def test_a_cancelled_update_is_taken_back(stacks, clock, monkeypatch) -> None:
    stacks.stacks["app"] = make_stack()
    undo = FakeUndo(stacks)
    _interrupted_once(clock, stacks, monkeypatch)
    deployer = StackDeployer(stacks, clock, FakeScreen(choice="cancel"), undo=undo)
    with pytest.raises(OperationFailed, match="was cancelled") as caught:
        deployer.deploy(REQUEST)
    assert undo.called == ["cancel"]
    assert "UPDATE_ROLLBACK_COMPLETE" in caught.value.why


def test_a_cancelled_create_is_deleted(stacks, clock, monkeypatch) -> None:
    _interrupted_once(clock, stacks, monkeypatch)
    deployer = StackDeployer(stacks, clock, FakeScreen(choice="cancel"))
    with pytest.raises(OperationFailed, match="was cancelled"):
        deployer.deploy(REQUEST)
    assert stacks.deleted == ["app"]
    assert stacks.find("app") is None


def test_a_cancel_that_comes_too_late_is_a_deployment_that_succeeded(
    stacks, clock, monkeypatch
) -> None:
    stacks.stacks["app"] = make_stack()
    undo = FakeUndo(stacks)
    monkeypatch.setattr(undo, "_go", lambda verb, stack_id, token: False)
    _interrupted_once(clock, stacks, monkeypatch)
    screen = FakeScreen(choice="cancel")
    done = StackDeployer(stacks, clock, screen, undo=undo).deploy(REQUEST)
    assert done.stack.status == "UPDATE_COMPLETE"
    assert "too late" in screen.text


def test_without_an_answer_the_operation_is_left_alone(
    stacks, clock, monkeypatch
) -> None:
    stacks.stacks["app"] = make_stack()
    undo = FakeUndo(stacks)
    _interrupted_once(clock, stacks, monkeypatch)
    with pytest.raises(Detached) as caught:
        StackDeployer(stacks, clock, FakeScreen(), undo=undo).deploy(REQUEST)
    assert caught.value.exit_code == 130
    assert undo.called == []


def test_a_second_interrupt_at_the_question_detaches(
    stacks, clock, screen, monkeypatch
) -> None:
    def interrupted(question, options, *, default):
        raise KeyboardInterrupt

    stacks.stacks["app"] = make_stack()
    monkeypatch.setattr(screen, "choose", interrupted)
    _interrupted_once(clock, stacks, monkeypatch)
    with pytest.raises(Detached):
        StackDeployer(stacks, clock, screen, undo=FakeUndo(stacks)).deploy(REQUEST)


def test_a_termination_asks_nothing_and_detaches(
    stacks, clock, screen, monkeypatch
) -> None:
    stacks.stacks["app"] = make_stack()
    _interrupted_once(clock, stacks, monkeypatch, Terminated)
    with pytest.raises(Detached):
        StackDeployer(stacks, clock, screen, undo=FakeUndo(stacks)).deploy(REQUEST)
    assert screen.questions == ["Execute these changes?"]


def test_the_next_run_waits_for_the_operation_that_was_left(
    stacks, clock, screen, monkeypatch
) -> None:
    stacks.stacks["app"] = make_stack()
    _interrupted_once(clock, stacks, monkeypatch)
    with pytest.raises(Detached):
        StackDeployer(stacks, clock, FakeScreen()).deploy(REQUEST)
    done = StackDeployer(stacks, clock, screen).deploy(REQUEST)
    assert done.stack.status == "UPDATE_COMPLETE"
    assert "waiting for it" in screen.text
