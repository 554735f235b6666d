"""A plan is told before it is carried out, also as data; what cannot be is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from rollback_fakes import FUNCTION, World, make_world, undoer_of

from awsrules.statuses import StackStatus
from delivery.cli.undoing import Asked, versions_text
from delivery.errors import BadInput, Refused
from delivery.flows.one_function import _age
from delivery.flows.planning import Plan, plan_of
from delivery.rollback.options import Choice, Option, Way, options_of
from delivery.rollback.situation import pick_release


def plan(
    world: World,
    status: StackStatus = StackStatus.UPDATE_COMPLETE,
    *,
    to: int | None = None,
    skip: tuple[str, ...] = (),
) -> Plan:
    undoer = undoer_of(world)
    situation = undoer.situation()
    assert situation.stack is not None
    situation = replace(situation, stack=replace(situation.stack, status=status))
    option = options_of(situation, pick_release(situation, to))[0]
    return plan_of(undoer, situation, option, to=to, skip=skip)


def test_a_plan_by_traffic_names_release_and_moves_as_data() -> None:
    assert plan(make_world()).as_data() == {
        "environment": "production",
        "choice": "stack",
        "way": "traffic_first",
        "reason": "to release 2",
        "to_release": 2,
        "commit": "c2",
        "moves": [{"function": FUNCTION, "alias": "live", "from": "3", "to": "2"}],
        "skip": [],
    }


@pytest.mark.parametrize(
    "status",
    [
        StackStatus.UPDATE_IN_PROGRESS,
        StackStatus.UPDATE_ROLLBACK_FAILED,
        StackStatus.UPDATE_FAILED,
    ],
)
def test_a_release_cannot_be_chosen_where_cloudformation_leads_back(
    status: StackStatus,
) -> None:
    with pytest.raises(Refused, match="Release 1 cannot be chosen now") as refusal:
        plan(make_world(), status, to=1)
    assert "--stack --to 1" in refusal.value.next_step


def test_skipping_says_what_it_means_and_is_for_a_stuck_rollback_only() -> None:
    stuck = plan(make_world(), StackStatus.UPDATE_ROLLBACK_FAILED, skip=("Queue",))
    assert "Skipped are Queue: CloudFormation takes them as rolled back" in stuck.text()
    assert stuck.as_data()["skip"] == ["Queue"]
    with pytest.raises(Refused, match="Nothing can be skipped now"):
        plan(make_world(), skip=("Queue",))


def test_skip_goes_with_stack() -> None:
    with pytest.raises(BadInput):
        Asked(cancel=True, skip=("Queue",)).choice  # noqa: B018
    assert Asked(stack=True, skip=("Queue",)).choice is Choice.STACK


def test_a_stuck_rollback_goes_on_without_what_is_skipped() -> None:
    world = make_world()
    undoer = undoer_of(world)
    option = Option(Choice.STACK, Way.CONTINUE_ROLLBACK, "a rollback got stuck")
    done = undoer.roll_back(
        undoer.situation(), option, to=None, reason="x", skip=("Queue",)
    )
    assert world.skipped == ["Queue"]
    assert "Skipped: Queue." in done.summary
    assert "did not touch it" in done.next_step


def test_versions_are_listed_with_release_age_code_and_who_let_them_in() -> None:
    listed = undoer_of(make_world()).one_function.versions(FUNCTION)
    assert [(each.version, each.release, each.serves) for each in listed] == [
        ("3", 3, True),
        ("2", 2, False),
        ("1", 1, False),
    ]
    text = versions_text(listed)
    assert "code-rev-2" in text and "pipeline" in text
    assert text.splitlines()[1].startswith("*")


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=30), "30 h"),
        (timedelta(days=40), "40 days"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(since: timedelta, told: str) -> None:
    assert _age(since) == told
