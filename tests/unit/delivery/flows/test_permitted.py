"""What the caller may not do is found before anything moves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rollback_fakes import FUNCTION, World, make_world, undoer_of

from delivery.errors import NotPermitted, Refused
from delivery.ledger.book import Book
from delivery.ledger.events import Kind
from delivery.rollback.situation import freeze_reason

SIMULATION = "iam:SimulatePrincipalPolicy"


def roll_back(world: World) -> None:
    undoer = undoer_of(world)
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    undoer.roll_back(situation, option, to=None, reason="it is bad")


@pytest.mark.parametrize(
    "action",
    [
        "lambda:UpdateAlias",
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
        "codepipeline:DisableStageTransition",
        "codepipeline:EnableStageTransition",
        "s3:PutObject",
    ],
)
def test_a_permission_that_is_missing_is_refused_before_anything_moves(
    action: str,
) -> None:
    world = make_world(denied={action})
    with pytest.raises(NotPermitted, match="nothing was moved") as refusal:
        roll_back(world)
    assert f"{action} on arn:" in refusal.value.why
    assert world.effects == []


def test_without_a_simulation_lambda_itself_is_asked() -> None:
    world = make_world(denied={SIMULATION, "lambda:UpdateAlias"})
    with pytest.raises(NotPermitted):
        roll_back(world)
    assert world.effects == []
    assert world.alias == "3"


def roll_back_unsimulated(world: World) -> None:
    undoer = undoer_of(world)
    undoer.permitted = replace(undoer.permitted, simulates=False)
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    undoer.roll_back(situation, option, to=None, reason="it is bad")


def test_a_role_that_may_not_read_itself_asks_lambda_alone() -> None:
    # Its policies would be simulated to forbid it; they are not asked.
    world = make_world(denied={"cloudformation:CreateChangeSet"})
    roll_back_unsimulated(world)
    assert world.codes[world.alias] == "code-rev-2"


def test_and_what_lambda_denies_it_is_refused_before_anything_moves() -> None:
    world = make_world(denied={"lambda:UpdateAlias"})
    with pytest.raises(NotPermitted):
        roll_back_unsimulated(world)
    assert world.effects == []


def test_a_simulation_that_is_denied_does_not_forbid_the_rollback() -> None:
    world = make_world(denied={SIMULATION})
    roll_back(world)
    assert world.codes[world.alias] == "code-rev-2"
    book = Book(world.ledger.store, world.ledger.scope)
    # Asking the ledger for a write that cannot happen has left it as it was.
    assert book.problems(book.links()) == []


def test_one_function_is_not_moved_without_the_permission() -> None:
    world = make_world(denied={"lambda:UpdateAlias"})
    with pytest.raises(NotPermitted):
        undoer_of(world).one_function.move(FUNCTION, "2", "slow")
    assert world.effects == []


def test_a_rollback_that_somebody_else_has_begun_is_left_to_them() -> None:
    world = make_world()
    undoer = undoer_of(world)
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    world.open, world.reason = False, freeze_reason(2)
    with pytest.raises(Refused, match="changed while"):
        undoer.roll_back(situation, option, to=None, reason="it is bad")
    # Theirs goes on: the stage stays closed, and nothing was moved or written.
    assert not world.open
    assert world.effects == []
    events = Book(world.ledger.store, world.ledger.scope).view(releases=20).events
    assert Kind.ROLLED_BACK not in [each.kind for each in events]
