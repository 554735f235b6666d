"""``destroy``: what goes and what stays is shown before anything is deleted."""

from __future__ import annotations

import json

import pytest
from delivery_fakes import make_execution, make_stack, make_state

from awsrules.statuses import StackStatus
from delivery.cli import ask
from delivery.model import StackContents, StackResource

APPLICATION = "medical-record-analysis-lambda-"
ALL = [
    *(APPLICATION + each for each in ("development", "staging", "production")),
    "medical-record-analysis-pipeline",
    "medical-record-analysis-foundation",
]
TEMPLATE = """
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Records: {Type: AWS::S3::Bucket, DeletionPolicy: RetainExceptOnCreate}
"""


@pytest.fixture
def deployed(world):
    """Every stack of the product, each with a table and a bucket that stays."""
    for name in ALL:
        put(world, name)
    return world


def put(world, name: str, status: str = "UPDATE_COMPLETE") -> None:
    stack = world.stacks.stacks[name] = make_stack(name, status)
    held = (
        StackResource("Table", "AWS::DynamoDB::Table", "table-1"),
        StackResource("Records", "AWS::S3::Bucket", "records-1"),
        StackResource("MadeByTransform", "AWS::IAM::Role", "role-1"),
    )
    world.deployed_stacks.found[stack.id] = StackContents(stack, TEMPLATE, held)


def test_applications_go_first_and_the_foundation_last(run, deployed) -> None:
    result = run("destroy", "--yes")
    assert result.exit_code == 0
    assert deployed.stacks.deleted == ALL
    assert "Deleted stacks: 5. 5 resources are left behind." in result.stdout


def test_a_dry_run_shows_loss_and_what_stays_and_deletes_nothing(run, deployed) -> None:
    result = run("destroy", "--environment", "staging", "--dry-run", "--output", "json")
    (stack,) = json.loads(result.stdout)["stacks"]
    assert stack["name"] == APPLICATION + "staging"
    assert stack["data_lost"] == ["Table"]
    assert [each["resource"] for each in stack["retained"]] == ["Records"]
    assert [each["resource"] for each in stack["deleted"]] == [
        "Table",
        "MadeByTransform",
    ]
    assert "DATA IS LOST: Table" in result.stderr
    assert deployed.stacks.deleted == []


def test_nothing_there_is_nothing_to_do(run, world) -> None:
    result = run("destroy", "--yes")
    assert result.exit_code == 0
    assert "nothing to delete" in result.stdout


def test_without_a_confirmation_nothing_is_deleted(run, deployed) -> None:
    assert run("destroy").exit_code == 2
    assert deployed.stacks.deleted == []


@pytest.mark.parametrize(("typed", "code"), [("production", 0), ("yes", 3)])
def test_production_has_to_be_typed_back(
    run, deployed, terminal, monkeypatch, typed, code
) -> None:
    monkeypatch.setattr(ask, "text", lambda question, flag: typed)
    result = run("destroy", "--environment", "production")
    assert result.exit_code == code
    assert bool(deployed.stacks.deleted) is (code == 0)


def test_a_running_execution_keeps_its_stacks(run, deployed) -> None:
    deployed.pipelines.states = [make_state()]
    deployed.pipelines.runs = [make_execution("execution-5", "InProgress")]
    result = run("destroy", "--yes")
    assert result.exit_code == 3
    assert "execution-5" in result.stderr
    assert deployed.stacks.deleted == []


def test_a_failed_deletion_names_what_blocks_it(run, world, monkeypatch) -> None:
    put(world, "other", "DELETE_FAILED")

    def blocked(stack_id, *, token):
        world.stacks._running["other"] = (
            token,
            [
                ("", "DELETE_IN_PROGRESS", ""),
                ("Bucket", "DELETE_FAILED", "The bucket is not empty"),
                ("", "DELETE_FAILED", "The following resource(s) failed to delete"),
            ],
        )

    monkeypatch.setattr(world.stacks, "delete", blocked)
    result = run("destroy", "--stack-name", "other", "--yes")
    assert result.exit_code == 1
    assert "Bucket (AWS::S3::Bucket): The bucket is not empty" in result.stderr
    assert "Empty it" in result.stderr


@pytest.mark.parametrize("status", list(StackStatus))
def test_each_status_ends_in_absence(run, world, status) -> None:
    put(world, "other", status)
    if status.busy:
        ended = "DELETE_COMPLETE" if "DELETE" in status else "UPDATE_COMPLETE"
        world.stacks.run("other", ("", ended, ""))
    result = run("destroy", "--stack-name", "other", "--yes")
    assert result.exit_code == 0, result.stderr
    assert world.stacks.find("other") is None


def test_one_environment_or_one_stack_not_both(run, world) -> None:
    result = run("destroy", "--environment", "staging", "--stack-name", "x")
    assert result.exit_code == 2
