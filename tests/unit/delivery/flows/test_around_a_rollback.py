"""What may happen around a rollback: other people, other deployments, bad news."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rollback_fakes import FUNCTION, World, make_world, undoer_of

from delivery.errors import DeliveryError, Refused
from delivery.flows.undone import Undone
from delivery.ledger.book import Book
from delivery.ledger.events import Kind
from delivery.ledger.releases import live_release
from delivery.model import Outcome, RunningShift
from delivery.rollback.options import Choice, Option, Way

SHIFT = RunningShift("d-1", "InProgress")


def roll_back(world: World, meanwhile: Callable[[], object] = lambda: None) -> Undone:
    """Look, let ``meanwhile`` happen while the operator reads the plan, and act."""
    undoer = undoer_of(world)
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    assert option.choice is Choice.STACK
    meanwhile()
    return undoer.roll_back(situation, option, to=None, reason="it is bad")


def kinds_of(world: World) -> list[Kind]:
    view = Book(world.ledger.store, world.ledger.scope).view(releases=20)
    return [each.kind for each in view.events]


def test_a_stage_that_a_person_closed_stays_closed() -> None:
    world = make_world(open=False, reason="Holiday freeze")
    roll_back(world)
    assert not world.open


def test_a_shift_that_began_while_the_plan_was_read_is_stopped() -> None:
    world = make_world()

    def begins() -> None:
        world.running, world.weights = [SHIFT], {"4": 0.1}

    roll_back(world, meanwhile=begins)
    assert world.running == []


def test_an_operator_whose_plan_is_out_of_date_is_told() -> None:
    world = make_world()
    with pytest.raises(DeliveryError):
        roll_back(world, meanwhile=lambda: roll_back(world))
    assert kinds_of(world).count(Kind.ROLLED_BACK) == 1


def test_reconciling_goes_to_what_the_stack_holds_now() -> None:
    world = make_world()
    undoer_of(world).one_function.move(FUNCTION, "2", "it is bad")
    world.codes["4"] = "code-rev-4"
    world.stack_version = world.alias = "4"
    world.revision = "rev-4"

    undoer_of(world).one_function.reconcile("the next deployment came")

    assert world.alias == "4"


def test_reconciling_is_refused_in_mid_shift() -> None:
    world = make_world()
    undoer_of(world).one_function.move(FUNCTION, "2", "it is bad")
    world.running = [SHIFT]
    with pytest.raises(Refused):
        undoer_of(world).one_function.reconcile("too early")


def test_a_verification_that_fails_takes_the_good_word_back() -> None:
    world = make_world()
    roll_back(world)
    undoer_of(world).record_verdict(Outcome.PASSED)
    undoer_of(world).record_verdict(Outcome.FAILED, ["logs"])
    book = Book(world.ledger.store, world.ledger.scope)
    number = live_release(book.view(releases=20).events)
    live = book.release(number or 0)
    assert live is not None and not live.good


def test_an_update_that_succeeded_before_it_was_cancelled_is_an_answer() -> None:
    world = make_world()
    undoer = undoer_of(world)
    cancel = Option(Choice.CANCEL, Way.CANCEL_UPDATE, "an update is under way")
    done = undoer.roll_back(undoer.situation(), cancel, to=None, reason="slow")
    assert "had succeeded before" in done.summary
    assert "--stack" in done.next_step
    assert world.effects == []
