"""What a stack's status allows, and what a change set says."""

from __future__ import annotations

import pytest
from delivery_fakes import START, make_stack

from awsrules.statuses import StackStatus
from delivery.deploy.plan import (
    Move,
    Removal,
    Repeat,
    attention,
    has_no_changes,
    plan_move,
    plan_removal,
    plan_repeat,
)
from delivery.model import ChangeSet, ResourceChange

APPLICATION = "medical-record-analysis-lambda-staging"

TABLE = [
    (None, "CREATE", "NOTHING", "RETRY"),
    ("CREATE_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("CREATE_FAILED", "RECREATE", "DELETE", "REFUSE"),
    ("CREATE_COMPLETE", "UPDATE", "DELETE", "RETRY"),
    ("ROLLBACK_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("ROLLBACK_FAILED", "RECREATE", "DELETE", "REFUSE"),
    ("ROLLBACK_COMPLETE", "RECREATE", "DELETE", "REFUSE"),
    ("DELETE_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("DELETE_FAILED", "RECREATE", "DELETE_AGAIN", "REFUSE"),
    ("DELETE_COMPLETE", "CREATE", "NOTHING", "RETRY"),
    ("UPDATE_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("UPDATE_COMPLETE", "UPDATE", "DELETE", "RETRY"),
    ("UPDATE_FAILED", "ROLL_BACK", "DELETE", "REFUSE"),
    ("UPDATE_ROLLBACK_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("UPDATE_ROLLBACK_FAILED", "CONTINUE_ROLLBACK", "DELETE", "REFUSE"),
    ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("UPDATE_ROLLBACK_COMPLETE", "UPDATE", "DELETE", "RETRY"),
    ("REVIEW_IN_PROGRESS", "CREATE", "DELETE", "RETRY"),
    ("IMPORT_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("IMPORT_COMPLETE", "UPDATE", "DELETE", "RETRY"),
    ("IMPORT_ROLLBACK_IN_PROGRESS", "WAIT", "WAIT", "WAIT"),
    ("IMPORT_ROLLBACK_FAILED", "REFUSE", "DELETE", "REFUSE"),
    ("IMPORT_ROLLBACK_COMPLETE", "UPDATE", "DELETE", "RETRY"),
]


@pytest.mark.parametrize(("status", "move", "removal", "repeat"), TABLE)
def test_each_status_has_an_answer_for_deploy_destroy_and_retry(
    status: str | None, move: str, removal: str, repeat: str
) -> None:
    stack = make_stack(status=status) if status else None
    assert plan_move(stack) is Move[move]
    assert plan_removal(stack) is Removal[removal]
    assert plan_repeat(stack) is Repeat[repeat]


def test_the_table_knows_every_status_and_absence() -> None:
    assert {row[0] for row in TABLE} == {None, *(each.value for each in StackStatus)}
    assert len(TABLE) == 24


@pytest.mark.parametrize(
    ("name", "status", "command"),
    [
        ("app", "UPDATE_ROLLBACK_FAILED", "./deploy_pipeline.py"),
        ("app", "IMPORT_ROLLBACK_FAILED", "describe-stack-events --stack-name app"),
        (APPLICATION, "ROLLBACK_COMPLETE", f"destroy --stack-name {APPLICATION}"),
        (APPLICATION, "UPDATE_ROLLBACK_FAILED", "./rollback.py staging --stack"),
    ],
)
def test_a_stuck_stack_names_the_command_that_helps(name, status, command) -> None:
    refusal = attention(make_stack(name, status))
    assert status in refusal.why
    assert command in refusal.next_step


def test_the_refusal_says_since_when_and_why() -> None:
    stack = make_stack(
        status="UPDATE_ROLLBACK_FAILED", reason="AccessDenied", changed_at=START
    )
    assert attention(stack).why == (
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
