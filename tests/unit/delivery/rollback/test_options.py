"""Every stack status has one answer for each choice of the menu."""

from __future__ import annotations

import pytest

from rollback_cells import DEPLOYMENTS, STACKS

from awsrules.statuses import DeploymentStatus, StackStatus
from delivery.aws.rollback import RUNNING
from delivery.errors import BadInput
from delivery.model import RunningShift, Stack
from delivery.rollback.options import Choice, Way, best_of, options_of
from delivery.rollback.situation import (
    Known,
    Situation,
    freeze_reason,
    pick_release,
    unfinished_release,
)

RELEASES = (Known(3, good=False), Known(2, good=True), Known(1, good=True))


def make_situation(status: str | None = "UPDATE_COMPLETE", **more: object) -> Situation:
    stack = Stack("app", "arn:app", StackStatus(status)) if status else None
    known: dict[str, object] = {"live": 3, "releases": RELEASES, **more}
    return Situation("production", stack, **known)  # type: ignore[arg-type]


def ways(situation: Situation) -> dict[Choice, Way | None]:
    options = options_of(situation, pick_release(situation, None))
    return {each.choice: each.way for each in options}


def test_the_table_knows_every_status() -> None:
    assert {each for each in STACKS if each} == {each.value for each in StackStatus}


@pytest.mark.parametrize("status", STACKS)
def test_each_status_has_its_answer_for_each_choice(status: str | None) -> None:
    assert tuple(ways(make_situation(status)).values()) == STACKS[status]


@pytest.mark.parametrize("status", STACKS)
def test_what_cannot_be_done_says_why(status: str | None) -> None:
    situation = make_situation(status)
    for option in options_of(situation, pick_release(situation, None)):
        assert option.possible or option.reason


def test_the_table_knows_every_deployment_status() -> None:
    assert set(DEPLOYMENTS) == {each.value for each in DeploymentStatus}


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_each_deployment_status_has_its_answer_for_each_choice(deployment: str) -> None:
    # What has ended is no shift: CodeDeploy is asked for the others only.
    shifts = (RunningShift("d-1", deployment),) if deployment in RUNNING else ()
    for status, expected in zip(
        ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"), DEPLOYMENTS[deployment], strict=True
    ):
        found = ways(make_situation(status, shifts=shifts))
        assert tuple(found.values()) == expected, status


def test_the_previous_release_is_the_last_verified_one_not_current_minus_one() -> None:
    releases = (
        Known(5, good=False),
        Known(4, good=False),
        Known(3, good=False),
        Known(2, good=True),
        Known(1, good=True),
    )
    chosen = pick_release(make_situation(live=5, releases=releases), None)
    assert chosen is not None and chosen.number == 2


def test_without_another_verified_release_there_is_nothing_to_go_back_to() -> None:
    situation = make_situation(live=1, releases=(Known(1, good=True),))
    assert pick_release(situation, None) is None
    assert ways(situation)[Choice.STACK] is None


@pytest.mark.parametrize("wanted", [3, 9])
def test_a_release_that_serves_or_is_unknown_is_refused(wanted: int) -> None:
    with pytest.raises(BadInput):
        pick_release(make_situation(), wanted)


def test_a_rollback_that_was_killed_goes_on_to_the_same_release() -> None:
    situation = make_situation(live=1, unfinished=1)
    chosen = pick_release(situation, None)
    assert chosen is not None and chosen.number == 1
    assert best_of(situation, options_of(situation, chosen)) is Choice.STACK


AWAITED = (Known(3, good=False, awaits_verdict=True), *RELEASES[1:])


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        (make_situation("UPDATE_ROLLBACK_COMPLETE", live=2), "was taken back already"),
        (make_situation(releases=AWAITED), "was not verified"),
    ],
)
def test_what_was_just_brought_back_is_left_only_for_a_release_that_is_named(
    situation: Situation, said: str
) -> None:
    option = options_of(situation, pick_release(situation, None))[0]
    assert option.way is Way.AWAIT and said in option.reason
    named = options_of(situation, pick_release(situation, 1), chosen=True)[0]
    assert named.way is Way.TRAFFIC_FIRST


def test_the_reason_of_a_closed_stage_names_the_release() -> None:
    assert unfinished_release(freeze_reason(12)) == 12
    assert unfinished_release("closed by Ann for the holidays 24") is None


@pytest.mark.parametrize(
    ("situation", "best"),
    [
        (make_situation(), Choice.STACK),
        (make_situation(live=2), None),
        (make_situation("UPDATE_IN_PROGRESS"), Choice.CANCEL),
        (make_situation("UPDATE_ROLLBACK_FAILED"), Choice.STACK),
        (make_situation("UPDATE_ROLLBACK_IN_PROGRESS", live=2), Choice.CANCEL),
        (make_situation("UPDATE_ROLLBACK_COMPLETE", live=2), None),
        (make_situation("UPDATE_ROLLBACK_COMPLETE"), Choice.STACK),
        (make_situation(None), None),
    ],
)
def test_the_best_choice_fits_the_situation(
    situation: Situation, best: Choice | None
) -> None:
    options = options_of(situation, pick_release(situation, None))
    assert best_of(situation, options) is best
