"""How properties become the parameters of an API, and names are made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import botocore.session
import pytest

from rehearsal.cloudformation.model import Operation
from rehearsal.cloudformation.resources import KINDS
from rehearsal.cloudformation.resources.base import (
    Ask,
    Calls,
    arguments,
    generated_name,
)
from rehearsal.cloudformation.resources.existing import conflict
from rehearsal.plane import Plane

SESSION = botocore.session.get_session()


def operation(service: str, name: str):  # type: ignore[no-untyped-def]
    return SESSION.get_service_model(service).operation_model(name)


def test_properties_get_the_names_and_types_of_the_api() -> None:
    assert arguments(
        operation("codebuild", "CreateProject"),
        {
            "Name": "b",
            "TimeoutInMinutes": "20",
            "Source": {"Type": "CODEPIPELINE", "BuildSpec": "buildspec.yml"},
            "Environment": {
                "PrivilegedMode": "false",
                "EnvironmentVariables": [{"Name": "N", "Value": 1}],
            },
        },
    ) == {
        "name": "b",
        "timeoutInMinutes": 20,
        "source": {"type": "CODEPIPELINE", "buildspec": "buildspec.yml"},
        "environment": {
            "privilegedMode": False,
            "environmentVariables": [{"name": "N", "value": "1"}],
        },
    }


def test_keys_of_a_map_stay_and_documents_become_text() -> None:
    found = arguments(
        operation("lambda", "CreateFunction"),
        {"Environment": {"Variables": {"lower_Upper": True}}},
    )
    assert found == {"Environment": {"Variables": {"lower_Upper": "true"}}}
    found = arguments(
        operation("events", "PutRule"), {"EventPattern": {"source": ["s"]}}
    )
    assert found == {"EventPattern": '{"source": ["s"]}'}


def ask(**given: Any) -> Ask:
    return Ask(
        plane=cast(Plane, None),
        operation=Operation("CREATE_STACK", None, None),
        stack_name="stack",
        stack_id="arn:stack",
        logical_id="Alias",
        type="AWS::KMS::Alias",
        **given,
    )


class _Planes:
    """A plane whose Lambda has no code signing, and nothing else either."""

    def client(self, service: str, role: str | None) -> _Planes:
        return self

    def put_function_code_signing_config(self, **given: str) -> None:
        raise NotImplementedError(given["FunctionName"])


def test_a_function_whose_code_must_be_signed_from_now_on_gets_no_code_first() -> None:
    properties = {"Code": {"S3Key": "new"}, "CodeSigningConfigArn": "arn:signed"}
    update = replace(
        ask(properties=properties, physical_id="mra-development-any"),
        plane=cast(Plane, _Planes()),
    )

    with pytest.raises(NotImplementedError, match="mra-development-any"):
        KINDS["AWS::Lambda::Function"].update(update)


def test_a_property_without_a_place_is_not_dropped_in_silence() -> None:
    wanted = {"AliasName": "alias/a", "Colour": "red"}
    create = ask(properties=wanted)
    arguments(operation("kms", "CreateAlias"), wanted, create)
    assert create.missing == ["Colour"]


def test_on_update_only_a_changed_property_is_missed() -> None:
    wanted = {"AliasName": "alias/a", "Colour": "red", "Size": 1}
    update = ask(
        properties=wanted, previous={**wanted, "Size": 2}, physical_id="alias/a"
    )
    arguments(operation("kms", "UpdateAlias"), wanted, update)
    assert update.missing == ["Size"]


@pytest.mark.parametrize("limit", [63, 64, 100])
def test_a_generated_name_cuts_the_stack_and_keeps_the_purpose(limit: int) -> None:
    stack = "medical-record-analysis-lambda-production"
    name = generated_name(stack, "CloudFormationServiceRole", limit=limit, lower=False)
    assert len(name) <= limit
    assert "-CloudFormationServiceRole-" in name
    assert name.startswith("medical-record-analysis"[: limit - 38])


def test_a_bucket_is_named_in_lower_case() -> None:
    name = generated_name("Stack", "LogBucket", limit=63, lower=True)
    assert name == name.lower() and name.startswith("stack-logbucket-")


def test_every_row_of_the_table_names_operations_that_exist() -> None:
    for type_name, kind in KINDS.items():
        if isinstance(kind, Calls):
            names = {kind.creates, kind.updates, kind.deletes} - {""}
            known = set(SESSION.get_service_model(kind.service).operation_names)
            assert names <= known, type_name


class FakeQueues:
    """A queue service in which everything exists."""

    def get_queue_url(self, **key: str) -> dict[str, str]:
        return {"QueueUrl": "u"}


def test_only_a_chosen_name_can_be_taken() -> None:
    queue = "AWS::SQS::Queue"
    words = conflict(queue, {"QueueName": "q"}, lambda service: FakeQueues())
    assert (
        words
        == "Resource of type 'AWS::SQS::Queue' with identifier 'q' already exists."
    )
    assert not conflict(queue, {}, lambda service: FakeQueues())
    assert not conflict(
        queue, {"QueueName": {"Fn::Sub": "x"}}, lambda service: FakeQueues()
    )
