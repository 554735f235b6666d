"""A release is taken back as a whole, also by whoever runs it after a kill."""

from __future__ import annotations

import pytest
from release_fakes import alias_arn
from rollback_fakes import (
    FUNCTION,
    PLAIN,
    SWITCHED,
    WITH_ROUTE,
    WITH_TABLE,
    Killed,
    World,
    facts,
    make_world,
    put_template,
    undoer_of,
)

from awsrules.statuses import ExecutionStatus
from delivery.errors import Refused
from delivery.flows.undone import Undone
from delivery.ledger.book import Book
from delivery.ledger.events import Deployment, Kind
from delivery.ledger.releases import live_release, open_pins
from delivery.model import Outcome, RunningShift
from delivery.rollback.options import Choice
from delivery.rollback.situation import pick_release


def roll_back(world: World, to: int | None = None) -> Undone:
    undoer = undoer_of(world)
    situation = undoer.situation()
    option = undoer.options(situation, to)[0]
    assert option.choice is Choice.STACK
    return undoer.roll_back(situation, option, to=to, reason="it is bad")


def events_of(world: World):
    return Book(world.ledger.store, world.ledger.scope).view(releases=20).events


def assert_back(world: World, code: str) -> None:
    """Alias, stack and ledger agree on ``code``, and the pipeline may go on."""
    assert world.codes[world.alias] == code
    assert world.weights == {}
    assert world.published == world.alias
    assert world.open
    events = events_of(world)
    kinds = [each.kind for each in events]
    assert kinds.count(Kind.ROLLED_BACK) == 1
    assert kinds.count(Kind.RECONCILED) == 1
    book = Book(world.ledger.store, world.ledger.scope)
    assert book.problems(book.links()) == []
    live = book.release(live_release(events) or 0)
    # Whether it is any good is written when it is verified, and not before.
    assert live is not None and live.verdict is None
    assert live.deployed.kind is Deployment.ROLLBACK
    assert live.deployed.functions[FUNCTION].code_sha256 == code


def test_the_last_verified_release_serves_again_and_all_agree() -> None:
    world = make_world()
    done = roll_back(world)
    assert (done.from_release, done.to_release) == (3, 2)
    assert_back(world, "code-rev-2")


def test_traffic_moves_before_the_stack_does() -> None:
    world = make_world()
    roll_back(world)
    assert world.effects.index("move") < world.effects.index("deploy")
    assert world.effects[0] == "freeze" and world.effects[-1] == "thaw"


def test_after_a_rollback_and_two_bad_releases_the_verified_code_comes_back() -> None:
    world = make_world()
    roll_back(world)
    undoer_of(world).record_verdict(Outcome.PASSED)
    # Releases 5 and 6 are bad too; 4 is what the rollback left.
    for number in (5, 6):
        world.codes[str(number)] = f"code-rev-{number}"
        put_template(world, number, PLAIN)
        parameters = {**SWITCHED, "AnalyzeFunctionRevision": f"rev-{number}"}
        world.ledger.events = list(events_of(world))
        world.ledger.release(
            f"c{number}",
            str(number),
            good=False,
            functions=facts(number),
            parameters=parameters,
        )
    world.alias, world.revision, world.stack_version = "6", "rev-6", "6"
    done = roll_back(world)
    assert done.to_release == 4
    assert world.codes[world.alias] == "code-rev-2"


def test_a_rollback_that_was_not_verified_is_no_target_and_its_origin_is() -> None:
    world = make_world()
    roll_back(world)
    situation = undoer_of(world).situation()
    # Release 4 serves with the content of 2; going back further means 1.
    assert situation.live == 4 and not situation.live_is_good
    target = pick_release(situation, None)
    assert target is not None and target.number == 1


@pytest.mark.parametrize(
    ("outcome", "kinds"),
    [
        (Outcome.PASSED, [Kind.VERIFIED]),
        (Outcome.FAILED, [Kind.FAILED]),
        (Outcome.INCONCLUSIVE, []),
    ],
)
def test_a_verdict_is_written_after_the_verification_and_once(
    outcome: Outcome, kinds: list[Kind]
) -> None:
    world = make_world()
    roll_back(world)
    before = len(events_of(world))
    assert undoer_of(world).awaits_verdict()
    for _ in range(2):
        undoer_of(world).record_verdict(outcome, ["logs"])
    assert [each.kind for each in events_of(world)[before:]] == kinds
    assert undoer_of(world).awaits_verdict() == (not kinds)


def test_a_running_shift_is_stopped_before_aliases_move() -> None:
    world = make_world(weights={"3": 0.1}, running=[RunningShift("d-1", "InProgress")])
    world.alias = "2"
    roll_back(world)
    assert world.effects.index("stop") < world.effects.index("deploy")
    assert_back(world, "code-rev-2")


