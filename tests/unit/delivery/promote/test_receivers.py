"""Which place a receiver's role belongs to."""

from __future__ import annotations

import pytest
from promotion_fakes import role_of

from delivery.errors import BadInput
from delivery.promote import Receiver, receivers_of


def test_a_role_tells_account_and_region() -> None:
    role = role_of("ap-southeast-2", "333333333333")
    assert receivers_of([role]) == (Receiver(role, "333333333333", "ap-southeast-2"),)


def test_a_region_of_the_government_is_one_too() -> None:
    role = role_of("us-gov-west-1").replace("arn:aws:", "arn:aws-us-gov:")
    assert receivers_of([role])[0].region == "us-gov-west-1"


def test_each_place_counts_once_in_the_order_given_and_blanks_count_not() -> None:
    west, east = role_of("eu-west-1"), role_of("us-east-2")
    found = receivers_of([f" {west}", "", east, west])
    assert [each.role_arn for each in found] == [west, east]


@pytest.mark.parametrize(
    "arn",
    [
        "eu-west-1",
        role_of("eu-west-1", "2222"),
        role_of("eu"),
        role_of("eu-west-1/x"),
        role_of("eu-west-1").replace("receiver", "promoter"),
        role_of("eu-west-1").replace(":role/", ":user/"),
        role_of("eu-west-1") + "\n; rm",
    ],
)
def test_what_is_no_receivers_role_is_named(arn: str) -> None:
    with pytest.raises(BadInput) as caught:
        receivers_of([role_of("us-east-2"), arn])
    assert arn in caught.value.what
    assert "medical-record-analysis-receiver-<region>" in caught.value.why


@pytest.mark.parametrize("given", [[], [""], [" ", ""]])
def test_without_a_place_it_is_said_what_to_give(given: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        receivers_of(given)
    assert "--to ROLE_ARN" in caught.value.next_step
    assert "RECEIVER_ROLE_ARNS" in caught.value.next_step
