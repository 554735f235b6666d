"""What a stack's status allows, and what a change set says."""

from __future__ import annotations

import pytest
from delivery_fakes import START, make_stack

from awsrules.statuses import StackStatus
from delivery.deploy.plan import Move, StackNeedsAttention, has_no_changes, plan_move
from delivery.model import ChangeSet, ResourceChange


@pytest.mark.parametrize(
    ("status", "move"),
    [
        ("REVIEW_IN_PROGRESS", Move.CREATE),
        ("DELETE_COMPLETE", Move.CREATE),
        ("CREATE_COMPLETE", Move.UPDATE),
        ("UPDATE_ROLLBACK_COMPLETE", Move.UPDATE),
        ("ROLLBACK_COMPLETE", Move.RECREATE),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Move.WAIT),
        ("DELETE_IN_PROGRESS", Move.WAIT),
    ],
)
def test_each_status_leads_to_its_move(status: str, move: Move) -> None:
    assert plan_move(make_stack(status=status)) is move


def test_an_absent_stack_is_created() -> None:
    assert plan_move(None) is Move.CREATE


@pytest.mark.parametrize(
    "status", [each for each in StackStatus if each.needs_a_person]
)
def test_a_stuck_stack_is_refused_with_the_command_that_helps(
    status: StackStatus,
) -> None:
    with pytest.raises(StackNeedsAttention) as caught:
        plan_move(make_stack("app", status))
    assert status in caught.value.why
    assert "aws cloudformation" in caught.value.next_step
    assert "app" in caught.value.next_step


def test_the_refusal_says_since_when_and_why() -> None:
    stack = make_stack(
        status="UPDATE_ROLLBACK_FAILED", reason="AccessDenied", changed_at=START
    )
    with pytest.raises(StackNeedsAttention) as caught:
        plan_move(stack)
    assert caught.value.why == (
        "It is in UPDATE_ROLLBACK_FAILED since 14:02 UTC: AccessDenied"
    )


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different "
        "information to create a change set.",
        "No updates are to be performed.",
    ],
)
def test_both_texts_mean_no_changes(reason: str) -> None:
    assert has_no_changes(ChangeSet("id", "stack", "FAILED", reason))


def test_a_ready_change_set_without_resource_changes_still_changes_something() -> None:
    assert not has_no_changes(ChangeSet("id", "stack", "CREATE_COMPLETE"))


def test_another_failure_is_not_mistaken_for_no_changes() -> None:
    assert not has_no_changes(ChangeSet("id", "stack", "FAILED", "Transform failed"))


@pytest.mark.parametrize(
    ("policy_action", "replacement", "action", "deletes"),
    [
        ("Delete", "False", "Remove", True),
        ("Retain", "False", "Remove", False),
        ("ReplaceAndDelete", "True", "Modify", True),
        ("ReplaceAndRetain", "True", "Modify", False),
        ("", "Conditional", "Modify", True),
        ("", "False", "Modify", False),
        ("", "False", "Add", False),
    ],
)
def test_data_loss_is_what_the_policy_says(
    policy_action: str, replacement: str, action: str, deletes: bool
) -> None:
    change = ResourceChange(
        "Bucket", "AWS::S3::Bucket", action, replacement, policy_action
    )
    assert change.deletes is deletes
