"""A stack with one function that shifts and watches an alarm of its own."""

from __future__ import annotations

from dataclasses import replace

from release_fakes import make_contents

from delivery.model import StackContents, StackResource

ALARM = "medical-record-analysis-lambda-production-WorkErrors-1A2B"
TEMPLATE = """
Parameters:
  ShiftEnabled: {Type: String, Default: "true"}
  RollbackOnAlarm: {Type: String, Default: "true"}
  ShiftAlarms: {Type: String, Default: watched}
Conditions:
  StopsOnAlarm: !And
    - !Equals [!Ref RollbackOnAlarm, "true"]
    - !Equals [!Ref ShiftAlarms, watched]
Globals:
  Function:
    AutoPublishAlias: live
Resources:
  WorkFunction:
    Type: AWS::Serverless::Function
    Properties:
      DeploymentPreference:
        Enabled: !Ref ShiftEnabled
        Alarms: !If [StopsOnAlarm, [!Ref WorkErrors, shared-alarm], [!Ref AWS::NoValue]]
  WorkErrors: {Type: AWS::CloudWatch::Alarm}
  Unwatched: {Type: AWS::CloudWatch::Alarm}
"""


def watched_stack(**parameters: str) -> StackContents:
    """Build the stack, deployed with ``parameters``."""
    made = make_contents(template=TEMPLATE, parameters=parameters)
    alarms = (
        StackResource("WorkErrors", "AWS::CloudWatch::Alarm", ALARM),
        StackResource("Unwatched", "AWS::CloudWatch::Alarm", "unwatched"),
    )
    return replace(made, resources=made.resources + alarms)
