"""What takes a release back, as the services' models have it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.aws.deployed import StackReader
from delivery.aws.rollback import (
    CloudFormationUndo,
    CodeDeployShifts,
    LambdaVersions,
    StageTransitions,
)
from delivery.errors import DeliveryError, NotPermitted, Refused
from delivery.model import AliasNow, AliasRoute, RunningShift

ARN = "arn:aws:lambda:us-east-1:123456789012:function:mra-a"
PIPELINE = "MedicalRecordAnalysisPipeline"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/app/1"
NOW = "{} cannot be called from current stack status"


def make_alias(**weights: float) -> AliasNow:
    shares = {key.removeprefix("v"): share for key, share in weights.items()}
    return AliasNow(f"{ARN}:live", AliasRoute("mra-a", "live", "3", shares), "r-1")


def configuration(version: str, **more: str) -> dict[str, str]:
    return {"Version": version, "CodeSha256": f"code-{version}", **more}


def test_an_alias_is_read_with_its_weights_and_revision(clients) -> None:
    answer = {
        "FunctionVersion": "3",
        "RevisionId": "r-1",
        "RoutingConfig": {"AdditionalVersionWeights": {"4": 0.1}},
    }
    clients.stub("lambda").add_response(
        "get_alias", answer, {"FunctionName": ARN, "Name": "live"}
    )
    assert LambdaVersions(clients).now(f"{ARN}:live") == make_alias(v4=0.1)


def test_moving_clears_the_weights_and_is_guarded_by_the_revision(clients) -> None:
    clients.stub("lambda").add_response(
        "update_alias",
        {},
        {
            "FunctionName": "mra-a",
            "Name": "live",
            "FunctionVersion": "2",
            "RoutingConfig": {"AdditionalVersionWeights": {}},
            "RevisionId": "r-1",
        },
    )
    LambdaVersions(clients).move(make_alias(v4=0.1), "2")


def test_an_alias_that_was_changed_meanwhile_is_refused(clients) -> None:
    clients.stub("lambda").add_client_error(
        "update_alias", "PreconditionFailedException", "The RevisionId provided …"
    )
    with pytest.raises(Refused, match="changed by somebody else"):
        LambdaVersions(clients).move(make_alias(), "2")


def test_a_version_that_is_gone_is_none_and_a_refusal_is_not(clients) -> None:
    api = clients.stub("lambda")
    api.add_client_error(
        "get_function_configuration", "ResourceNotFoundException", "no"
    )
    assert LambdaVersions(clients).version("mra-a", "2") is None
    api.add_client_error("get_function_configuration", "AccessDeniedException", "no")
    with pytest.raises(NotPermitted):
        LambdaVersions(clients).version("mra-a", "2")


def test_a_version_says_whether_it_can_serve(clients) -> None:
    clients.stub("lambda").add_response(
        "get_function_configuration",
        configuration("2", State="Failed", LastUpdateStatus="Successful"),
        {"FunctionName": "mra-a", "Qualifier": "2"},
    )
    version = LambdaVersions(clients).version("mra-a", "2")
    assert version is not None and not version.can_serve


def test_versions_come_newest_first_without_latest(clients) -> None:
    found = [configuration("$LATEST"), configuration("9"), configuration("10")]
    clients.stub("lambda").add_response(
        "list_versions_by_function", {"Versions": found}, {"FunctionName": "mra-a"}
    )
    versions = LambdaVersions(clients).versions("mra-a")
    assert [each.version for each in versions] == ["10", "9"]


def test_calling_is_tried_without_running_anything(clients) -> None:
    clients.stub("lambda").add_response(
        "invoke",
        {"StatusCode": 204},
        {"FunctionName": "mra-a", "Qualifier": "2", "InvocationType": "DryRun"},
    )
    LambdaVersions(clients).try_call("mra-a", "2")


def running(clients, *found: dict[str, str]) -> list[RunningShift]:
    """Give what is running for the stack, of all that runs in the account."""
    api = clients.stub("codedeploy")
    statuses = ["Created", "Queued", "InProgress", "Baking", "Ready"]
    ids = [each["deploymentId"] for each in found]
    api.add_response(
        "list_deployments", {"deployments": ids}, {"includeOnlyStatuses": statuses}
    )
    for first in range(0, len(ids), 25):
        api.add_response(
            "batch_get_deployments",
            {"deploymentsInfo": list(found[first : first + 25])},
            {"deploymentIds": ids[first : first + 25]},
        )
    return shifts_of(clients).running(STACK)


def deployment(number: int, application: str = "app", **more: str) -> dict[str, str]:
    return {
        "deploymentId": f"d-{number}",
        "status": "InProgress",
        "applicationName": application,
        **more,
    }


def shifts_of(clients) -> CodeDeployShifts:
    return CodeDeployShifts(clients, StackReader(clients))


def test_running_deployments_are_those_that_the_stack_started(clients) -> None:
    found = running(clients, *(deployment(n, externalId=STACK) for n in range(30)))
    assert [each.id for each in found] == [f"d-{n}" for n in range(30)]
    assert found[0] == RunningShift("d-0", "InProgress")


def test_a_deployment_that_a_person_started_in_the_stacks_application_is_one_of_them(
    clients,
) -> None:
    clients.stub("cloudformation").add_response(
        "list_stack_resources",
        {"StackResourceSummaries": [summary("app", "AWS::CodeDeploy::Application")]},
        {"StackName": STACK},
    )
    found = running(
        clients,
        deployment(1),
        deployment(2, "of-another-team"),
        deployment(3, "of-another-stack", externalId="another"),
        deployment(4, externalId=STACK),
    )
    assert [each.id for each in found] == ["d-1", "d-4"]


def summary(physical_id: str, kind: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": "Any",
        "PhysicalResourceId": physical_id,
        "ResourceType": kind,
        "ResourceStatus": "CREATE_COMPLETE",
        "LastUpdatedTimestamp": datetime(2026, 11, 23, tzinfo=UTC),
    }


def test_a_deployment_is_stopped_with_its_traffic_returned(clients) -> None:
    clients.stub("codedeploy").add_response(
        "stop_deployment",
        {"status": "Pending"},
        {"deploymentId": "d-1", "autoRollbackEnabled": True},
    )
    assert shifts_of(clients).stop(RunningShift("d-1", "InProgress"))


def test_a_deployment_that_ended_meanwhile_is_an_answer(clients) -> None:
    clients.stub("codedeploy").add_client_error(
        "stop_deployment", "DeploymentAlreadyCompletedException", "done"
    )
    assert not shifts_of(clients).stop(RunningShift("d-1", "InProgress"))


def test_a_stage_is_closed_and_opened(clients) -> None:
    api = clients.stub("codepipeline")
    where = {"pipelineName": PIPELINE, "stageName": "DeployProduction"}
    api.add_response(
        "disable_stage_transition",
        {},
        {**where, "transitionType": "Inbound", "reason": "a rollback"},
    )
    api.add_response(
        "enable_stage_transition", {}, {**where, "transitionType": "Inbound"}
    )
    transitions = StageTransitions(clients)
    transitions.freeze(PIPELINE, "DeployProduction", reason="a rollback")
    transitions.thaw(PIPELINE, "DeployProduction")


@pytest.mark.parametrize(
    "code", ["PipelineExecutionNotStoppableException", "DuplicatedStopRequestException"]
)
def test_an_execution_that_cannot_be_stopped_any_more_is_an_answer(
    clients, code: str
) -> None:
    clients.stub("codepipeline").add_client_error("stop_pipeline_execution", code, "no")
    transitions = StageTransitions(clients)
    assert not transitions.stop_execution(PIPELINE, "e-1", reason="a rollback")


def test_an_update_is_cancelled(clients) -> None:
    clients.stub("cloudformation").add_response(
        "cancel_update_stack", {}, {"StackName": STACK, "ClientRequestToken": "t-1"}
    )
    assert CloudFormationUndo(clients).cancel_update(STACK, token="t-1")


def test_an_update_that_ended_meanwhile_is_an_answer_and_a_refusal_is_not(
    clients,
) -> None:
    api = clients.stub("cloudformation")
    text = NOW.format("CancelUpdateStack")
    api.add_client_error("cancel_update_stack", "ValidationError", text)
    assert not CloudFormationUndo(clients).cancel_update(STACK, token="t-1")
    api.add_client_error("cancel_update_stack", "AccessDenied", "no")
    with pytest.raises(NotPermitted):
        CloudFormationUndo(clients).cancel_update(STACK, token="t-1")


def test_a_stuck_rollback_goes_on_and_may_skip_resources(clients) -> None:
    api = clients.stub("cloudformation")
    given = {"StackName": STACK, "ClientRequestToken": "t-1"}
    api.add_response("continue_update_rollback", {}, given)
    api.add_response(
        "continue_update_rollback", {}, {**given, "ResourcesToSkip": ["A"]}
    )
    undo = CloudFormationUndo(clients)
    undo.continue_rollback(STACK, token="t-1", skip=())
    undo.continue_rollback(STACK, token="t-1", skip=("A",))


def test_a_paused_stack_is_rolled_back_and_other_states_are_told(clients) -> None:
    api = clients.stub("cloudformation")
    api.add_response(
        "rollback_stack", {}, {"StackName": STACK, "ClientRequestToken": "t-1"}
    )
    CloudFormationUndo(clients).roll_back(STACK, token="t-1")
    text = NOW.format("RollbackStack")
    api.add_client_error("rollback_stack", "ValidationError", text)
    with pytest.raises(DeliveryError, match="roll the stack back"):
        CloudFormationUndo(clients).roll_back(STACK, token="t-1")
