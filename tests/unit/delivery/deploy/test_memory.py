"""What is remembered of a deployment: answers and names, of each kind apart."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from delivery_fakes import FakeAccount

from delivery.deploy.memory import (
    remembered_answers,
    remembered_region,
    with_deployment,
)
from delivery.model import Access, Answers

ANSWERS = Answers("clinic", "records", "main", Access.TOKEN, "production")


def _after(memory, *, local: bool, region: str = "us-east-1", answers=ANSWERS):
    return with_deployment(
        memory,
        answers=answers,
        identity=FakeAccount().identity(),
        region=region,
        outputs={"PipelineName": "p"},
        local=local,
    )


def test_a_deployment_is_remembered_with_its_answers() -> None:
    memory = _after({}, local=True)
    assert remembered_answers(memory, local=True) == ANSWERS.as_data()
    assert json.loads(json.dumps(memory)) == memory


def test_a_rehearsal_does_not_overwrite_what_was_deployed_to_aws() -> None:
    memory = _after(_after({}, local=False, region="eu-west-1"), local=True)
    assert remembered_region(memory) == "eu-west-1"
    assert remembered_answers(memory, local=False) == ANSWERS.as_data()


def test_a_rehearsal_does_not_answer_for_aws() -> None:
    memory = _after({}, local=True)
    assert remembered_answers(memory, local=False) == {}
    assert remembered_region(memory) == ""


@pytest.mark.parametrize(
    "memory",
    [
        {},
        {"deployments": 1},
        {"deployments": {"aws": 1}},
        {"deployments": {"aws": {"answers": 1}}},
    ],
)
def test_a_file_of_another_shape_remembers_nothing(memory) -> None:
    assert remembered_answers(memory, local=False) == {}


def test_a_place_that_is_promoted_to_is_remembered_beside_the_home() -> None:
    home = _after({}, local=False)
    place = replace(ANSWERS, access=Access.PROMOTION)
    both = _after(home, local=False, region="us-west-2", answers=place)
    assert remembered_region(both) == "us-east-1"
    assert remembered_answers(both, local=False) == ANSWERS.as_data()
    assert both["deployments"]["aws us-west-2"]["region"] == "us-west-2"
