"""Aliases that a stack moves by CodeDeploy, there and back."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from assumed import assuming, under_each_assumption
from plane_stacks import Stack, unique

from delivery.model import as_deployed, with_own_digits
from rehearsal.assumptions import (
    ROLLBACK_BY_DEPLOYMENT,
    ROLLBACK_PAST_ALARMS,
    SHIFT_LEFT_RUNNING,
    Setting,
)

pytestmark = pytest.mark.plane

APPLICATION = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Revision: {Type: String}
  Shift: {Type: String, Default: "true"}
  ShiftAlarms: {Type: String, Default: watched}
  AlarmName: {Type: String}
Conditions:
  StopsOnAlarm: !Equals [!Ref ShiftAlarms, watched]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: !Ref AlarmName
      Namespace: Synthetic
      MetricName: Bad
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Role: !GetAtt Role.Arn
      InlineCode: "def handler(event, context): return 1"
      AutoPublishAlias: live
      AutoPublishCodeSha256: !Ref Revision
      DeploymentPreference:
        Enabled: !Ref Shift
        Type: Linear10PercentEvery1Minute
        Alarms: !If [StopsOnAlarm, [!Ref Alarm], [!Ref AWS::NoValue]]
"""


class Application(Stack):
    """A stack with one function whose alias is shifted."""

    alarm: str = ""

    def release(
        self, revision: str, template: str = APPLICATION, **request: Any
    ) -> str:
        return self.deploy(template, **self.request(revision, **request))

    def request(self, revision: str, **parameters: str) -> dict[str, Any]:
        digest = hashlib.sha256(revision.encode()).hexdigest()
        return {
            "parameters": {"Revision": digest, "AlarmName": self.alarm, **parameters},
            "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        }


@pytest.fixture
def application(
    aws: Callable[..., Any], control: Callable[..., Any]
) -> Iterator[Application]:
    stack = Application(aws("cloudformation"), unique("shifted"))
    stack.alarm = unique("alarm")
    assert stack.release("one") == "CREATE_COMPLETE"
    yield stack
    control("DELETE", "faults")


@pytest.fixture
def alias(aws: Callable[..., Any], application: Application) -> Callable[[], Any]:
    function = application.physical_id("Function")
    return lambda: aws("lambda").get_alias(FunctionName=function, Name="live")


@pytest.fixture
def deployments(
    aws: Callable[..., Any], application: Application
) -> Callable[[], list[dict[str, Any]]]:
    """List the stack's deployments, the newest first."""
    api, stack_id = aws("codedeploy"), application.describe()["StackId"]

    def find() -> list[dict[str, Any]]:
        ids = api.list_deployments(externalId=stack_id)["deployments"]
        return [api.get_deployment(deploymentId=one)["deploymentInfo"] for one in ids]

    return find


def fire(aws: Callable[..., Any], alarm: str, state: str = "ALARM") -> None:
    aws("cloudwatch").set_alarm_state(
        AlarmName=alarm, StateValue=state, StateReason="a test says so"
    )


def settled_while_firing(application: Application, aws: Callable[..., Any]) -> str:
    """Set the alarm again and again: it is evaluated meanwhile, and has no data to fire by."""
    while application.describe()["StackStatus"].endswith("_IN_PROGRESS"):
        fire(aws, application.alarm)
        time.sleep(0.1)
    return application.settled()


def test_the_first_version_is_not_shifted_and_the_second_is(
    application: Application, alias: Callable[[], Any], deployments: Callable[[], Any]
) -> None:
    assert alias()["FunctionVersion"] == "1" and not deployments()

    assert application.release("two") == "UPDATE_COMPLETE"

    assert alias()["FunctionVersion"] == "2"
    assert "RoutingConfig" not in alias()
    (deployment,) = deployments()
    assert (deployment["status"], deployment["creator"]) == (
        "Succeeded",
        "CloudFormation",
    )


def test_the_same_release_again_is_no_update_in_the_words_for_transforms(
    application: Application,
) -> None:
    change_set = application.change(APPLICATION, **application.request("one"))
    assert change_set["StatusReason"] == "No updates are to be performed."


def test_an_alarm_takes_the_release_back_and_the_same_content_is_released_again(
    application: Application, alias: Callable[[], Any], aws: Callable[..., Any]
) -> None:
    fire(aws, application.alarm)

    assert application.release("two") == "UPDATE_ROLLBACK_COMPLETE"

    assert "(Error code: ALARM_ACTIVE)" in application.reason(
        "FunctionAliaslive", "UPDATE_FAILED"
    )
    assert alias()["FunctionVersion"] == "1"
    function = application.physical_id("Function")
    versions = aws("lambda").list_versions_by_function(FunctionName=function)[
        "Versions"
    ]
    assert {each["Version"] for each in versions} == {"$LATEST", "1", "2"}
    # What was published last is the failed release: there is nothing new to publish.
    fire(aws, application.alarm, "OK")
    assert application.release("two") == "UPDATE_ROLLBACK_COMPLETE"
    version = next(
        logical_id
        for logical_id, status in reversed(application.events())
        if logical_id.startswith("FunctionVersion") and status == "CREATE_FAILED"
    )
    assert "A version for this Lambda function exists ( 2 )" in application.reason(
        version, "CREATE_FAILED"
    )
    # The same content with digits of this deployment's own is published and shifted.
    digest = hashlib.sha256(b"two").hexdigest()
    again = with_own_digits(digest, "another deployment")
    assert application.release("two", Revision=again) == "UPDATE_COMPLETE"
    assert alias()["FunctionVersion"] == "3"
    # What is deployed keeps its revision, and publishes nothing.
    kept = as_deployed({"Revision": digest}, {"Revision": again})
    change_set = application.change(APPLICATION, **application.request("two", **kept))
    assert change_set["StatusReason"] == "No updates are to be performed."


def test_one_release_is_let_past_an_alarm_that_fires_and_the_next_is_not(
    application: Application, alias: Callable[[], Any], aws: Callable[..., Any]
) -> None:
    fire(aws, application.alarm)

    assert application.release("fix", ShiftAlarms="ignored") == "UPDATE_COMPLETE"

    assert alias()["FunctionVersion"] == "2"
    fire(aws, application.alarm)
    assert application.release("next") == "UPDATE_ROLLBACK_COMPLETE"
    assert "(Error code: ALARM_ACTIVE)" in application.reason(
        "FunctionAliaslive", "UPDATE_FAILED"
    )
    assert alias()["FunctionVersion"] == "2"


def test_a_moved_alias_makes_the_next_shift_fail(
    application: Application, aws: Callable[..., Any]
) -> None:
    application.release("two")
    function = application.physical_id("Function")
    aws("lambda").update_alias(FunctionName=function, Name="live", FunctionVersion="1")

    assert application.release("three") == "UPDATE_ROLLBACK_COMPLETE"

    assert "does not match the current version in AppSpec file" in application.reason(
        "FunctionAliaslive", "UPDATE_FAILED"
    )


def test_without_shifting_the_alias_moves_at_once_wherever_it_was(
    application: Application,
    alias: Callable[[], Any],
    aws: Callable[..., Any],
    deployments: Callable[[], Any],
) -> None:
    application.release("two")
    function = application.physical_id("Function")
    aws("lambda").update_alias(FunctionName=function, Name="live", FunctionVersion="1")

    assert application.release("three", Shift="false") == "UPDATE_COMPLETE"

    assert alias()["FunctionVersion"] == "3"


def test_traffic_moved_by_hand_is_reconciled_past_a_firing_alarm_and_shifts_again(
    application: Application,
    alias: Callable[[], Any],
    aws: Callable[..., Any],
    control: Callable[..., Any],
) -> None:
    application.release("two")
    hold = {"name": application.alarm}
    control("POST", "faults", {"kind": "alarm", "target": "*", "settings": hold})
    function = application.physical_id("Function")
    aws("lambda").update_alias(
        FunctionName=function,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {}},
        RevisionId=alias()["RevisionId"],
    )
    # The old release again, without a shift: the same code under a new number.
    assert application.release("one", Shift="false") == "UPDATE_COMPLETE"

    moved = alias()
    assert moved["FunctionVersion"] == "3" and "RoutingConfig" not in moved
    (alarm,) = aws("cloudwatch").describe_alarms(AlarmNames=[application.alarm])[
        "MetricAlarms"
    ]
    assert alarm["StateValue"] == "ALARM"
    control("DELETE", "faults")
    fire(aws, application.alarm, "OK")
    assert application.release("three") == "UPDATE_COMPLETE"
    assert alias()["FunctionVersion"] == "4"


