"""CloudFormation's own ways back end where they should, whenever the tool was killed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rollback_fakes import Killed, World, make_world, undoer_of

from awsrules.statuses import StackStatus
from delivery.errors import Refused
from delivery.flows.undone import Undone
from delivery.ledger.book import Book
from delivery.ledger.releases import live_release
from delivery.model import Outcome, RunningShift
from delivery.rollback.options import Choice, Way

SHIFT = RunningShift("d-1", "InProgress")
GOOD = (True, True, True)


def updating(**more: object) -> World:
    return make_world(GOOD, status=StackStatus.UPDATE_IN_PROGRESS, **more)


def shifting(**more: object) -> World:
    return updating(running=[SHIFT], weights={"4": 0.1}, **more)


def stuck(**more: object) -> World:
    return make_world(GOOD, status=StackStatus.UPDATE_ROLLBACK_FAILED, **more)


def paused(**more: object) -> World:
    return make_world(GOOD, status=StackStatus.UPDATE_FAILED, **more)


# How the world is made, the menu's entry, and the effects that a whole run has.
PLANS: dict[str, tuple[Callable[..., World], Choice, list[str]]] = {
    "cancel": (updating, Choice.CANCEL, ["cancel"]),
    "cancel in mid-shift": (shifting, Choice.CANCEL, ["stop"]),
    "stack in mid-shift": (shifting, Choice.STACK, ["stop"]),
    "cancel when the stack does not notice": (
        lambda **more: shifting(heedless=True, **more),
        Choice.CANCEL,
        ["stop", "cancel"],
    ),
    "continue a stuck rollback": (stuck, Choice.STACK, ["continue"]),
    "roll a paused update back": (paused, Choice.STACK, ["roll back"]),
}
KILLS = [
    (name, step, late)
    for name, (_, _, effects) in PLANS.items()
    for step in range(len(effects))
    for late in (False, True)
]


def run(world: World, choice: Choice) -> Undone:
    """Do what ``rollback.py`` does: look, choose, act; it is verified afterwards."""
    undoer = undoer_of(world)
    situation = undoer.situation()
    option = next(e for e in undoer.options(situation, None) if e.choice is choice)
    done = undoer.roll_back(situation, option, to=None, reason="it is bad")
    undoer.record_verdict(Outcome.PASSED)
    return done


def ledger_of(world: World) -> list[object]:
    return list(Book(world.ledger.store, world.ledger.scope).view(releases=20).events)


def assert_as_before(world: World, before: list[object]) -> None:
    """Release 3 serves alone, as it did before the update, and the ledger says so."""
    assert world.status is StackStatus.UPDATE_ROLLBACK_COMPLETE
    assert (world.alias, world.weights, world.running) == ("3", {}, [])
    assert world.open
    assert ledger_of(world) == before
    assert live_release(before) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PLANS)
def test_each_plan_has_the_effects_that_are_killed_below(name: str) -> None:
    make, choice, effects = PLANS[name]
    world = make()
    before = ledger_of(world)
    run(world, choice)
    assert world.effects == effects
    assert_as_before(world, before)


@pytest.mark.parametrize(("name", "step", "late"), KILLS)
def test_killed_at_any_step_running_it_again_finishes(
    name: str, step: int, late: bool
) -> None:
    make, choice, _ = PLANS[name]
    world = make(dies_at=step, late=late)
    before = ledger_of(world)
    with pytest.raises(Killed):
        run(world, choice)
    world.dies_at = None
    run(world, choice)
    assert_as_before(world, before)


@pytest.mark.parametrize("name", PLANS)
def test_run_once_too_often_it_goes_no_release_further(name: str) -> None:
    make, choice, effects = PLANS[name]
    world = make()
    before = ledger_of(world)
    run(world, choice)
    assert run(world, Choice.STACK).way is Way.AWAIT
    assert world.effects == effects
    assert_as_before(world, before)


@pytest.mark.parametrize("make", [stuck, paused])
def test_a_look_that_still_shows_the_stack_as_it_was_is_not_its_end(
    make: Callable[..., World],
) -> None:
    world = make(stale=True)
    done = run(world, Choice.STACK)
    assert "UPDATE_ROLLBACK_COMPLETE" in done.summary
    assert world.status is StackStatus.UPDATE_ROLLBACK_COMPLETE


def test_a_rollback_by_traffic_that_was_killed_at_its_end_is_only_verified() -> None:
    # Eight effects: the last one opens the stage.
    world = make_world(dies_at=7, late=True)
    undoer = undoer_of(world)
    situation = undoer.situation()
    with pytest.raises(Killed):
        undoer.roll_back(
            situation, undoer.options(situation, None)[0], to=None, reason="it is bad"
        )
    world.dies_at = None
    effects = list(world.effects)
    assert run(world, Choice.STACK).way is Way.AWAIT
    assert world.codes[world.alias] == "code-rev-2"
    # Nothing but the verdict was added.
    assert world.effects == [*effects, "record"]
    assert undoer_of(world).situation().live_is_good


def test_a_release_further_back_can_be_named() -> None:
    world = make_world(GOOD, status=StackStatus.UPDATE_ROLLBACK_COMPLETE)
    undoer = undoer_of(world)
    option = undoer.options(undoer.situation(), 1)[0]
    assert option.way is Way.TRAFFIC_FIRST


def test_a_bad_release_that_serves_after_a_failed_update_is_still_taken_back() -> None:
    world = make_world(status=StackStatus.UPDATE_ROLLBACK_COMPLETE)
    assert run(world, Choice.STACK).to_release == 2


@pytest.mark.parametrize("late", [False, True])
def test_killed_while_a_failed_creation_is_taken_back_the_next_run_ends_or_explains(
    late: bool,
) -> None:
    world = make_world(GOOD, status=StackStatus.CREATE_FAILED, dies_at=0, late=late)
    with pytest.raises(Killed):
        run(world, Choice.STACK)
    world.dies_at = None
    if late:
        with pytest.raises(Refused, match="it is being deleted"):
            run(world, Choice.STACK)
        with pytest.raises(Refused, match="there is no stack"):
            run(world, Choice.STACK)
    else:
        assert run(world, Choice.STACK).summary == "The stack is deleted."
    assert world.status is None
