"""Events, notices, alarms, shifts and dashboards."""

from __future__ import annotations

from seeded.defect import Defect

SHIFT_TYPE = "Type: !If [ShiftsInItsOwnWay, !Ref TrafficShift, !Ref ShiftType]"
# All that can stop a shift of analyze.
ANALYZE_GUARDS = """        Alarms:
          Fn::If:
            - StopsOnAlarm
            - - !Ref AnalyzeAliasErrors
              - !Ref AnalyzeVersionErrors
              - !Ref AnalyzeDuration
              - !Ref AnalyzeThrottles
              - !Ref ApiServerErrors
            - - !Ref AWS::NoValue
        Hooks:
          PreTraffic: !Ref PreTrafficFunction
          PostTraffic: !Ref PostTrafficFunction
"""

WATCHING = (
    Defect(
        "event-exists", "pipeline", "state: [FAILURE, STOP]", "state: [FAILED, STOPPED]"
    ),
    Defect(
        "event-exists", "pipeline", "source: [aws.codebuild]", "source: [codebuild]"
    ),
    Defect(
        "event-exists",
        "pipeline",
        "[CodePipeline Pipeline Execution State Change]",
        "[CodePipeline Execution State Change]",
    ),
    Defect(
        "event-exists",
        "pipeline",
        "          state: [FAILED]",
        "          state: [CANCELLED]",
    ),
    Defect(
        "event-exists",
        "pipeline",
        "eventName: [AssumeRole]",
        "eventName: [AssumeRoles]",
    ),
    Defect(
        "event-exists",
        "pipeline",
        "eventSource: [sts.amazonaws.com]",
        "eventSource: [iam.amazonaws.com]",
    ),
    Defect("event-exists", "pipeline", "        source: [aws.codedeploy]\n"),
    Defect(
        "notice-field", "pipeline", "          project-name:\n", "          project:\n"
    ),
    Defect(
        "notice-field",
        "pipeline",
        "          application: [",
        "          applicationName: [",
    ),
    Defect("notice-field", "pipeline", "$.detail.build-id", "$.detail.buildId"),
    Defect("notice-field", "pipeline", "build <build> ended", "build <id> ended"),
    Defect("notice-delivered", "pipeline", "                - events.amazonaws.com\n"),
    Defect(
        "notice-delivered", "foundation", "                - cloudwatch.amazonaws.com\n"
    ),
    Defect("notice-delivered", "pipeline", "State: ENABLED", "State: DISABLED"),
    Defect(
        "failure-noticed",
        "pipeline",
        "build-status: [FAILED, FAULT",
        "build-status: [FAULT",
    ),
    Defect("alarm-emitted", "template", "MetricName: Errors", "MetricName: ErrorCount"),
    Defect("alarm-emitted", "template", "MetricName: 5XXError", "MetricName: 5xx"),
    Defect("alarm-emitted", "template", "Namespace: AWS/Lambda", "Namespace: Lambda"),
    Defect(
        "alarm-emitted",
        "template",
        '!Sub "${AnalyzeFunction}:live"',
        '!Sub "${AnalyzeFunction}:prod"',
    ),
    Defect(
        "alarm-emitted",
        "template",
        "{Name: QueueName, Value: !GetAtt DeadLetterQueue.QueueName}",
        "{Name: QueueName, Value: dead-letters}",
    ),
    Defect("alarm-emitted", "template", "{Name: ApiName, Value", "{Name: ApiId, Value"),
    # Fifteen minutes of evidence, and staging's canary lasts five.
    Defect(
        "shift-protects", "template", "Period: !Ref AlarmPeriodSeconds", "Period: 900"
    ),
    # Nobody emits a metric of an alias that is not there.
    Defect("shift-protects", "template", "Function}:live", "Function}:old"),
    # A dead version is silent, and its silence counts as good.
    Defect(
        "shift-protects",
        "template",
        "ComparisonOperator: GreaterThanOrEqualToThreshold",
        "ComparisonOperator: LessThanThreshold",
    ),
    Defect("shift-protects", "template", ANALYZE_GUARDS),
    Defect("shift-protects", "template", SHIFT_TYPE, "Type: Canary10Percent7Minutes"),
    Defect(
        "shift-protects", "template", SHIFT_TYPE, "Type: Linear15PercentEvery1Minute"
    ),
    Defect("alarm-told", "template", "      TreatMissingData: notBreaching\n"),
    Defect(
        "alarm-told",
        "template",
        "      AlarmActions: !If [Notifies, [!Ref NoticesTopicArn], !Ref AWS::NoValue]\n",
    ),
    Defect(
        "dashboard-metric",
        "pipeline",
        '"FailedBuilds", "ProjectName"',
        '"BuildsFailed", "ProjectName"',
    ),
    Defect(
        "dashboard-metric",
        "pipeline",
        '"ProjectName", "${BuildProject}"',
        '"Project", "${BuildProject}"',
    ),
    Defect(
        "dashboard-metric",
        "pipeline",
        '"RuleName", "${BuildStageFailureRule}"',
        '"RuleName", "${FailureRule}"',
    ),
    Defect(
        "dashboard-metric", "pipeline", '"LeadTimeSeconds", "Env', '"LeadTime", "Env'
    ),
    Defect("dashboard-metric", "pipeline", '"TestPassRate", {', '"PassRate", {'),
    Defect(
        "dashboard-metric",
        "pipeline",
        "!Ref StagingStageFailureRule",
        "!Ref NoticesTopic",
    ),
    Defect(
        "delivery-alarm", "pipeline", "MetricName: Failed", "MetricName: Unsuccessful"
    ),
    Defect(
        "delivery-alarm",
        "pipeline",
        'Namespace: !Sub "${ProjectLabel}/Delivery"',
        'Namespace: !Sub "${ProjectLabel}"',
    ),
    Defect(
        "delivery-alarm",
        "pipeline",
        "{Name: RuleName, Value: !Ref ProductionStageFailureRule}",
        "{Name: RuleName, Value: !Ref BuildProject}",
    ),
    Defect("alarm-told", "pipeline", "      AlarmActions: [!Ref NoticesTopic]\n"),
)
