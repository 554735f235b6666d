"""A pipeline under the shipped roles: it runs, and fails where one permission is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from own_plane import call_control
from plane_pipelines import action, action_state, declare, ended, make_repository
from shipped_roles import BUILDER, DEPLOYER, MOVER, RECORDER, Account

from delivery.aws.clients import Clients
from delivery.aws.metrics import CloudWatchMetrics
from delivery.cli.screen import PlainScreen
from delivery.flows.measure import Measurer
from delivery.measure import ReleaseTimes, measures_of_release
from delivery.model import COVERAGE, METRIC_NAMESPACE, Measure

pytestmark = pytest.mark.plane

ACCOUNT, STRANGER = "123456789012", "999988887777"
PIPELINE = "MedicalRecordAnalysisPipeline"
PROJECT = "MedicalRecordAnalysisBuild"
BUILDSPEC = """\
version: 0.2
phases:
  build:
    commands:
      - echo '<testsuite name="s"><testcase classname="c" name="t"/></testsuite>' > junit.xml
reports:
  unit-tests:
    files: [junit.xml]
    file-format: JUNITXML
artifacts:
  files: [junit.xml]
"""


@pytest.fixture(scope="module")
def pipeline(
    account: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Make a pipeline that reads by the foundation's connection and builds."""
    folder = make_repository(tmp_path_factory.mktemp("source"), {"a": "1"})
    where = {"repository": str(folder), "branch": "main"}
    call_control(account.endpoint, "POST", "source", where)
    connection = account.outputs["SourceConnectionArn"]
    call_control(account.endpoint, "POST", "connections", {"arn": connection})
    _make_project(account)
    account.operator("codepipeline").create_pipeline(
        pipeline=declare(
            PIPELINE,
            account.outputs[f"{MOVER}Arn"],
            account.outputs["ArtifactBucketName"],
            {"Source": [_source(connection)], "Build": [_build()]},
            encryptionKey={"type": "KMS", "id": account.outputs["DeliveryKeyArn"]},
        )
    )
    ended(account.operator, PIPELINE)
    yield PIPELINE


def _make_project(account: Account) -> None:
    group = f"/aws/codebuild/{PROJECT}"
    account.operator("logs").create_log_group(logGroupName=group)
    account.operator("codebuild").create_project(
        name=PROJECT,
        source={"type": "CODEPIPELINE", "buildspec": BUILDSPEC},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        logsConfig={"cloudWatchLogs": {"status": "ENABLED", "groupName": group}},
        serviceRole=account.outputs[f"{BUILDER}Arn"],
        encryptionKey=account.outputs["DeliveryKeyArn"],
    )


def _source(connection: str) -> Any:
    return action(
        "GitHub",
        "Source/AWS/CodeStarSourceConnection",
        {
            "ConnectionArn": connection,
            "FullRepositoryId": "o/r",
            "BranchName": "main",
            "DetectChanges": "false",
        },
        outputArtifacts=[{"name": "SourceOutput"}],
    )


def _build() -> Any:
    return action(
        "Build",
        "Build/AWS/CodeBuild",
        {"ProjectName": PROJECT},
        inputArtifacts=[{"name": "SourceOutput"}],
        outputArtifacts=[{"name": "BuildOutput"}],
    )


Gone = tuple[str, str, str]
RUNS: tuple[tuple[Gone | None, str], ...] = (
    (None, ""),
    ((MOVER, "ReadTheSource", "codeconnections:UseConnection"), "Source"),
    ((MOVER, "RunTheDeliverysProjects", "codebuild:StartBuild"), "Build"),
    ((MOVER, "ReadAndWriteArtifacts", "s3:PutObject"), "Source"),
    ((BUILDER, "WriteTheBuildLog", "logs:CreateLogStream"), "Build"),
    ((BUILDER, "ReadAndWriteArtifacts", "s3:GetObject"), "Build"),
    ((BUILDER, "PublishReports", "codebuild:CreateReport"), "Build"),
)


