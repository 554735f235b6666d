"""When some aliases cannot be moved it goes on, keeps, or sends back what was moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from rollback_fakes import Killed, World, make_world, undoer_of

from delivery.errors import NotPermitted, OperationFailed, Refused
from delivery.flows.half_way import (
    WAITS_SECONDS,
    OnFailure,
    Returned,
    Steadfast,
    keep,
    move_all,
)
from delivery.flows.moving import AliasMover, HalfWay, Pace
from delivery.ledger.book import Book
from delivery.ledger.events import Kind
from delivery.model import AliasNow, AliasRoute
from delivery.rollback.moves import Move

NAMES = [f"fn-{number}" for number in range(1, 5)]


@dataclass
class Clock:
    """Time that passes while somebody sleeps."""

    time: float = 0.0

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Served:
    """What each alias serves; ``denied`` ones are not moved."""

    serves: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NAMES, "3"))
    denied: set[str] = field(default_factory=set)
    changed_by_others: set[str] = field(default_factory=set)

    def move(self, alias: AliasNow, version: str) -> None:
        function = alias.route.function
        if function in self.denied:
            raise NotPermitted("You may not move it.", why="lambda:UpdateAlias")
        if function in self.changed_by_others:
            self.serves[function] = "9"
            raise Refused("It was changed by somebody else.")
        self.serves[function] = version

    def now(self, arn: str) -> AliasNow:
        name = arn.removeprefix("arn:")
        return AliasNow(arn, AliasRoute(name, "live", self.serves[name]), "r")

    def moves(self) -> Sequence[Move]:
        return [Move(self.now(f"arn:{name}"), "2", "code") for name in NAMES]


def move(served: Served, decide: Callable[[HalfWay], OnFailure]) -> float:
    clock = Clock()
    mover = AliasMover(served, clock, Pace(clock))  # type: ignore[arg-type]
    return move_all(mover, served.moves(), look=served.moves, decide=decide)


def test_kept_is_what_was_moved_and_told_is_what_serves_what() -> None:
    served = Served(denied={"fn-3"})
    with pytest.raises(HalfWay, match="1 of 4") as stopped:
        move(served, keep)
    assert served.serves == {"fn-1": "2", "fn-2": "2", "fn-3": "3", "fn-4": "2"}
    assert list(stopped.value.failed) == ["fn-3"]
    assert "fn-4:live serves 2" in stopped.value.why.splitlines()


def test_going_on_moves_what_is_left_when_the_cause_is_gone() -> None:
    served = Served(denied={"fn-2", "fn-3"})

    def mend_one(failure: HalfWay) -> OnFailure:
        served.denied.discard(min(failure.failed))
        return OnFailure.GO_ON

    move(served, mend_one)
    assert set(served.serves.values()) == {"2"}


def test_returning_sends_back_what_was_moved() -> None:
    served = Served(denied={"fn-3"})
    with pytest.raises(Returned, match="every alias serves what it served") as error:
        move(served, lambda failure: OnFailure.RETURN)
    assert set(served.serves.values()) == {"3"}
    assert "fn-3: You may not move it. lambda:UpdateAlias" in error.value.why


def test_returning_does_not_touch_what_somebody_else_changed() -> None:
    served = Served(changed_by_others={"fn-3"})
    with pytest.raises(Returned):
        move(served, lambda failure: OnFailure.RETURN)
    assert served.serves == {"fn-1": "3", "fn-2": "3", "fn-3": "9", "fn-4": "3"}


def test_what_cannot_be_sent_back_is_told_as_well() -> None:
    served = Served(denied={"fn-3"})

    def deny_more(failure: HalfWay) -> OnFailure:
        served.denied.add("fn-1")
        return OnFailure.RETURN

    with pytest.raises(HalfWay, match="1 of 3") as stopped:
        move(served, deny_more)
    assert served.serves == {"fn-1": "2", "fn-2": "3", "fn-3": "3", "fn-4": "3"}
    assert "fn-1:live serves 2" in stopped.value.why


def test_without_a_person_going_on_ends_after_half_a_minute() -> None:
    clock = Clock()
    decide = Steadfast(OnFailure.GO_ON, clock)  # type: ignore[arg-type]
    with pytest.raises(HalfWay):
        move(Served(denied={"fn-3"}), decide)
    assert clock.time == sum(WAITS_SECONDS) == 30.0


def roll_back(world: World, decide: Callable[[HalfWay], OnFailure] = keep) -> None:
    undoer = undoer_of(world)
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    undoer.roll_back(situation, option, to=None, reason="it is bad", decide=decide)


def kinds_of(world: World) -> list[Kind]:
    view = Book(world.ledger.store, world.ledger.scope).view(releases=20)
    return [each.kind for each in view.events]


def test_a_rollback_that_was_given_up_leaves_ledger_and_stage_as_they_were() -> None:
    world = make_world(stubborn=1)
    before = kinds_of(world)
    with pytest.raises(Returned):
        roll_back(world, lambda failure: OnFailure.RETURN)
    assert (world.alias, world.open, kinds_of(world)) == ("3", True, before)


def test_a_rollback_that_was_kept_half_way_goes_on_when_run_again() -> None:
    world = make_world(stubborn=1)
    with pytest.raises(OperationFailed, match="1 of 1"):
        roll_back(world)
    assert not world.open and Kind.ROLLED_BACK not in kinds_of(world)
    roll_back(world)
    assert world.open and world.codes[world.alias] == "code-rev-2"


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("step", [0, 1])
def test_killed_while_it_is_given_up_the_next_run_finishes(
    step: int, late: bool
) -> None:
    world = make_world(stubborn=1, dies_at=step, late=late)
    with pytest.raises(Killed):
        roll_back(world, lambda failure: OnFailure.RETURN)
    world.dies_at, world.stubborn = None, 0
    roll_back(world)
    assert world.open and world.codes[world.alias] == "code-rev-2"


def test_who_is_second_is_told_so_and_decides_nothing() -> None:
    world = make_world(stubborn=1)
    undoer = undoer_of(world)
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    refuse = world.move

    def overtaken(alias: AliasNow, version: str) -> None:
        world.stubborn, world.open = 0, True
        world.move = refuse  # type: ignore[method-assign]
        roll_back(world)
        raise NotPermitted("You may not move it.")

    world.move = overtaken  # type: ignore[method-assign]
    with pytest.raises(Refused, match="was first"):
        undoer.roll_back(
            situation,
            option,
            to=None,
            reason="it is bad",
            decide=lambda failure: pytest.fail("it was asked"),
        )