def test_cancelling_stops_the_shift_and_returns_the_traffic(
    application: Application,
    alias: Callable[[], Any],
    control: Callable[..., Any],
    deployments: Callable[[], Any],
) -> None:
    control("POST", "clock", {"speed": 20})
    try:
        application.execute(
            application.change(APPLICATION, **application.request("two"))
        )
        application.reaches("FunctionAliaslive", "UPDATE_IN_PROGRESS")
        application.api.cancel_update_stack(StackName=application.name)
        assert application.settled() == "UPDATE_ROLLBACK_COMPLETE"
    finally:
        control("POST", "clock", {"speed": 600})

    assert application.reason("FunctionAliaslive", "UPDATE_FAILED") == (
        "Resource update cancelled"
    )
    assert alias()["FunctionVersion"] == "1" and "RoutingConfig" not in alias()
    # The newest is CodeDeploy's own way back.
    assert [each["status"] for each in deployments()] == ["Succeeded", "Stopped"]


LATER = """
  Later:
    Type: AWS::SNS::Topic
    DependsOn: FunctionAliaslive
"""


def test_a_later_failure_moves_the_alias_back_at_once(
    application: Application,
    alias: Callable[[], Any],
    control: Callable[..., Any],
    deployments: Callable[[], Any],
) -> None:
    break_later(application, control)

    assert application.release("two", APPLICATION + LATER) == "UPDATE_ROLLBACK_COMPLETE"

    assert alias()["FunctionVersion"] == "1"
    assert len(deployments()) == 1


