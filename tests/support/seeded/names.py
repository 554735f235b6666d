"""Parameters, outputs and sections of the templates."""

from __future__ import annotations

from seeded.defect import Defect

NAMES_AND_PARAMETERS = (
    Defect(
        "function-arn",
        "template",
        "                Action: lambda:GetAlias\n                Resource:\n"
        "                  - !GetAtt AnalyzeFunction.Arn\n"
        "                  - !GetAtt RecordsFunction.Arn\n"
        "                  - !GetAtt HealthFunction.Arn\n",
        "                Action: [lambda:GetAlias, lambda:InvokeFunction]\n"
        "                Resource:\n"
        '                  - !Sub "${AnalyzeFunction.Arn}:*"\n',
    ),
    Defect("parameter-value", "template", "MaxValue: 10240", "MaxValue: 512"),
    Defect(
        "parameter-missing",
        "template",
        "  LogBucketName:\n    Type",
        "  AccessBucketName:\n    Type",
    ),
    Defect(
        "parameter-missing",
        "pipeline",
        "  BreakGlassRoleArn:\n    Type",
        "  EmergencyRoleArn:\n    Type",
    ),
    Defect(
        "parameter-unused",
        "template",
        "  LambdaTimeoutSeconds:\n",
        "  LambdaTimeout:\n",
    ),
    Defect(
        "parameter-unused", "pipeline", "  BuildImage:\n    Type", "  Image:\n    Type"
    ),
    Defect(
        "parameter-override",
        "template",
        "  NoticesTopicArn:\n    Type",
        "  Topic:\n    Type",
    ),
    Defect(
        "parameter-override",
        "pipeline",
        "ParameterOverrides: !Sub '{",
        "ParameterOverrides: !Sub '[",
    ),
    Defect(
        "parameter-chosen",
        "pipeline",
        '"ShiftAlarms":"#{variables.ShiftAlarms}"',
        '"LogLevel":"#{variables.ShiftAlarms}"',
    ),
    Defect(
        "parameter-described",
        "template",
        "    Description: Runtime of all functions.\n",
    ),
    Defect("output-described", "pipeline", "    Description: Name of the pipeline.\n"),
    Defect("shift-preference", "template", "      AutoPublishAlias: live\n"),
    Defect(
        "shift-preference", "template", "        Role: !GetAtt DeploymentRole.Arn\n"
    ),
    Defect(
        "section-order", "template", "\nConditions:\n", "\nConditions: {}\nRules:\n"
    ),
)
