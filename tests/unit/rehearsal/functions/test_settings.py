"""A function's settings: defaults, and what Lambda refuses."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.functions.settings import changed_settings, initial_settings
from rehearsal.protocol import ApiError

GIVEN = {"Runtime": "python3.11", "Handler": "app.handler", "Role": "arn:role"}


def refusal(**settings: Any) -> str:
    with pytest.raises(ApiError) as caught:
        initial_settings({**GIVEN, **settings})
    return str(caught.value)


def test_what_was_not_given_takes_lambdas_default() -> None:
    settings = initial_settings(GIVEN)
    assert (settings["Timeout"], settings["MemorySize"]) == (3, 128)


def test_a_change_leaves_the_rest_as_it_was() -> None:
    before = initial_settings({**GIVEN, "Timeout": 20})
    after = changed_settings(before, {"MemorySize": 512})
    assert (after["Timeout"], after["MemorySize"], before["MemorySize"]) == (
        20,
        512,
        128,
    )


def test_limits_are_told_as_lambda_tells_them() -> None:
    assert "'901' at 'timeout'" in refusal(Timeout=901)
    assert "less than or equal to 10240" in refusal(MemorySize=20000)


def test_reserved_variables_are_refused_by_name() -> None:
    text = refusal(Environment={"Variables": {"AWS_REGION": "x", "FINE": "y"}})
    assert text.endswith("Reserved keys used in this request: AWS_REGION")


def test_variables_are_four_kilobytes_at_most() -> None:
    assert "exceeded the 4KB limit" in refusal(
        Environment={"Variables": {"BIG": "x" * 4096}}
    )
