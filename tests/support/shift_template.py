"""A small SAM template with one function that shifts, its alarms, and what they read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsrules.templates import load_template
from delivery.strategy import ShiftFinding, shift_findings
from delivery.strategy.names import Names

_TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Prefix: {Type: String, Default: app}
  Shift: {Type: String, Default: "true"}
  Kind: {Type: String, Default: Canary10Percent5Minutes}
  Topic: {Type: String}
Conditions:
  Never: !Equals [!Ref Prefix, never]
Globals:
  Function:
    AutoPublishAlias: live
    Environment: {Variables: {POWERTOOLS_METRICS_NAMESPACE: Shop}}
Resources:
  OrderFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${Prefix}-order"
      DeploymentPreference:
        Enabled: !Ref Shift
        Type: !Ref Kind
        Alarms: [!Ref OrderErrors]
  OtherFunction:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: other, AutoPublishAlias: current}
  OrderErrors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Dimensions:
        - {Name: FunctionName, Value: !Ref OrderFunction}
        - {Name: Resource, Value: !Sub "${OrderFunction}:live"}
        - {Name: ExecutedVersion, Value: !GetAtt OrderFunction.Version.Version}
      Period: 60
      EvaluationPeriods: 1
      Threshold: 3
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
      AlarmActions: [!Ref Topic]
  Api:
    Type: AWS::Serverless::Api
    Properties: {Name: !Sub "${Prefix}-api", StageName: v1}
  WebApi:
    Type: AWS::Serverless::HttpApi
    Properties: {StageName: v2}
  Queue:
    Type: AWS::SQS::Queue
  NamedQueue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: jobs}
  Unused:
    Type: AWS::SQS::Queue
    Condition: Never
    Properties: {QueueName: unused}
  Filter:
    Type: AWS::Logs::MetricFilter
    Properties:
      MetricTransformations: [{MetricNamespace: Logs, MetricName: Refused}]
"""


def shift_template(
    *,
    alarm: Mapping[str, Any] | None = None,
    preference: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build the template with changes to its alarm, its preference, its resources.

    A value of None takes the key away.
    """
    template = load_template(_TEMPLATE, name="template.yaml")
    found = template["Resources"]
    _change(found["OrderErrors"]["Properties"], alarm)
    _change(found["OrderFunction"]["Properties"]["DeploymentPreference"], preference)
    _change(found, resources)
    return template


def names(template: Mapping[str, Any] | None = None, **parameters: str) -> Names:
    """Resolve a template; the plain one when none is given."""
    return Names(template if template is not None else shift_template(), parameters)


def findings(template: Mapping[str, Any], **parameters: str) -> list[ShiftFinding]:
    """Return a template's findings."""
    return shift_findings(template, parameters)


def rules(template: Mapping[str, Any], **parameters: str) -> list[str]:
    """Return the rules that a template breaks."""
    return [each.rule for each in findings(template, **parameters)]


def alarm(**properties: Any) -> dict[str, Any]:
    """Build another alarm: the plain one, changed."""
    changed = dict(shift_template()["Resources"]["OrderErrors"]["Properties"])
    _change(changed, properties)
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": changed}


def dimensions(**values: Any) -> list[dict[str, Any]]:
    """Build a list of dimensions."""
    return [{"Name": name, "Value": value} for name, value in values.items()]


def _change(target: dict[str, Any], changes: Mapping[str, Any] | None) -> None:
    for key, value in (changes or {}).items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = value