def test_a_deleted_version_is_refused_before_anything_happens() -> None:
    world = make_world()
    del world.codes["2"]
    with pytest.raises(Refused, match="nothing was moved"):
        roll_back(world)
    assert world.effects == []


def test_a_target_that_needs_what_was_taken_away_is_refused_with_two_steps() -> None:
    world = make_world()
    put_template(world, 2, WITH_TABLE)
    with pytest.raises(Refused, match="Release 2 needs what release 3 took") as refusal:
        roll_back(world)
    assert "resource Analyses: AnalyzeFunction needs it." in refusal.value.why
    assert "In two steps" in refusal.value.next_step
    assert refusal.value.exit_code == 3
    assert world.effects == []


def test_a_release_that_lost_a_route_is_taken_back() -> None:
    world = make_world()
    put_template(world, 2, WITH_ROUTE)
    roll_back(world)
    assert_back(world, "code-rev-2")


def test_a_release_can_be_chosen() -> None:
    world = make_world()
    done = roll_back(world, to=1)
    assert done.to_release == 1
    assert_back(world, "code-rev-1")


def test_what_a_failed_deployment_left_behind_does_not_stop_a_rollback() -> None:
    world = make_world()
    # The good commit was released again, and its shift was cancelled.
    world.codes["4"], world.contents_of["4"] = "code-rev-2", "rev-2"
    roll_back(world)
    assert world.alias == "5"
    assert_back(world, "code-rev-2")


STEPS = 8


def test_a_rollback_has_as_many_effects_as_are_killed_below() -> None:
    world = make_world()
    roll_back(world)
    assert len(world.effects) == STEPS, world.effects


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("step", range(STEPS))
def test_killed_at_any_step_running_it_again_finishes(step: int, late: bool) -> None:
    world = make_world(dies_at=step, late=late)
    with pytest.raises(Killed):
        roll_back(world)
    world.dies_at = None
    if not (late and step == STEPS - 1):
        roll_back(world)
    assert_back(world, "code-rev-2")


def test_one_function_is_moved_and_pinned() -> None:
    world = make_world()
    done = undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    assert world.alias == "1"
    assert "--reconcile" in done.next_step
    pin = open_pins(events_of(world))[FUNCTION]
    assert (pin.move.from_version, pin.move.to_version) == ("3", "1")
    assert pin.stack_version == "3"


def test_reconciling_returns_to_what_the_stack_recorded_and_resolves_the_pin() -> None:
    world = make_world()
    undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    undoer_of(world).one_function.reconcile("mended")
    assert world.alias == "3"
    assert open_pins(events_of(world)) == {}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("step", range(3))
def test_killed_while_one_function_moves_running_it_again_finishes(
    step: int, late: bool
) -> None:
    world = make_world(dies_at=step, late=late)
    with pytest.raises(Killed):
        undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    world.dies_at = None
    undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    assert world.alias == "1" and not world.open
    assert open_pins(events_of(world))[FUNCTION].move.to_version == "1"


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("step", range(3))
def test_killed_while_pins_are_reconciled_running_it_again_finishes(
    step: int, late: bool
) -> None:
    world = make_world()
    undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    world.effects, world.dies_at, world.late = [], step, late
    with pytest.raises(Killed):
        undoer_of(world).one_function.reconcile("mended")
    world.dies_at = None
    undoer_of(world).one_function.reconcile("mended")
    assert world.alias == "3" and world.open
    assert open_pins(events_of(world)) == {}


def test_a_pin_keeps_deployments_out_until_it_is_reconciled() -> None:
    world = make_world()
    undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    assert not world.open and "--reconcile" in world.reason
    assert undoer_of(world).situation().unfinished is None
    undoer_of(world).one_function.reconcile("mended")
    assert world.open


def test_a_rollback_of_the_whole_stack_resolves_pins_and_lets_deployments_in() -> None:
    world = make_world()
    undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    roll_back(world)
    assert open_pins(events_of(world)) == {}
    assert_back(world, "code-rev-2")


def test_a_stage_that_a_person_closed_stays_closed_after_a_pin() -> None:
    world = make_world(open=False, reason="Holiday freeze")
    undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    undoer_of(world).one_function.reconcile("mended")
    assert (world.open, world.reason) == (False, "Holiday freeze")


def test_a_function_is_not_moved_under_an_execution() -> None:
    world = make_world(inside=ExecutionStatus.IN_PROGRESS)
    with pytest.raises(Refused, match="An execution is inside"):
        undoer_of(world).one_function.move(FUNCTION, "1", "slow")
    assert world.effects == []


def test_without_a_pin_there_is_nothing_to_reconcile() -> None:
    world = make_world()
    undoer_of(world).one_function.reconcile("nothing")
    assert world.effects == []


def test_the_alias_of_the_world_is_the_stacks() -> None:
    world = make_world()
    arns = [each.physical_id for each in world.contents("").resources]
    assert alias_arn(FUNCTION) in arns
