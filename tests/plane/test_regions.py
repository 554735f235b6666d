"""Each region of the plane holds a whole delivery of its own."""

from __future__ import annotations

import functools
import json
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from own_plane import call_control
from plane_pipelines import (
    Aws,
    action,
    action_state,
    declare,
    ended,
    github,
    latest,
    make_project,
    make_repository,
    make_role,
    until,
)
from plane_roles import grant, make_bucket, operator_of, role_trusting
from plane_stacks import Stack, unique
from signed_api import SignedApi

pytestmark = pytest.mark.plane

HOME, AWAY = "us-east-1", "eu-west-1"
ACCOUNT = "123456789012"
APPLICATION = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Name: {Type: String}
  Revision: {Type: String}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: [lambda.amazonaws.com, codedeploy.amazonaws.com]}
            Action: sts:AssumeRole
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Ref Name}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Auth: {DefaultAuthorizer: AWS_IAM, InvokeRole: NONE}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Ref Name
      Runtime: python3.11
      Handler: index.handler
      Timeout: 20
      Role: !GetAtt Role.Arn
      Environment: {Variables: {TOPIC: !Ref Topic}}
      AutoPublishAlias: live
      AutoPublishCodeSha256: !Ref Revision
      DeploymentPreference: {Type: AllAtOnce, Role: !GetAtt Role.Arn}
      Events:
        Where:
          Type: Api
          Properties: {RestApiId: !Ref Api, Path: /where, Method: get}
      InlineCode: |
        import json, os
        import boto3
        def handler(event, context):
            topics = boto3.client("sns").list_topics()["Topics"]
            seen = {
                "variable": os.environ["AWS_REGION"],
                "arn": context.invoked_function_arn,
                "topic": {"TopicArn": os.environ["TOPIC"]} in topics,
                "version": context.function_version,
            }
            return {"statusCode": 200, "body": json.dumps(seen)}
Outputs:
  ApiUrl: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/v1"}
  FunctionArn: {Value: !GetAtt Function.Arn}
"""
NAMED_ROLE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: NAME
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
"""
TOPIC = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: NAME}}}"


def at(aws: Aws, region: str) -> Aws:
    """Give ``aws`` for one region."""
    return functools.partial(aws, region_name=region)


def stack(aws: Aws, region: str, name: str) -> Stack:
    return Stack(at(aws, region)("cloudformation"), name)


def release(aws: Aws, region: str, name: str, revision: str) -> Stack:
    """Deploy the application to one region."""
    made = stack(aws, region, name)
    status = made.deploy(
        APPLICATION,
        parameters={"Name": name, "Revision": revision * 64},
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    assert status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), made.raw_events()
    return made


@pytest.fixture(scope="module")
def application(aws: Aws) -> dict[str, Stack]:
    """The same application in two regions."""
    name = unique("application")
    return {each: release(aws, each, name, "a") for each in (HOME, AWAY)}


def version(aws: Aws, region: str, name: str) -> str:
    alias = at(aws, region)("lambda").get_alias(FunctionName=name, Name="live")
    return str(alias["FunctionVersion"])


def test_a_stack_of_one_region_is_not_known_in_another(aws: Aws) -> None:
    name = unique("alone")
    assert stack(aws, AWAY, name).deploy(TOPIC.replace("NAME", name)).startswith("CREA")

    topic = stack(aws, AWAY, name).physical_id("Topic")
    assert topic == f"arn:aws:sns:{AWAY}:{ACCOUNT}:{name}"
    assert f":{AWAY}:" in stack(aws, AWAY, name).describe()["StackId"]
    with pytest.raises(ClientError, match="does not exist"):
        stack(aws, HOME, name).describe()


def test_two_regions_have_functions_of_one_name_with_aliases_of_their_own(
    aws: Aws, application: dict[str, Stack]
) -> None:
    for region, made in application.items():
        arn = made.outputs()["FunctionArn"]
        assert arn == f"arn:aws:lambda:{region}:{ACCOUNT}:function:{made.name}"
        found = at(aws, region)("lambda").get_alias(FunctionName=arn, Name="live")
        assert found["AliasArn"] == f"{arn}:live"


def test_a_functions_code_sees_its_own_region_behind_its_own_host(
    aws: Aws,
    plane: str,
    application: dict[str, Stack],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "rehearsal")
    for region, made in application.items():
        url = made.outputs()["ApiUrl"]
        answer = SignedApi(url, region, plane).get("/where")
        assert answer.status_code == 200, answer.text
        seen = answer.json()
        assert (seen["variable"], seen["topic"]) == (region, True)
        assert seen["arn"].startswith(f"arn:aws:lambda:{region}:")


