"""What about a change needs a second look."""

from __future__ import annotations

import pytest

from delivery.model import ResourceChange
from delivery.model.marks import Mark, changes_permissions, holds_data, marks_of


def change(type_name: str, action: str = "Modify", **more) -> ResourceChange:
    return ResourceChange("It", type_name, action, **more)


@pytest.mark.parametrize(
    "type_name", ["AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SQS::Queue"]
)
def test_what_no_deployment_brings_back_holds_data(type_name) -> None:
    assert holds_data(type_name)


@pytest.mark.parametrize(
    "type_name",
    ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::Lambda::Alias"],
)
def test_what_only_sounds_like_it_holds_none(type_name) -> None:
    assert not holds_data(type_name)


def test_a_removed_bucket_puts_data_at_risk() -> None:
    marks = marks_of(change("AWS::S3::Bucket", "Remove", policy_action="Delete"))
    assert marks == (Mark.DATA, Mark.DELETED)


def test_a_removed_bucket_that_is_retained_puts_none_at_risk() -> None:
    assert marks_of(change("AWS::S3::Bucket", "Remove", policy_action="Retain")) == ()


def test_a_replaced_bucket_puts_data_at_risk_even_when_the_old_one_is_retained() -> (
    None
):
    marks = marks_of(
        change("AWS::S3::Bucket", replacement="True", policy_action="ReplaceAndRetain")
    )
    assert marks == (Mark.DATA, Mark.REPLACED)


def test_what_may_be_replaced_says_so() -> None:
    marks = marks_of(change("AWS::Lambda::Function", replacement="Conditional"))
    assert marks == (Mark.MAY_BE_REPLACED,)


@pytest.mark.parametrize(
    "type_name",
    ["AWS::IAM::Role", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy"],
)
def test_roles_and_policies_are_permissions(type_name) -> None:
    assert Mark.PERMISSIONS in marks_of(change(type_name, "Add"))


def test_a_keys_policy_is_a_permission_and_its_description_is_not() -> None:
    assert changes_permissions(change("AWS::KMS::Key", properties=("KeyPolicy",)))
    assert not changes_permissions(change("AWS::KMS::Key", properties=("Description",)))


def test_a_new_memory_size_needs_no_second_look() -> None:
    assert marks_of(change("AWS::Lambda::Function", properties=("MemorySize",))) == ()
