"""Where deliveries are: what each is told of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.config import load_configuration, place_parameters, receives

ACCOUNT = "123456789012"
TWO = """\
version: 1
compliance: {allowed_regions: [us-east-1, us-west-2, eu-central-1]}
pipeline: {promotes_to: [us-west-2, eu-central-1]}
environments: {development: {}, staging: {}, production: {}}
"""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/medical-record-analysis"


@pytest.fixture
def configuration(tmp_path: Path):
    path = tmp_path / "environment_config.yaml"
    path.write_text(TWO, encoding="utf-8")
    return load_configuration(path)


def test_the_home_is_told_the_receiver_of_each_place(configuration) -> None:
    given = place_parameters(configuration, region="us-east-1", account=ACCOUNT)
    assert given == {
        "ReceiverRoleArns": f"{ROLE}-receiver-us-west-2,{ROLE}-receiver-eu-central-1"
    }
    assert not receives(configuration, "us-east-1")


def test_a_place_is_told_who_promotes_to_it_and_promotes_no_further(
    configuration,
) -> None:
    given = place_parameters(configuration, region="us-west-2", account=ACCOUNT)
    assert given == {"PromoterRoleArn": f"{ROLE}-promoter-us-east-1"}
    assert receives(configuration, "us-west-2")


def test_without_places_nobody_receives(tmp_path: Path) -> None:
    path = tmp_path / "environment_config.yaml"
    path.write_text("version: 1\nenvironments: {development: {}}\n", encoding="utf-8")
    given = place_parameters(
        load_configuration(path), region="us-east-1", account=ACCOUNT
    )
    assert given == {"ReceiverRoleArns": ""}