@pytest.mark.parametrize(
    ("gone", "stage"),
    RUNS,
    ids=[each[0][2] if each[0] else "as it is" for each in RUNS],
)
def test_an_execution_ends_at_the_action_whose_permission_is_gone(
    account: Account, pipeline: str, gone: Gone | None, stage: str
) -> None:
    start: Callable[..., Any] = account.operator(
        "codepipeline"
    ).start_pipeline_execution
    with account.without(*gone) if gone else nullcontext():
        start(name=pipeline)
        status = ended(account.operator, pipeline)

    assert status == ("Failed" if gone else "Succeeded")
    if gone:
        state = action_state(account.operator, pipeline, stage)
        assert f"is not authorized to perform: {gone[2]}" in str(state["errorDetails"])


def _measurer(account: Account, role: str) -> Measurer:
    """Give what puts measures as one of the roles."""
    clients = Clients("us-east-1", endpoint_url=account.endpoint)
    clients._made["cloudwatch"] = account.client(role, "cloudwatch")
    return Measurer(CloudWatchMetrics(clients), PlainScreen())


@pytest.mark.thorough
def test_the_recorder_may_put_what_a_release_tells_and_into_no_other_namespace(
    account: Account,
) -> None:
    now = datetime.now(UTC)
    times = ReleaseTimes(now - timedelta(hours=2), now)
    measures = measures_of_release("production", times)

    assert _measurer(account, RECORDER).put(measures)
    found = account.operator("cloudwatch").list_metrics(Namespace=METRIC_NAMESPACE)
    told = {each["MetricName"]: each["Dimensions"] for each in found["Metrics"]}
    place = [{"Name": "Environment", "Value": "production"}]
    assert told["Deployments"] == told["LeadTimeSeconds"] == place
    with pytest.raises(ClientError, match="not authorized to perform"):
        account.client(RECORDER, "cloudwatch").put_metric_data(
            Namespace="mra", MetricData=[{"MetricName": "Deployments", "Value": 1}]
        )


@pytest.mark.thorough
@pytest.mark.parametrize("role", [RECORDER, BUILDER])
def test_a_metric_that_is_refused_is_told_and_nothing_fails(
    account: Account, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    measurer = _measurer(account, role)
    gone = (role, "PutTheDeliverysMetrics", "cloudwatch:PutMetricData")
    with account.without(*gone):
        assert not measurer.put((Measure(COVERAGE, 93.0),))
    said = " ".join(capsys.readouterr().err.split())
    assert "lacks Coverage of this run: AccessDenied" in said
    assert measurer.put((Measure(COVERAGE, 93.0),))


@pytest.mark.parametrize(
    ("role", "service", "holder", "stage", "said"),
    [
        (
            MOVER,
            "codebuild",
            ACCOUNT,
            "Source",
            "perform AssumeRole on role arn:aws:iam",
        ),
        (MOVER, "codepipeline", STRANGER, "Source", "CodePipeline is not authorized"),
        (BUILDER, "ec2", ACCOUNT, "Build", "perform: sts:AssumeRole on arn:aws:iam"),
        (BUILDER, "codebuild", STRANGER, "Build", "CodeBuild is not authorized"),
    ],
)
def test_a_role_that_trusts_another_is_not_taken(
    account: Account,
    pipeline: str,
    role: str,
    service: str,
    holder: str,
    stage: str,
    said: str,
) -> None:
    with account.trusting(role, service, holder):
        account.operator("codepipeline").start_pipeline_execution(name=pipeline)
        assert ended(account.operator, pipeline) == "Failed"
    state = action_state(account.operator, pipeline, stage)
    assert said in state["errorDetails"]["message"]


def test_a_stack_is_not_given_a_role_that_does_not_trust_cloudformation(
    account: Account,
) -> None:
    role = account.outputs[f"{DEPLOYER}Arn"]
    with account.trusting(DEPLOYER, "ec2", ACCOUNT):
        with pytest.raises(ClientError, match="is invalid or cannot be assumed"):
            account.operator("cloudformation").create_stack(
                StackName="medical-record-analysis-lambda-untrusted",
                TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}',
                RoleARN=role,
            )
