"""What really arrives at the topic when a deployment fails or is stopped.

The rules are those of templates/pipeline.yaml, on a pipeline of one deployment; a queue
subscribes to the topic, as an address does.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from plane_metrics import measured
from plane_pipelines import (
    Aws,
    action,
    declare,
    ended,
    git,
    github,
    make_repository,
    make_role,
    until,
)

from awsrules.templates import load_template

pytestmark = pytest.mark.plane

ROOT = Path(__file__).resolve().parents[2]
RULES = ("PipelineStopRule", "ProductionStageFailureRule", "DeployFailureRule")
# CloudFormation's answer quotes the name that is taken: a notice has to survive that.
TEMPLATE = """\
Resources:
  Subscription:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: arn:aws:sns:us-east-1:123456789012:absent
      Protocol: email
      Endpoint: a@example.org
"""


@dataclass
class Listener:
    """A pipeline with an approval and a deployment that fails, and what its topic tells."""

    aws: Aws
    pipeline: str
    queue: str
    heard: list[str] = field(default_factory=list)

    def hears(self, *parts: str) -> str:
        """Wait for a notice with all of ``parts``."""

        def find() -> str | None:
            received = self.aws("sqs").receive_message(
                QueueUrl=self.queue, MaxNumberOfMessages=10
            )
            bodies = [json.loads(each["Body"]) for each in received.get("Messages", [])]
            self.heard.extend(str(each["Message"]) for each in bodies)
            matching = (
                text for text in self.heard if all(part in text for part in parts)
            )
            return next(matching, None)

        return str(until(find))


@pytest.fixture(scope="module")
def listener(
    aws: Aws, control: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Listener]:
    name = f"notices-{uuid.uuid4().hex[:6]}"
    repository = make_repository(
        tmp_path_factory.mktemp("repository"), {"template.yaml": TEMPLATE}
    )
    git(repository, "branch", "-m", "main", name)
    control("POST", "source", {"repository": str(repository), "branch": name})
    role = make_role(aws)
    aws("s3").create_bucket(Bucket=name)
    deploy = action(
        "Deploy",
        "Deploy/AWS/CloudFormation",
        {
            "ActionMode": "CREATE_UPDATE",
            "StackName": name,
            "RoleArn": role,
            "TemplatePath": "SourceOutput::template.yaml",
        },
        inputArtifacts=[{"name": "SourceOutput"}],
    )
    approve = action("Approve", "Approval/AWS/Manual", {})
    stages = {"Source": [github(name)], "Ask": [approve], "Deploy": [deploy]}
    made = Listener(aws, name, _listen(aws, name))
    aws("codepipeline").create_pipeline(pipeline=declare(name, role, name, stages))
    yield made
    aws("codepipeline").delete_pipeline(name=name)


def _listen(aws: Aws, name: str) -> str:
    topic = aws("sns").create_topic(Name=name)["TopicArn"]
    queue = str(aws("sqs").create_queue(QueueName=name)["QueueUrl"])
    endpoint = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)
    template = ROOT / "templates" / "pipeline.yaml"
    resources = load_template(template.read_text(), name="pipeline")["Resources"]
    for logical_id in RULES:
        properties = resources[logical_id]["Properties"]
        pattern = json.loads(json.dumps(properties["EventPattern"]))
        pattern["detail"]["pipeline"] = [name]
        if "stage" in pattern["detail"]:
            pattern["detail"]["stage"] = ["Deploy"]
        rule = f"{logical_id}-{name}"
        aws("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
        targets = [{**each, "Arn": topic} for each in properties["Targets"]]
        aws("events").put_targets(Rule=rule, Targets=targets)
    return queue


def _waiting(listener: Listener) -> str:
    """Return the token of the approval that waits."""

    def token() -> str | None:
        state = listener.aws("codepipeline").get_pipeline_state(name=listener.pipeline)
        (found,) = state["stageStates"][1]["actionStates"]
        return found.get("latestExecution", {}).get("token")

    return str(until(token))


def test_a_failed_deployment_is_told_with_its_reason_and_the_next_command(
    listener: Listener,
) -> None:
    listener.aws("codepipeline").put_approval_result(
        pipelineName=listener.pipeline,
        stageName="Ask",
        actionName="Approve",
        result={"summary": "go", "status": "Approved"},
        token=_waiting(listener),
    )
    assert ended(listener.aws, listener.pipeline) == "Failed"
    notice = listener.hears("Deploy failed at Deploy: Deployment failed: stack")
    assert f"stack {listener.pipeline} is ROLLBACK_COMPLETE. Subscription: " in notice
    assert "./deploy_pipeline.py diagnose " in notice
    ends = listener.hears(" failed at Deploy at ")
    assert ends.startswith(f"{listener.pipeline}: execution ")
    rule = f"ProductionStageFailureRule-{listener.pipeline}"
    assert measured(listener.aws, "AWS/Events", "MatchedEvents", RuleName=rule) == 1
    failed = ("AWS/CodePipeline", "FailedPipelineExecutions")
    until(lambda: measured(listener.aws, *failed, PipelineName=listener.pipeline) == 1)
    assert not any("<" in each for each in listener.heard)


def test_a_stopped_execution_is_told(listener: Listener) -> None:
    api = listener.aws("codepipeline")
    execution = api.start_pipeline_execution(name=listener.pipeline)
    _waiting(listener)
    api.stop_pipeline_execution(
        pipelineName=listener.pipeline,
        pipelineExecutionId=execution["pipelineExecutionId"],
        abandon=True,
    )
    notice = listener.hears("ended STOPPED at", execution["pipelineExecutionId"])
    assert f"./deploy_pipeline.py diagnose {execution['pipelineExecutionId']}" in notice


def test_a_queue_that_is_gone_fails_nobody_who_publishes(aws: Aws) -> None:
    topic = aws("sns").create_topic(Name=f"t-{uuid.uuid4().hex[:8]}")["TopicArn"]
    urls = [
        aws("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        for _ in range(2)
    ]
    for url in urls:
        arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        aws("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
        )
    aws("sqs").delete_queue(QueueUrl=urls[0])
    assert aws("sns").publish(TopicArn=topic, Message="a notice")["MessageId"]
    (heard,) = aws("sqs").receive_message(QueueUrl=urls[1])["Messages"]
    assert json.loads(heard["Body"])["Message"] == "a notice"
