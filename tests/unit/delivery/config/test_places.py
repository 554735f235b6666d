"""Where deliveries are: what each is told of the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from delivery.config import (
    Configuration,
    Place,
    asks,
    belongs,
    in_one_account,
    load_configuration,
    place_parameters,
    places_of,
    receives,
)

HOME, OTHER, STRANGER = "123456789012", "210987654321", "999988887777"
ALLOWED = "compliance: {allowed_regions: [us-east-1, us-west-2, eu-central-1]}"
ROLE = f"arn:aws:iam::{HOME}:role/medical-record-analysis"
EAST, WEST, CENTRAL = "us-east-1", "us-west-2", "eu-central-1"

Load = Callable[..., Configuration]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a configuration that promotes to places, of a home with an account or without."""

    def loaded(*places: str, account: str = "") -> Configuration:
        path = tmp_path / "environment_config.yaml"
        path.write_text(
            f'version: 1\n{ALLOWED}\nproject: {{account: "{account}"}}\n'
            f"pipeline: {{promotes_to: [{', '.join(places)}]}}\n"
            "environments: {development: {}, staging: {}, production: {}}\n",
            encoding="utf-8",
        )
        return load_configuration(path)

    return loaded


@pytest.fixture
def regions(load: Load) -> Configuration:
    return load(WEST, CENTRAL)


@pytest.fixture
def accounts(load: Load) -> Configuration:
    """A home that promotes to its own west, and to another account beside itself."""
    return load(WEST, f"{OTHER}/{EAST}", account=HOME)


def told(
    configuration: Configuration, account: str, region: str, reach: str = "production"
):
    return place_parameters(configuration, Place(account, region), "aws", reach)


def test_the_home_is_told_the_receiver_of_each_place(regions) -> None:
    assert told(regions, HOME, EAST) == {
        "ReceiverRoleArns": f"{ROLE}-receiver-us-west-2,{ROLE}-receiver-eu-central-1"
    }
    assert not receives(regions, Place(HOME, EAST))


def test_a_place_is_told_who_promotes_to_it_and_promotes_no_further(regions) -> None:
    assert told(regions, HOME, WEST) == {
        "PromoterRoleArn": f"{ROLE}-promoter-us-east-1",
        "PlaceApproves": "false",
    }
    assert receives(regions, Place(HOME, WEST))


def test_without_places_nobody_receives(load) -> None:
    assert told(load(), HOME, EAST) == {"ReceiverRoleArns": ""}


def test_a_region_without_an_account_is_one_of_the_homes(accounts) -> None:
    assert places_of(accounts, STRANGER) == (Place(HOME, WEST), Place(OTHER, EAST))
    assert receives(accounts, Place(HOME, WEST))
    assert not receives(accounts, Place(OTHER, WEST))


def test_without_an_account_the_home_is_where_the_credentials_are(regions) -> None:
    assert places_of(regions, OTHER) == (Place(OTHER, WEST), Place(OTHER, CENTRAL))
    assert receives(regions, Place(OTHER, WEST))


def test_the_home_of_several_accounts_is_told_receivers_of_both(accounts) -> None:
    other = f"arn:aws:iam::{OTHER}:role/medical-record-analysis-receiver-us-east-1"
    assert told(accounts, HOME, EAST) == {
        "ReceiverRoleArns": f"{ROLE}-receiver-us-west-2,{other}"
    }


def test_a_place_in_another_account_asks_a_person_and_one_at_home_does_not(
    accounts,
) -> None:
    assert told(accounts, OTHER, EAST) == {
        "PromoterRoleArn": f"{ROLE}-promoter-us-east-1",
        "PlaceApproves": "true",
    }
    assert told(accounts, HOME, WEST)["PlaceApproves"] == "false"
    assert asks(accounts, Place(OTHER, EAST), "production")
    assert not asks(accounts, Place(HOME, EAST), "staging")


@pytest.mark.parametrize("reach", ["development", "staging", ""])
def test_where_the_home_asked_nobody_about_production_a_place_of_its_account_asks(
    regions, reach: str
) -> None:
    assert told(regions, HOME, WEST, reach)["PlaceApproves"] == "true"
    assert asks(regions, Place(HOME, WEST), reach)


def test_roles_are_of_the_partition_that_the_caller_is_of(accounts) -> None:
    found = place_parameters(accounts, Place(OTHER, EAST), "aws-us-gov")
    assert found["PromoterRoleArn"].startswith(f"arn:aws-us-gov:iam::{HOME}:role/")


def test_the_whole_account_of_the_home_belongs_and_of_another_the_place_alone(
    accounts,
) -> None:
    assert belongs(accounts, Place(HOME, CENTRAL))
    assert belongs(accounts, Place(OTHER, EAST))
    assert not belongs(accounts, Place(OTHER, WEST))
    assert not belongs(accounts, Place(STRANGER, EAST))


def test_without_an_account_every_place_belongs(regions) -> None:
    assert belongs(regions, Place(STRANGER, CENTRAL))


def test_who_has_one_account_sees_its_regions_alone(accounts, regions) -> None:
    seen = in_one_account(accounts)
    assert places_of(seen, STRANGER) == (Place(STRANGER, WEST),)
    assert in_one_account(regions) == regions