def test_an_api_is_not_there_under_the_host_of_another_region(
    plane: str, application: dict[str, Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "rehearsal")
    url = application[AWAY].outputs()["ApiUrl"]
    for elsewhere, status in ((HOME, 403), ("eu-nowhere-1", 404)):
        api = SignedApi(url.replace(AWAY, elsewhere), elsewhere, plane)
        assert api.get("/where").status_code == status
    answer = SignedApi(url, HOME, plane).get("/where")
    assert (answer.status_code, answer.json()["message"]) == (
        403,
        "Credential should be scoped to a valid region, not 'us-east-1'.",
    )


def test_a_deployment_in_one_region_leaves_the_others_alias_alone(
    aws: Aws, application: dict[str, Stack]
) -> None:
    name = application[AWAY].name
    before = version(aws, HOME, name)
    release(aws, AWAY, name, "b")

    assert int(version(aws, AWAY, name)) == int(before) + 1
    assert version(aws, HOME, name) == before
    config = {"includeOnlyStatuses": ["Succeeded"]}
    there = at(aws, AWAY)("codedeploy").list_deployments(**config)["deployments"]
    assert there
    assert not set(there) & set(aws("codedeploy").list_deployments()["deployments"])


def test_a_roles_name_is_one_for_all_regions(aws: Aws) -> None:
    name = unique("named-role")
    template = NAMED_ROLE.replace("NAME", name)
    assert stack(aws, HOME, f"{name}-home").deploy(template) == "CREATE_COMPLETE"
    made = stack(aws, AWAY, f"{name}-away").change(template)
    assert made["Status"] == "FAILED"
    assert "ResourceExistenceCheck" in made["StatusReason"]


def test_a_bucket_is_where_it_was_made_and_is_reached_from_everywhere(aws: Aws) -> None:
    name = unique("bucket-of-a-region")
    template = (
        "Resources: {Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: %s}}}"
    )
    assert stack(aws, AWAY, name).deploy(template % name) == "CREATE_COMPLETE"

    where = aws("s3").get_bucket_location(Bucket=name)["LocationConstraint"]
    assert where == AWAY
    aws("s3").put_object(Bucket=name, Key="key", Body=b"from home")
    read = at(aws, AWAY)("s3").get_object(Bucket=name, Key="key")["Body"].read()
    assert read == b"from home"


def test_a_region_that_aws_does_not_have_answers_nobody(aws: Aws, plane: str) -> None:
    with pytest.raises(ClientError) as refused:
        at(aws, "eu-nowhere-1")("codepipeline").list_pipelines()
    assert (
        "should be scoped to a valid region, not 'eu-nowhere-1'" in f"{refused.value}"
    )
    with pytest.raises(urllib.error.HTTPError) as page:
        call_control(plane, "GET", "limits?region=eu-nowhere-1")
    assert json.load(page.value) == {
        "error": "no region eu-nowhere-1 of an account 123456789012"
    }


def test_limits_and_traffic_are_of_a_region_and_faults_and_clock_of_all(
    plane: str, control: Callable[..., Any]
) -> None:
    assert control("GET", "limits")["lambda"] is None  # as this plane was started
    assert control("GET", f"limits?region={AWAY}")["lambda"]["rate"] == 15
    assert "calls" in control("GET", f"traffic?region={AWAY}")
    try:
        control("POST", f"faults?region={AWAY}", {"kind": "hook", "target": "nobody"})
        assert [each["target"] for each in control("GET", "faults")["faults"]] == [
            "nobody"
        ]
    finally:
        control("DELETE", "faults")
    first = control("GET", "clock")
    then = control("GET", f"clock?region={AWAY}")
    assert first["time"] <= then["time"] and first["speed"] == then["speed"]


def test_an_alarm_of_another_region_fires_by_its_own_metrics_and_tells_its_own_topic(
    aws: Aws, control: Callable[..., Any]
) -> None:
    name, away = unique("alarm"), at(aws, AWAY)
    topic = away("sns").create_topic(Name=name)["TopicArn"]
    queue = away("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{AWAY}:{ACCOUNT}:{name}"
    away("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    for place in (aws, away):
        place("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="Synthetic",
            MetricName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[topic],
        )
    control("POST", "clock", {"advance": 60})
    datum = {"MetricName": name, "Value": 5.0}
    away("cloudwatch").put_metric_data(Namespace="Synthetic", MetricData=[datum])
    control("POST", "clock", {"advance": 60})

    received = until(
        lambda: away("sqs").receive_message(QueueUrl=queue).get("Messages")
    )
    told = json.loads(json.loads(received[0]["Body"])["Message"])
    assert (told["NewStateValue"], told["Region"]) == ("ALARM", AWAY)
    assert told["AlarmArn"].startswith(f"arn:aws:cloudwatch:{AWAY}:")
    home = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert home["StateValue"] != "ALARM"


def test_a_push_starts_the_pipelines_of_all_regions(
    aws: Aws, control: Callable[..., Any], tmp_path: Path
) -> None:
    name, role = unique("pushed"), make_role(aws)
    make_repository(tmp_path, {"README": "r"})
    source = github(branch=name)
    source["configuration"]["PollForSourceChanges"] = "true"
    for region in (HOME, AWAY):
        place = at(aws, region)
        make_bucket(place, f"{name}-{region}", region)
        approval = action("Look", "Approval/AWS/Manual", {})
        stages = {"Source": [source], "Approve": [approval]}
        declared = declare(name, role, f"{name}-{region}", stages)
        place("codepipeline").create_pipeline(pipeline=declared)
        assert ended(place, name) == "Failed"  # nothing is there yet
    where = {"repository": str(tmp_path), "branch": name, "commit_id": "main"}

    started = control("POST", "source", where)["started"]

    newest = [latest(at(aws, each), name) for each in (HOME, AWAY)]
    assert [each["pipelineExecutionId"] for each in newest] == started


def test_an_action_in_another_region_than_its_pipelines_is_not_rehearsed(
    aws: Aws, control: Callable[..., Any]
) -> None:
    name = unique("crossing")
    make_bucket(aws, name, HOME)
    source = {**github(), "region": AWAY}
    stages = {
        "Source": [source],
        "Approve": [action("Look", "Approval/AWS/Manual", {})],
    }
    declared = declare(name, make_role(aws), name, stages)
    aws("codepipeline").create_pipeline(pipeline=declared)

    assert ended(aws, name) == "Failed"
    told = action_state(aws, name, "Source")["errorDetails"]["message"]
    assert told == f"Actions in another region, {AWAY}, are not rehearsed"
    listed = control("GET", "summary")["not_rehearsed"]
    assert {
        "resource": "GitHub",
        "type": AWAY,
        "reason": "an action in another region",
    } in (listed)


SPEC = """\
version: 0.2
phases:
  build:
    commands:
      - test "$AWS_REGION" = eu-west-1
      - aws sts get-caller-identity
      - cat README
"""


def test_a_pipeline_of_another_region_builds_there_and_its_roles_are_enforced(
    enforcing: str, tmp_path: Path
) -> None:
    aws = operator_of(enforcing, AWAY)
    make_repository(tmp_path, {"README": "r", "buildspec.yml": SPEC})
    branch = {"repository": str(tmp_path), "branch": "main"}
    call_control(enforcing, "POST", "source", branch)
    make_bucket(aws, "away-artifacts", AWAY)
    objects = ("s3:*", "arn:aws:s3:::away-artifacts/*")
    builder = role_trusting(
        aws,
        "away-builder",
        {"Service": "codebuild.amazonaws.com"},
        objects,
        ("logs:*", f"arn:aws:logs:{AWAY}:*:*"),
    )
    project = make_project(aws, "Away", builder)

    def starts(region: str) -> tuple[Any, ...]:
        named = f"arn:aws:codebuild:{region}:{ACCOUNT}:project/{project}"
        return (objects, ("codebuild:*", named))

    source = f"arn:aws:codepipeline:{AWAY}:{ACCOUNT}:away"
    mover = role_trusting(
        aws,
        "away-mover",
        {"Service": "codepipeline.amazonaws.com"},
        *starts(HOME),
        when={"ArnEquals": {"aws:SourceArn": source}},
    )
    build = action(
        "Build",
        "Build/AWS/CodeBuild",
        {"ProjectName": project},
        inputArtifacts=[{"name": "SourceOutput"}],
    )
    stages = {"Source": [github()], "Build": [build]}
    declared = declare("away", mover, "away-artifacts", stages)
    aws("codepipeline").create_pipeline(pipeline=declared)

    assert ended(aws, "away") == "Failed"
    error = action_state(aws, "away", "Build")["errorDetails"]
    assert f"codebuild:StartBuild on resource: arn:aws:codebuild:{AWAY}" in (
        error["message"]
    )
    grant(aws, "away-mover", *starts(AWAY))
    aws("codepipeline").start_pipeline_execution(name="away")
    assert ended(aws, "away", 120) == "Succeeded"
    done = action_state(aws, "away", "Build")
    assert f"region={AWAY}" in done["externalExecutionUrl"]
    groups = aws("logs").describe_log_groups()["logGroups"]
    assert [each["logGroupName"] for each in groups] == ["/aws/codebuild/Away"]
    assert operator_of(enforcing)("logs").describe_log_groups()["logGroups"] == []
