"""Parameters come from the build's artifact and from the pipeline, or not at all."""

from __future__ import annotations

import pytest

from delivery.errors import BadInput
from delivery.review.inputs import read_configuration, read_overrides

NAME = "template-configuration.staging.json"


def test_a_template_configuration_gives_parameters_and_tags() -> None:
    text = '{"Parameters": {"Stage": "x"}, "Tags": {"team": "records"}}'
    assert read_configuration(text, name=NAME) == ({"Stage": "x"}, {"team": "records"})


def test_a_configuration_may_hold_neither() -> None:
    assert read_configuration("{}", name=NAME) == ({}, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"Parameters": []}', "Parameters should be an object"),
        ('{"Parameters": {"Stage": 3}}', "whose values are strings"),
    ],
)
def test_a_broken_configuration_is_named(text, message) -> None:
    with pytest.raises(BadInput, match=message):
        read_configuration(text, name=NAME)


def test_no_overrides_override_nothing() -> None:
    assert read_overrides("  ") == {}


def test_overrides_are_strings() -> None:
    assert read_overrides('{"LogBucketName": "logs"}') == {"LogBucketName": "logs"}
    with pytest.raises(BadInput, match="PARAMETER_OVERRIDES should be"):
        read_overrides('{"LogBucketName": {"Ref": "x"}}')
