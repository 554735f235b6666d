"""Each account of the plane is a world of its own, and hands over only by roles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from own_plane import call_control
from plane_pipelines import Aws, action, declare, ended, latest, until
from plane_roles import grant, keys_of, make_bucket, operator_of, role_trusting, taking
from plane_stacks import Stack, unique
from signed_api import SignedApi

pytestmark = pytest.mark.plane

HOME, OTHER = "123456789012", "210987654321"
REGION = "eu-west-1"
TAKEN = "arn:aws:iam::{}:role/{}"
APPLICATION = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: RUNS
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Auth: {DefaultAuthorizer: AWS_IAM, InvokeRole: NONE}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: who
      Runtime: python3.11
      Handler: index.handler
      Timeout: 20
      Role: !GetAtt Role.Arn
      AutoPublishAlias: live
      Events:
        Who:
          Type: Api
          Properties: {RestApiId: !Ref Api, Path: /who, Method: get}
      InlineCode: |
        import json
        import boto3
        def handler(event, context):
            who = boto3.client("sts").get_caller_identity()["Arn"]
            seen = {"who": who, "arn": context.invoked_function_arn}
            return {"statusCode": 200, "body": json.dumps(seen)}
Outputs:
  ApiUrl: {Value: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/v1"}
  Account: {Value: !Ref AWS::AccountId}
"""


@pytest.fixture(scope="module")
def operators(enforcing: str) -> dict[str, Aws]:
    """The operator of each account; the plane's own needs no number."""
    return {
        HOME: operator_of(enforcing, REGION),
        OTHER: operator_of(enforcing, REGION, OTHER),
    }