def test_or_by_a_deployment_that_an_alarm_blocks_if_that_is_what_aws_does(
    application: Application,
    alias: Callable[[], Any],
    aws: Callable[..., Any],
    control: Callable[..., Any],
    deployments: Callable[[], Any],
) -> None:
    break_later(application, control, seconds=3)
    assume(control, ROLLBACK_BY_DEPLOYMENT)
    at_once = APPLICATION.replace("Linear10PercentEvery1Minute", "AllAtOnce")
    release = application.change(at_once + LATER, **application.request("two"))
    # At real speed there is time to set the alarm before the rollback looks at it.
    control("POST", "clock", {"speed": 1})
    try:
        application.execute(release)
        application.reaches("FunctionAliaslive", "UPDATE_COMPLETE")
        assert settled_while_firing(application, aws) == "UPDATE_ROLLBACK_FAILED"
    finally:
        control("POST", "clock", {"speed": 600})

    assert alias()["FunctionVersion"] == "2"
    assert deployments()[0]["creator"] == "CloudFormationRollback"
    fire(aws, application.alarm, "OK")
    application.api.continue_update_rollback(StackName=application.name)
    assert application.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert alias()["FunctionVersion"] == "1"


def break_later(
    application: Application, control: Callable[..., Any], **settings: Any
) -> None:
    fault = {
        "kind": "resource",
        "target": f"{application.name}/Later",
        "settings": {"reason": "no", **settings},
    }
    control("POST", "faults", fault)


