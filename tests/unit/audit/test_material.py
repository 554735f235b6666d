"""What the validators read is all there is, with the names that will really stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.material import commands_of, policies_of
from audit.model import Policy
from delivery.cli.validating import read_subject
from delivery.config import load_configuration

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def policies() -> list[Policy]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        configuration = load_configuration(ROOT / "environment_config.yaml")
        return list(policies_of(read_subject(configuration)))


def _of(policies: list[Policy], resource: str) -> list[Policy]:
    return [each for each in policies if each.resource == resource]


def test_each_environments_policies_are_read(policies: list[Policy]) -> None:
    texts = [str(each.document) for each in _of(policies, "RecordBucketPolicy")]

    assert len(texts) == 3
    for name in ("development", "staging", "production"):
        assert any(f"mra-{name}" in text for text in texts)


def test_no_policy_keeps_a_reference_unresolved(policies: list[Policy]) -> None:
    loose = [
        f"{each.file} {each.resource}"
        for each in policies
        if "Fn::" in str(each.document) or "'Ref'" in str(each.document)
    ]

    assert loose == []


def test_a_keys_policy_speaks_of_the_key_and_a_trust_policy_of_the_role(
    policies: list[Policy],
) -> None:
    [key] = _of(policies, "DeliveryKey")
    trust = _of(policies, "CloudFormationServiceRole")[0]

    assert all(":key/" in each["Resource"] for each in key.document["Statement"])
    [statement] = trust.document["Statement"]
    assert statement["Action"] == "sts:AssumeRole"
    assert ":role/" in statement["Resource"]


def test_a_buildspecs_commands_are_one_script_in_the_order_of_the_phases() -> None:
    text = """
version: 0.2
phases:
  install:
    commands:
      - A=1
  build:
    commands:
      - echo "$A"
    finally:
      - rm a
"""
    assert commands_of(text).splitlines() == [
        "#!/usr/bin/env bash",
        "# install",
        "A=1",
        "# build",
        'echo "$A"',
        "rm a",
    ]
