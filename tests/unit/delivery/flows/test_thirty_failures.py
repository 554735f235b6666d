"""Thirty failures at different resources and phases: the first line names each cause.

The texts are those that the services write; recorded, shortened where they only repeat.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from delivery_fakes import FakeBuilds, failed_build, make_action, make_execution
from delivery_fakes import make_event, make_stack, make_stage, make_state, stack_event
from delivery_fakes import stack_id

from awsrules.statuses import BuildStatus
from delivery.cli.diagnosing import diagnosis_lines
from delivery.errors import OperationFailed
from delivery.flows.stack import StackDeployer
from delivery.flows.status import StatusReader
from delivery.model import BuildPhase, Cause, StackRequest

PIPELINE = "MedicalRecordAnalysisPipeline"
REQUEST = StackRequest("app", "Resources: {}", {})


@dataclass(frozen=True)
class Resource:
    """A resource that fails while its stack is updated."""

    id: str
    type: str
    reason: str
    status: str = "UPDATE_FAILED"


# The resource that failed first, what the first line has to say, and what it means.
RESOURCES = [
    (
        Resource(
            "AnalyzeFunction",
            "AWS::Lambda::Function",
            "Properties validation failed for resource AnalyzeFunction with message: "
            "#/MemorySize: 64 is not greater or equal to 128",
        ),
        "#/MemorySize: 64",
        "property",
    ),
    (
        Resource(
            "Role",
            "AWS::IAM::Role",
            "User: arn:aws:sts::123456789012:assumed-role/cfn/x is not authorized to "
            "perform: iam:CreateRole on resource: role mra",
        ),
        "iam:CreateRole",
        "permission: iam:CreateRole",
    ),
    (
        Resource(
            "Function",
            "AWS::Lambda::Function",
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100].",
        ),
        "below its minimum value of [100]",
        "leave 100",
    ),
    (
        Resource(
            "Vpc",
            "AWS::EC2::VPC",
            "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: "
            "400, Request ID: 1) (HandlerErrorCode: ServiceLimitExceeded)",
        ),
        "maximum number of VPCs",
        "quota",
    ),
    (
        Resource("Bucket", "AWS::S3::Bucket", "mra-records already exists"),
        "mra-records already exists",
        "name exists",
    ),
    (
        Resource(
            "Logs",
            "AWS::Logs::LogGroup",
            "Resource of type 'AWS::Logs::LogGroup' with identifier '/aws/lambda/mra' "
            "already exists. (HandlerErrorCode: AlreadyExists)",
        ),
        "/aws/lambda/mra",
        "name exists",
    ),
    (
        Resource(
            "Alias",
            "AWS::Lambda::Alias",
            "CodeDeploy deployment d-1 failed: HOOK_EXECUTION_FAILURE: The lifecycle "
            "event hook BeforeAllowTraffic failed",
        ),
        "BeforeAllowTraffic",
        "check before or after",
    ),
    (
        Resource(
            "Alias",
            "AWS::Lambda::Alias",
            "Deployment d-2 failed: ALARM_ACTIVE: One or more alarms are active",
        ),
        "ALARM_ACTIVE",
        "alarm fired",
    ),
    (
        Resource(
            "Alias",
            "AWS::Lambda::Alias",
            "The Lambda function alias version does not match the current version in "
            "AppSpec file",
        ),
        "does not match the current version",
        "moved outside",
    ),
    (
        Resource("Pool", "AWS::Cognito::UserPool", "Resource timed out waiting"),
        "timed out",
        "ready in time",
    ),
    (
        Resource(
            "Stage",
            "AWS::ApiGateway::Stage",
            "Exceeded attempts to wait: resource did not stabilize",
        ),
        "did not stabilize",
        "ready in time",
    ),
    (
        Resource(
            "Function",
            "AWS::Lambda::Function",
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error "
            "Message: The specified key does not exist.",
        ),
        "NoSuchKey",
        "not in the bucket",
    ),
    (
        Resource(
            "Function",
            "AWS::Lambda::Function",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        "cannot be assumed",
        "does not trust",
    ),
    (
        Resource("Api", "AWS::ApiGateway::RestApi", "Rate exceeded (Throttling)"),
        "Rate exceeded",
        "quota",
    ),
    (
        Resource(
            "Webhook",
            "AWS::CodePipeline::Webhook",
            "Secrets Manager can't find the specified secret value for staging label",
        ),
        "can't find the specified secret",
        "secret",
    ),
    (
        Resource(
            "Group",
            "AWS::CodeDeploy::DeploymentGroup",
            "The security token included in the request is expired",
        ),
        "security token",
        "Credentials expired",
    ),
    (
        Resource(
            "Permission",
            "AWS::Lambda::Permission",
            "Function not found: mra. (HandlerErrorCode: NotFound)",
        ),
        "Function not found: mra",
        "not there",
    ),
    (
        Resource(
            "Bucket",
            "AWS::S3::Bucket",
            "The bucket you tried to delete is not empty",
            "DELETE_FAILED",
        ),
        "is not empty",
        "still holds something",
    ),
]


@pytest.mark.parametrize(
    ("resource", "said", "meaning"),
    RESOURCES,
    ids=[r[0].reason[:30] for r in RESOURCES],
)
def test_a_resource_that_failed_is_in_the_first_line(
    stacks, clock, screen, resource, said, meaning
) -> None:
    stacks.stacks["app"] = make_stack()
    stacks.script = [
        ("", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("Other", "UPDATE_FAILED", "Resource update cancelled"),
        (resource.id, resource.status, resource.reason),
        ("Last", "CREATE_FAILED", "Resource creation cancelled"),
        ("", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed"),
        ("", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]
    first, why, next_step = _told(stacks, clock, screen)
    assert resource.id in first and said in first
    assert meaning in why
    assert next_step


CHANGE_SETS = [
    (
        "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless "
        "Application Specification document. Resource with id [F] is invalid.",
        (),
        "Resource with id [F] is invalid",
        "transform",
    ),
    (
        "Parameters: [GitHubOwner] must have values",
        (),
        "GitHubOwner",
        "parameter is missing",
    ),
    (
        "Parameter 'LogDays' must be one of AllowedValues: Parameter LogDays failed to "
        "satisfy constraint",
        (),
        "LogDays",
        "parameter",
    ),
    (
        "Template error: instance of Fn::GetAtt references undefined resource Tablee",
        (),
        "undefined resource Tablee",
        "refers to something",
    ),
    (
        "The following hook(s)/validation failed: "
        "[AWS::EarlyValidation::PropertyValidation].",
        (
            Cause(
                "Logs", "AWS::Logs::LogGroup", "6 is not a valid enum value (at /P/R)"
            ),
        ),
        "Logs (AWS::Logs::LogGroup): 6 is not a valid enum value",
        "",
    ),
    (
        "The following hook(s)/validation failed: "
        "[AWS::EarlyValidation::ResourceExistenceCheck].",
        (Cause("Bucket", "AWS::S3::Bucket", "Resource of name mra already exists"),),
        "Bucket (AWS::S3::Bucket): Resource of name mra already exists",
        "name exists",
    ),
]


@pytest.mark.parametrize(("reason", "findings", "said", "meaning"), CHANGE_SETS)
def test_a_change_set_that_failed_is_explained_in_the_first_line(
    stacks, clock, screen, reason, findings, said, meaning
) -> None:
    stacks.change_set_status, stacks.change_set_reason = "FAILED", reason
    stacks.found = list(findings)
    first, why, next_step = _told(stacks, clock, screen)
    assert said in first
    assert meaning in why
    assert next_step


def test_the_resource_inside_a_nested_stack_is_in_the_first_line(
    stacks, clock, screen, monkeypatch
) -> None:
    stacks.stacks["app"] = make_stack()
    stacks.log["inner"] = [
        stack_event("UPDATE_IN_PROGRESS", name="inner"),
        make_event("Old", "UPDATE_FAILED", "of an earlier operation", name="inner"),
        stack_event("UPDATE_IN_PROGRESS", name="inner"),
        make_event("Queue", "CREATE_FAILED", "QueueAlreadyExists", name="inner"),
    ]
    outer = make_event(
        "Network",
        "UPDATE_FAILED",
        "Embedded stack was not successfully updated",
        type="AWS::CloudFormation::Stack",
        physical_id=stack_id("inner"),
    )
    deployer = StackDeployer(stacks, clock, screen)
    failure = deployer._watcher.failure(stacks.stacks["app"], [outer])
    assert "Queue (AWS::S3::Bucket): QueueAlreadyExists" in failure.what


ACTIONS = [
    (
        "Build",
        ["FAILED tests/unit/test_dose.py::test_dose - assert 2 == 3"],
        "tests/unit/test_dose.py::test_dose",
    ),
    (
        "Package",
        ["An error occurred (AccessDenied) when calling the PutObject operation: no"],
        "may not PutObject",
    ),
    ("Lint", [], "`make lint` failed"),
    ("Approve", [], "rejected or expired by Ada: dosage is wrong"),
    ("Source", [], "Could not access the GitHub repository clinic/records"),
]


@pytest.mark.parametrize(("name", "log", "said"), ACTIONS)
def test_a_failed_action_is_explained_in_the_first_line(
    stacks, pipelines, name, log, said
) -> None:
    match name:
        case "Approve":
            more = {"category": "Approval", "updated_by": "Ada"}
            more["summary"] = "dosage is wrong"
        case "Source":
            more = {"summary": said}
        case _:
            more = {"provider": "CodeBuild", "external_id": "B:1"}
    action = make_action(name, "Failed", **more)
    pipelines.runs = [make_execution(status="Failed")]
    pipelines.states = [make_state(make_stage(name, "Failed", action))]
    pipelines.history = {"execution-1": {name: (action,)}}
    command = "Error while executing command: make lint. Reason: exit status 1"
    phase = BuildPhase("BUILD", BuildStatus.FAILED, messages=(command,))
    builds = FakeBuilds({"B:1": failed_build(phase, id="B:1")}, log)
    status = StatusReader(pipelines, builds, stacks, PIPELINE).read_with_failures()
    first = diagnosis_lines(status)[0]
    assert first.startswith(f"{name}/{name}: ")
    assert said in first


def test_there_are_thirty_of_them() -> None:
    assert len(RESOURCES) + len(CHANGE_SETS) + 1 + len(ACTIONS) == 30


def _told(stacks, clock, screen) -> tuple[str, str, str]:
    with pytest.raises(OperationFailed) as caught:
        StackDeployer(stacks, clock, screen).deploy(REQUEST)
    return caught.value.what, caught.value.why, caught.value.next_step