@pytest.fixture(scope="module")
def application(operators: dict[str, Aws]) -> dict[str, Stack]:
    """The same application in two accounts."""
    made = {}
    for account, aws in operators.items():
        made[account] = Stack(aws("cloudformation"), "who")
        status = made[account].deploy(
            APPLICATION,
            Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        assert status == "CREATE_COMPLETE", made[account].raw_events()
    return made


def refused(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value)


def test_stacks_and_roles_of_one_name_are_two_in_two_accounts(
    application: dict[str, Stack], operators: dict[str, Aws]
) -> None:
    for account, made in application.items():
        assert made.outputs()["Account"] == account
        assert f":{REGION}:{account}:stack/who/" in made.describe()["StackId"]
        role = operators[account]("iam").get_role(RoleName="RUNS")["Role"]
        assert role["Arn"] == f"arn:aws:iam::{account}:role/RUNS"
    away = application[OTHER].describe()["StackId"]
    home = operators[HOME]("cloudformation")
    assert "does not exist" in refused(home.describe_stacks, StackName=away)


def test_a_function_acts_by_a_role_of_its_own_account_behind_its_own_api(
    enforcing: str, application: dict[str, Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "rehearsal")
    for account, made in application.items():
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", account)
        answer = SignedApi(made.outputs()["ApiUrl"], REGION, enforcing).get("/who")
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "who": f"arn:aws:sts::{account}:assumed-role/RUNS/who",
            "arn": f"arn:aws:lambda:{REGION}:{account}:function:who:live",
        }


def test_an_api_refuses_a_caller_of_another_account(
    enforcing: str, application: dict[str, Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "rehearsal")
    url = application[OTHER].outputs()["ApiUrl"]
    answer = SignedApi(url, REGION, enforcing).get("/who")
    assert (answer.status_code, "no resource-based policy" in answer.text) == (
        403,
        True,
    )


def test_a_functions_arn_of_another_place_names_none_of_this(
    enforcing: str, application: dict[str, Stack], operators: dict[str, Aws]
) -> None:
    arn = f"arn:aws:lambda:{REGION}:{HOME}:function:who"
    assert operators[HOME]("lambda").get_function(FunctionName=arn)
    read = operators[OTHER]("lambda").get_function
    assert f"Function not found: {arn}" in refused(read, FunctionName=arn)
    elsewhere = operator_of(enforcing, "us-east-1")("lambda").invoke
    assert (
        "(ResourceNotFoundException) when calling the Invoke operation: Functions from "
        "'eu-west-1' are not reachable in this region ('us-east-1')"
    ) in refused(elsewhere, FunctionName=arn)


def test_topics_and_buckets_are_an_accounts_and_a_buckets_name_is_everybodys(
    operators: dict[str, Aws],
) -> None:
    home, other = operators[HOME], operators[OTHER]
    name = unique("of-the-other")
    topic = other("sns").create_topic(Name=name)["TopicArn"]
    assert topic == f"arn:aws:sns:{REGION}:{OTHER}:{name}"
    assert home("sns").list_topics()["Topics"] == []
    make_bucket(other, name, REGION)
    assert name not in [each["Name"] for each in home("s3").list_buckets()["Buckets"]]
    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        make_bucket(home, name, REGION)


def test_a_control_page_tells_of_the_account_that_it_is_asked_for(
    enforcing: str, application: dict[str, Stack]
) -> None:
    where = f"traffic?account={OTHER}&region={REGION}"
    assert "who" in json.dumps(call_control(enforcing, "GET", where))
    assert call_control(enforcing, "GET", "traffic") == {"calls": {}}


def test_a_role_of_another_account_is_assumed_where_both_accounts_allow_it(
    operators: dict[str, Aws],
) -> None:
    home, other = operators[HOME], operators[OTHER]
    name = unique("crosses")
    caller = role_trusting(home, name, {"Service": "codebuild.amazonaws.com"})
    named = role_trusting(other, f"{name}-named", {"AWS": caller})
    strange = role_trusting(other, f"{name}-strange", {"AWS": OTHER})
    sts = home("sts", **session_of(home, caller))
    # Named by its trust, but across accounts that is not enough.
    assert "sts:AssumeRole" in refused(sts.assume_role, **taking(named))
    grant(home, name, ("sts:AssumeRole", "*"))
    assert "sts:AssumeRole" in refused(sts.assume_role, **taking(strange))
    taken = sts.assume_role(**taking(named))["AssumedRoleUser"]["Arn"]
    assert taken == f"arn:aws:sts::{OTHER}:assumed-role/{name}-named/test"


def test_a_release_is_handed_to_a_pipeline_of_another_account(
    operators: dict[str, Aws],
) -> None:
    home, other = operators[HOME], operators[OTHER]
    name = unique("handed")
    source, artifacts, key = f"{name}-source", f"{name}-artifacts", "release.zip"
    make_bucket(other, source, REGION, versioned=True)
    make_bucket(other, artifacts, REGION)
    mover = role_trusting(
        other,
        f"{name}-mover",
        {"Service": "codepipeline.amazonaws.com"},
        (["s3:GetObject", "s3:GetObjectVersion"], f"arn:aws:s3:::{source}/*"),
        ("s3:GetBucketVersioning", f"arn:aws:s3:::{source}"),
        ("s3:PutObject", f"arn:aws:s3:::{artifacts}/*"),
        when={"StringEquals": {"aws:SourceAccount": OTHER}},
    )
    release = action(
        "Release",
        "Source/AWS/S3",
        {"S3Bucket": source, "S3ObjectKey": key, "PollForSourceChanges": "false"},
        outputArtifacts=[{"name": "SourceOutput"}],
    )
    stages = {"Source": [release], "Wait": [action("Look", "Approval/AWS/Manual", {})]}
    other("codepipeline").create_pipeline(
        pipeline=declare(name, mover, artifacts, stages)
    )
    assert ended(other, name) == "Failed"  # nothing was handed over yet
    giver = role_trusting(
        home,
        f"{name}-giver",
        {"Service": "codebuild.amazonaws.com"},
        ("sts:AssumeRole", TAKEN.format(OTHER, f"{name}-taker")),
    )
    pipeline = f"arn:aws:codepipeline:{REGION}:{OTHER}:{name}"
    taker = role_trusting(
        other,
        f"{name}-taker",
        {"AWS": giver},
        ("s3:PutObject", f"arn:aws:s3:::{source}/{key}"),
        ("codepipeline:StartPipelineExecution", pipeline),
    )

    sts = home("sts", **session_of(home, giver))
    keys = keys_of(sts.assume_role(**taking(taker)))
    put = home("s3", **keys).put_object(Bucket=source, Key=key, Body=b"a release")
    revision = {
        "actionName": "Release",
        "revisionType": "S3_OBJECT_VERSION_ID",
        "revisionValue": put["VersionId"],
    }
    started = home("codepipeline", **keys).start_pipeline_execution(
        name=name, sourceRevisions=[revision]
    )

    revisions = until(lambda: latest(other, name).get("sourceRevisions"))
    assert revisions[0]["revisionId"] == put["VersionId"]
    newest = latest(other, name)
    assert newest["pipelineExecutionId"] == started["pipelineExecutionId"]
    detail = newest["trigger"]["triggerDetail"]
    assert detail == f"arn:aws:sts::{OTHER}:assumed-role/{name}-taker/test"
    assert "PipelineNotFound" in refused(
        home("codepipeline").get_pipeline_state, name=name
    )


def session_of(aws: Aws, arn: str) -> dict[str, str]:
    """Give the keys of a session of a role, made by its operator."""
    return keys_of(aws("sts").assume_role(**taking(arn)))
