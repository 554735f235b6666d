"""Types, triggers, webhooks, conditions, approvals, builds and variables."""

from __future__ import annotations

from seeded.defect import Defect

CONDITION = """            - Name: Build
              {when}:
                {result}Conditions:
                  - Result: {outcome}
                    Rules:
                      - Name: check
                        RuleTypeId: {{Category: Rule, Owner: AWS, Provider: {rule}, Version: "1"}}
              Actions:
"""
BUILD_STAGE = "            - Name: Build\n              Actions:\n"


def condition(when: str, outcome: str, rule: str, result: str = "") -> str:
    return CONDITION.format(when=when, outcome=outcome, rule=rule, result=result)


TRIGGERS_AND_BUILDS = (
    # Versions, triggers, webhooks, conditions, modes.
    Defect("pipeline-type", "pipeline", "PipelineType: V2", "PipelineType: V1"),
    Defect("pipeline-type", "pipeline", "      PipelineType: V2\n"),
    Defect(
        "execution-mode",
        "pipeline",
        "ExecutionMode: SUPERSEDED",
        "ExecutionMode: PARALLEL",
    ),
    Defect(
        "trigger-source",
        "pipeline",
        "SourceActionName: GitHub",
        "SourceActionName: Git",
    ),
    Defect(
        "trigger-source", "pipeline", 'DetectChanges: "false"', 'DetectChanges: "true"'
    ),
    Defect(
        "trigger-source",
        "pipeline",
        'PollForSourceChanges: "false"',
        'PollForSourceChanges: "true"',
    ),
    Defect(
        "webhook-target", "pipeline", "TargetAction: GitHub", "TargetAction: Source"
    ),
    Defect(
        "webhook-target", "pipeline", "refs/heads/{Branch}", "refs/heads/{BranchName}"
    ),
    Defect("webhook-target", "pipeline", "GITHUB_HMAC", "UNAUTHENTICATED"),
    Defect(
        "webhook-target",
        "pipeline",
        "!GetAtt Pipeline.Version\n      TargetAction",
        "1\n      TargetAction",
    ),
    Defect(
        "webhook-target", "pipeline", '- {JsonPath: "$.ref"', '- {JsonPath: "$.branch"'
    ),
    Defect(
        "stage-condition",
        "pipeline",
        BUILD_STAGE,
        condition("BeforeEntry", "ROLLBACK", "DeploymentWindow"),
    ),
    Defect(
        "stage-condition",
        "pipeline",
        BUILD_STAGE,
        condition("BeforeEntry", "SKIP", "DeploymentWindow"),
    ),
    Defect(
        "stage-condition",
        "pipeline",
        BUILD_STAGE,
        condition("OnSuccess", "SKIP", "CloudWatchAlarm"),
    ),
    Defect(
        "stage-condition",
        "pipeline",
        BUILD_STAGE,
        condition("OnSuccess", "FAIL", "BakeTime"),
    ),
    Defect(
        "stage-condition",
        "pipeline",
        BUILD_STAGE,
        condition(
            "OnFailure",
            "ROLLBACK",
            "CloudWatchAlarm",
            "Result: RETRY\n                ",
        ),
    ),
    Defect(
        "stage-condition",
        "pipeline",
        BUILD_STAGE,
        condition(
            "OnFailure", "ROLLBACK", "CloudWatchAlarm", "Result: UNDO\n                "
        ),
    ),
    # Approvals.
    Defect(
        "approval",
        "pipeline",
        "                  TimeoutInMinutes: !Ref ApprovalTimeoutMinutes\n",
    ),
    Defect(
        "approval",
        "pipeline",
        "TimeoutInMinutes: !Ref ApprovalTimeoutMinutes",
        "TimeoutInMinutes: 3",
    ),
    Defect("approval", "pipeline", "    MaxValue: 86400", "    MaxValue: 100000"),
    Defect(
        "approval",
        "pipeline",
        "                    NotificationArn: !Ref NoticesTopic\n",
    ),
    Defect(
        "approval",
        "pipeline",
        "                - Name: SmokeTests\n",
        "                - Name: SmokeTests\n                  TimeoutInMinutes: 30\n",
    ),
    Defect(
        "approved-before",
        "pipeline",
        "{Category: Approval, Owner: AWS, Provider: Manual,",
        "{Category: Invoke, Owner: AWS, Provider: Lambda,",
    ),
    # Builds and variables.
    Defect(
        "project-fits", "pipeline", "ProjectName: !Ref VerifyProject", "ProjectName: V"
    ),
    Defect(
        "buildspec", "pipeline", "BuildSpec: buildspecs/record.yml", "BuildSpec: r.yml"
    ),
    Defect("buildspec", "buildspec.yml", "phases:\n", "phase:\n"),
    Defect(
        "variable-known", "pipeline", "#{SourceVariables.CommitId}", "#{S.CommitId}"
    ),
    Defect(
        "variable-known",
        "pipeline",
        "#{StagingReview.REVIEW_LINK}",
        "#{StagingReview.LINK}",
    ),
    Defect("variable-known", "buildspecs/review.yml", "    - REVIEW_LINK\n"),
    Defect("variable-known", "pipeline", "- Name: ShiftAlarms", "- Name: Alarms"),
    Defect(
        "review-overrides",
        "pipeline",
        'Value: !Sub \'{"PermissionsBoundaryArn"',
        'Value: !Sub \'{"Boundary"',
    ),
    Defect(
        "build-pinned",
        "pipeline",
        "        Image: !Ref BuildImage",
        "        Image: aws/codebuild/standard:latest",
    ),
    Defect("build-pinned", "pipeline", "PrivilegedMode: false", "PrivilegedMode: true"),
    Defect(
        "build-pinned", "pipeline", "      TimeoutInMinutes: !Ref BuildTimeoutMinutes\n"
    ),
    Defect(
        "build-pinned",
        "pipeline",
        "{Name: RELEASE_BUCKET, Value",
        "{Name: GITHUB_TOKEN, Value",
    ),
)
