"""Which alias goes where, and what forbids it before anything moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery.errors import Refused
from delivery.model import AliasNow, AliasRoute, StackRequest, VersionNow
from delivery.rollback.moves import Wanted, plan_moves, problem_of
from delivery.rollback.request import without_shift


def make_alias(function: str = "mra-a", version: str = "3", **weights: float):
    shares = {key.removeprefix("v"): share for key, share in weights.items()}
    return AliasNow(
        f"arn:{function}:live", AliasRoute(function, "live", version, shares), "r-1"
    )


def test_each_alias_of_the_release_goes_to_its_recorded_version() -> None:
    moves = plan_moves([make_alias()], {"mra-a": Wanted("2", "code-2")})
    assert [str(each) for each in moves] == ["mra-a:live  3 → 2"]
    assert moves[0].needed


def test_an_alias_that_serves_it_alone_needs_no_move() -> None:
    (move,) = plan_moves([make_alias(version="2")], {"mra-a": Wanted("2", "code-2")})
    assert not move.needed


def test_in_mid_shift_the_main_version_is_right_and_the_weights_must_go() -> None:
    alias = make_alias(version="2", v3=0.1)
    (move,) = plan_moves([alias], {"mra-a": Wanted("2", "code-2")})
    assert move.needed


def test_a_function_that_came_later_stays_where_it_is() -> None:
    aliases = [make_alias(), make_alias("mra-new", "1")]
    moves = plan_moves(aliases, {"mra-a": Wanted("2", "code-2")})
    assert [each.alias.route.function for each in moves] == ["mra-a"]


def test_a_function_that_is_gone_forbids_the_rollback() -> None:
    with pytest.raises(Refused, match="mra-gone"):
        plan_moves([make_alias()], {"mra-gone": Wanted("2", "code-2")})


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        (VersionNow("mra-a", "2", "code-2"), ""),
        (VersionNow("mra-a", "2", "code-2", state="Inactive"), ""),
        (None, "was deleted"),
        (VersionNow("mra-a", "2", "code-2", state="Failed"), "is Failed"),
        (VersionNow("mra-a", "2", "code-2", update="InProgress"), "InProgress"),
        (VersionNow("mra-a", "2", "code-9"), "does not hold the code"),
    ],
)
def test_a_version_that_cannot_serve_is_a_problem(
    version: VersionNow | None, problem: str
) -> None:
    (move,) = plan_moves([make_alias()], {"mra-a": Wanted("2", "code-2")})
    found = problem_of(move, version)
    assert problem in found if problem else found == ""


def test_the_stack_is_asked_for_without_a_shift() -> None:
    request = StackRequest("app", "", {"ShiftEnabled": "true", "Other": "1"})
    assert without_shift(request).parameters == {"ShiftEnabled": "false", "Other": "1"}


def test_a_template_without_the_switch_gets_no_unknown_parameter() -> None:
    request = StackRequest("app", "", {"Other": "1"})
    assert without_shift(request) == replace(request)


def test_a_release_that_passed_alarms_comes_back_watched() -> None:
    given = {"ShiftEnabled": "true", "ShiftAlarms": "ignored"}
    request = StackRequest("app", "", given)
    assert without_shift(request).parameters == {
        "ShiftEnabled": "false",
        "ShiftAlarms": "watched",
    }
