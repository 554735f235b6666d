"""Deploy actions make and execute change sets, and tell why a stack failed."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rehearsal.assumptions import EMPTY_FAILS
from plane_pipelines import (
    Aws,
    action,
    action_state,
    commit_files,
    declare,
    ended,
    git,
    github,
    latest,
    make_repository,
    make_role,
)

pytestmark = pytest.mark.plane

TEMPLATE = """\
Parameters:
  Name: {Type: String}
  Retention: {Type: Number}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Ref Name}
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Ref Name, RetentionInDays: !Ref Retention}
Outputs:
  TopicName: {Value: !GetAtt Topic.TopicName}
"""


@dataclass
class Deployer:
    """A pipeline that deploys ``template.yaml`` of its repository to one stack."""

    aws: Aws
    control: Any
    repository: Path
    name: str

    def push(self, retention: object, template: str = TEMPLATE) -> None:
        configuration = {
            "Parameters": {"Name": self.name, "Retention": str(retention)},
            "Tags": {"Team": "delivery"},
        }
        files = {
            "template.yaml": template,
            "configuration.json": json.dumps(configuration),
        }
        commit_files(self.repository, files, f"Retention {retention} {uuid.uuid4()}")
        self.fetch()

    def fetch(self) -> None:
        where = {"repository": str(self.repository), "branch": self.name}
        self.control("POST", "source", where)

    def start(self) -> str:
        self.aws("codepipeline").start_pipeline_execution(name=self.name)
        return ended(self.aws, self.name)

    def action(self, name: str) -> Any:
        return action_state(self.aws, self.name, "Deploy", name)


@pytest.fixture
def deployer(aws: Aws, control: Any, tmp_path: Path) -> Iterator[Deployer]:
    name = f"deploy-{uuid.uuid4().hex[:6]}"
    repository = make_repository(tmp_path, {"README": "r"})
    git(repository, "branch", "-m", "main", name)
    deployer = Deployer(aws, control, repository, name)
    deployer.push(7)
    role, bucket = make_role(aws), f"artifacts-{name}"
    aws("s3").create_bucket(Bucket=bucket)
    stack = {"StackName": name, "ChangeSetName": "release"}
    deploy = "Deploy/AWS/CloudFormation"
    actions = [
        action(
            "Create",
            deploy,
            {
                **stack,
                "ActionMode": "CHANGE_SET_REPLACE",
                "RoleArn": role,
                "Capabilities": "CAPABILITY_NAMED_IAM,CAPABILITY_AUTO_EXPAND",
                "TemplatePath": "SourceOutput::template.yaml",
                "TemplateConfiguration": "SourceOutput::configuration.json",
            },
            inputArtifacts=[{"name": "SourceOutput"}],
        ),
        action(
            "Execute",
            deploy,
            {
                **stack,
                "ActionMode": "CHANGE_SET_EXECUTE",
                "OutputFileName": "outputs.json",
            },
            runOrder=2,
            namespace="Stack",
            outputArtifacts=[{"name": "Outputs"}],
        ),
    ]
    stages = {"Source": [github(name)], "Deploy": actions}
    aws("codepipeline").create_pipeline(pipeline=declare(name, role, bucket, stages))
    ended(aws, name)
    yield deployer
    aws("codepipeline").delete_pipeline(name=name)


def test_a_change_set_is_made_and_executed_and_the_outputs_travel_on(
    aws: Aws, deployer: Deployer
) -> None:
    assert latest(aws, deployer.name)["status"] == "Succeeded", deployer.action(
        "Create"
    )

    stack = aws("cloudformation").describe_stacks(StackName=deployer.name)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Tags"] == [{"Key": "Team", "Value": "delivery"}]
    details = aws("codepipeline").list_action_executions(pipelineName=deployer.name)
    output = details["actionExecutionDetails"][0]["output"]
    assert output["outputVariables"] == {"TopicName": deployer.name}
    place = output["outputArtifacts"][0]["s3location"]
    stored = aws("s3").get_object(Bucket=place["bucket"], Key=place["key"])
    with zipfile.ZipFile(io.BytesIO(stored["Body"].read())) as archive:
        assert json.loads(archive.read("outputs.json")) == {"TopicName": deployer.name}


def test_an_update_goes_through_the_same_pair_of_actions(
    aws: Aws, deployer: Deployer
) -> None:
    deployer.push(14)

    assert deployer.start() == "Succeeded"

    groups = aws("logs").describe_log_groups(logGroupNamePrefix=deployer.name)
    assert groups["logGroups"][0]["retentionInDays"] == 14
    assert "UPDATE_COMPLETE" in deployer.action("Execute")["summary"]


def test_an_empty_change_set_passes_unless_the_plane_is_told_otherwise(
    deployer: Deployer, control: Any
) -> None:
    assert deployer.start() == "Succeeded"
    assert "no changes" in deployer.action("Execute")["summary"]

    control("POST", "faults", {"kind": "assumption", "target": EMPTY_FAILS})
    try:
        assert deployer.start() == "Failed"
    finally:
        control("DELETE", "faults")
    assert (
        "didn't contain changes" in deployer.action("Create")["errorDetails"]["message"]
    )


def test_a_failed_update_fails_the_action_with_the_resource_that_failed(
    aws: Aws, deployer: Deployer
) -> None:
    absent = "arn:aws:sns:us-east-1:123456789012:absent"
    subscription = (
        "  Subscription:\n    Type: AWS::SNS::Subscription\n    Properties: "
        f"{{TopicArn: '{absent}', Protocol: email, Endpoint: a@example.org}}\n"
    )
    deployer.push(14, TEMPLATE.replace("Outputs:", f"{subscription}Outputs:"))

    assert deployer.start() == "Failed"

    message = deployer.action("Execute")["errorDetails"]["message"]
    state = f"stack {deployer.name} is UPDATE_ROLLBACK_COMPLETE. Subscription: "
    assert state in message


def test_a_template_that_is_not_in_the_artifact_fails_the_action(
    deployer: Deployer,
) -> None:
    (deployer.repository / "template.yaml").unlink()
    commit_files(deployer.repository, {}, "Lose the template")
    deployer.fetch()

    assert deployer.start() == "Failed"

    message = deployer.action("Create")["errorDetails"]["message"]
    assert message == "File [template.yaml] does not exist in artifact [SourceOutput]"