def test_or_a_cancelled_update_meets_its_own_deployment_if_that_is_what_aws_does(
    application: Application,
    alias: Callable[[], Any],
    aws: Callable[..., Any],
    control: Callable[..., Any],
    deployments: Callable[[], Any],
) -> None:
    assume(control, SHIFT_LEFT_RUNNING)
    control("POST", "clock", {"speed": 20})
    try:
        application.execute(
            application.change(APPLICATION, **application.request("two"))
        )
        application.reaches("FunctionAliaslive", "UPDATE_IN_PROGRESS")
        application.api.cancel_update_stack(StackName=application.name)
        assert application.settled() == "UPDATE_ROLLBACK_FAILED"
        assert application.reason("FunctionAliaslive", "UPDATE_FAILED") == (
            "A conflicting deployment is in progress"
        )
        stop = {"deploymentId": deployments()[0]["deploymentId"]}
        aws("codedeploy").stop_deployment(**stop, autoRollbackEnabled=True)
        while deployments()[-1]["status"] != "Stopped":
            time.sleep(0.05)
    finally:
        control("POST", "clock", {"speed": 600})

    application.api.continue_update_rollback(StackName=application.name)
    assert application.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert alias()["FunctionVersion"] == "1" and "RoutingConfig" not in alias()


@pytest.mark.thorough
def test_or_by_a_deployment_that_no_alarm_blocks_if_that_is_what_aws_does(
    application: Application,
    alias: Callable[[], Any],
    aws: Callable[..., Any],
    control: Callable[..., Any],
    deployments: Callable[[], Any],
) -> None:
    break_later(application, control, seconds=3)
    at_once = APPLICATION.replace("Linear10PercentEvery1Minute", "AllAtOnce")
    release = application.change(at_once + LATER, **application.request("two"))
    control("POST", "clock", {"speed": 1})
    try:
        with assuming(control, Setting((ROLLBACK_PAST_ALARMS,))):
            application.execute(release)
            application.reaches("FunctionAliaslive", "UPDATE_COMPLETE")
            fire(aws, application.alarm)
            # The group has its shift of ten minutes back before the alias moves.
            application.reaches(application.name, "UPDATE_ROLLBACK_IN_PROGRESS")
            control("POST", "clock", {"speed": 600})
            assert application.settled() == "UPDATE_ROLLBACK_COMPLETE"
    finally:
        control("POST", "clock", {"speed": 600})

    assert alias()["FunctionVersion"] == "1"
    back = deployments()[0]
    assert back["creator"] == "CloudFormationRollback"
    assert back["overrideAlarmConfiguration"] == {"enabled": False}
    assert back["deploymentConfigName"].endswith("Linear10PercentEvery1Minute")


@pytest.mark.thorough
@under_each_assumption
def test_stopping_the_shift_before_cancelling_ends_well_whatever_aws_does(
    application: Application,
    alias: Callable[[], Any],
    aws: Callable[..., Any],
    control: Callable[..., Any],
    deployments: Callable[[], Any],
    setting: Setting,
) -> None:
    control("POST", "clock", {"speed": 20})
    try:
        with assuming(control, setting):
            application.execute(
                application.change(APPLICATION, **application.request("two"))
            )
            while "RoutingConfig" not in alias():
                time.sleep(0.02)
            stop = {"deploymentId": deployments()[0]["deploymentId"]}
            aws("codedeploy").stop_deployment(**stop, autoRollbackEnabled=True)
            assert application.settled() == "UPDATE_ROLLBACK_COMPLETE"
    finally:
        control("POST", "clock", {"speed": 600})

    assert alias()["FunctionVersion"] == "1" and "RoutingConfig" not in alias()


def assume(control: Callable[..., Any], *names: str) -> None:
    for name in names:
        control("POST", "faults", {"kind": "assumption", "target": name})
