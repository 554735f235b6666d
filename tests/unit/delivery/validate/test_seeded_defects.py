"""Defects sown into our own templates, one at a time: each is caught by its rule's name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from delivery.validate import RULES, chosen_rules, run_rules


@dataclass(frozen=True, slots=True)
class Defect:
    """``old`` becomes ``new`` in a template or a buildspec, and ``rule`` must notice."""

    rule: str
    file: str
    old: str
    new: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.old.strip()[:40]!r} -> {self.new.strip()[:40]!r}"


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
CONDITION = """        - Name: Build
          {when}:
            {result}Conditions:
              - Result: {outcome}
                Rules:
                  - Name: check
                    RuleTypeId: {{Category: Rule, Owner: AWS, Provider: {rule}, Version: "1"}}
          Actions:
"""
BUILD_STAGE = "        - Name: Build\n          Actions:\n"
DEVELOPMENT = "OutputArtifacts: [{Name: DevelopmentOutputs}]\n              RunOrder: 2"


def condition(when: str, outcome: str, rule: str, result: str = "") -> str:
    return CONDITION.format(when=when, outcome=outcome, rule=rule, result=result)


PIPELINE = (
    # Order and pairing.
    Defect("run-order", "pipeline", DEVELOPMENT, DEVELOPMENT.replace("2", "9")),
    Defect("change-set-pair", "pipeline", "ChangeSetName: release", "ChangeSetName: x"),
    Defect("change-set-pair", "pipeline", DEVELOPMENT, DEVELOPMENT.replace("2", "1")),
    Defect(
        "change-set-pair",
        "pipeline",
        "ActionMode: CHANGE_SET_EXECUTE\n                "
        'StackName: !Sub "${ProjectName}-lambda-development"',
        "ActionMode: CHANGE_SET_EXECUTE\n                "
        'StackName: !Sub "${ProjectName}-lambda-staging"',
    ),
    Defect(
        "change-set-pair", "pipeline", "CHANGE_SET_EXECUTE", "CHANGE_SET_EXECUTE_ALL"
    ),
    # Modes, keys and values.
    Defect("action-mode", "pipeline", "CHANGE_SET_REPLACE", "CHANGE_SET_CREATE"),
    Defect("action-mode", "pipeline", "CHANGE_SET_REPLACE", "REPLACE_ON_FAILURE"),
    Defect("action-mode", "pipeline", "CHANGE_SET_REPLACE", "DELETE_ONLY"),
    Defect(
        "action-mode",
        "pipeline",
        "                RoleArn: !Ref CloudFormationServiceRoleArn\n",
    ),
    Defect(
        "action-mode",
        "pipeline",
        "                TemplatePath: BuildOutput::packaged.yaml\n",
    ),
    Defect("action-configuration", "pipeline", "StackName: !Sub", "Stack: !Sub"),
    Defect(
        "action-configuration", "pipeline", "TemplateConfiguration", "TemplateConfig"
    ),
    Defect("action-configuration", "pipeline", "BranchName: !Ref", "Branch: !Ref"),
    Defect("action-configuration", "pipeline", "ExternalEntityLink", "ExternalLink"),
    Defect(
        "action-configuration",
        "pipeline",
        'PollForSourceChanges: "false"',
        "PollForSourceChanges: false",
    ),
    Defect(
        "action-configuration",
        "pipeline",
        'CustomData: "Release',
        f'CustomData: "{"x" * 1001} Release',
    ),
    Defect("capabilities", "pipeline", "IAM,CAPABILITY_AUTO", "IAM, CAPABILITY_AUTO"),
    Defect("capabilities", "pipeline", "CAPABILITY_NAMED_IAM,", ""),
    Defect("capabilities", "pipeline", ",CAPABILITY_AUTO_EXPAND", ""),
    Defect("capabilities", "pipeline", "CAPABILITY_NAMED_IAM", "CAPABILITY_NAMED"),
    # Types, names, artifacts and files.
    Defect("action-type", "pipeline", "Provider: CodeBuild", "Provider: CodeBuilds"),
    Defect("action-type", "pipeline", "Owner: ThirdParty", "Owner: AWS"),
    Defect("action-type", "pipeline", "Category: Deploy", "Category: Build"),
    Defect(
        "action-type",
        "pipeline",
        'CloudFormation, Version: "1"',
        'CloudFormation, Version: "2"',
    ),
    Defect("action-type", "pipeline", "Category: Source", "Category: Build"),
    Defect("pipeline-names", "pipeline", "Name: DeployDevelopment", "Name: Build"),
    Defect("pipeline-names", "pipeline", "Name: SmokeTests", "Name: ExecuteChangeSet"),
    Defect("pipeline-names", "pipeline", "Name: SmokeTests", "Name: Smoke tests"),
    Defect(
        "artifact-made",
        "pipeline",
        "[{Name: SourceOutput}]\n              OutputArtifacts",
        "[{Name: Sources}]\n              OutputArtifacts",
    ),
    Defect("artifact-made", "pipeline", "BuildOutput::packaged", "Build::packaged"),
    Defect(
        "artifact-count", "pipeline", "                PrimarySource: BuildOutput\n"
    ),
    Defect(
        "artifact-count",
        "pipeline",
        "PrimarySource: BuildOutput",
        "PrimarySource: SourceOutput",
    ),
    Defect(
        "artifact-count",
        "pipeline",
        "                OutputFileName: stack-outputs.json\n",
    ),
    Defect(
        "artifact-count",
        "pipeline",
        "Name: StagingOutputs}]\n                  RunOrder: 2",
        "Name: DevelopmentOutputs}]\n                  RunOrder: 2",
    ),
    Defect(
        "artifact-count",
        "pipeline",
        "[{Name: BuildOutput}]\n              RunOrder: 1\n\n",
        "[{Name: BuildOutput}, {Name: Unread}]\n              RunOrder: 1\n\n",
    ),
    Defect("file-made", "pipeline", "::packaged.yaml", "::template.yaml"),
    Defect(
        "file-made",
        "buildspec.yml",
        "buildspec.yml buildspecs deploy",
        "buildspec.yml deploy",
    ),
    Defect("configuration-made", "pipeline", "n.staging.json", "n.stage.json"),
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
            "OnFailure", "ROLLBACK", "CloudWatchAlarm", "Result: RETRY\n            "
        ),
    ),
    Defect(
        "stage-condition",
        "pipeline",
        BUILD_STAGE,
        condition(
            "OnFailure", "ROLLBACK", "CloudWatchAlarm", "Result: UNDO\n            "
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
        "            - Name: SmokeTests\n",
        "            - Name: SmokeTests\n              TimeoutInMinutes: 30\n",
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
        '"RuleName", "${PipelineFailureRule}"',
        '"RuleName", "${FailureRule}"',
    ),
)
SAFEGUARDS = (
    Defect(
        "bucket-encrypted",
        "foundation",
        "SSEAlgorithm: aws:kms",
        "SSEAlgorithm: AES256",
    ),
    Defect(
        "bucket-encrypted",
        "template",
        "              KMSMasterKeyID: !GetAtt DataKey.Arn\n",
    ),
    Defect(
        "bucket-encrypted",
        "template",
        "BucketKeyEnabled: true",
        "BucketKeyEnabled: false",
    ),
    Defect(
        "bucket-encrypted",
        "foundation",
        "{SSEAlgorithm: AES256}",
        "{SSEAlgorithm: aws:kms, KMSMasterKeyID: !GetAtt DeliveryKey.Arn}",
    ),
    Defect(
        "public-access",
        "template",
        "BlockPublicPolicy: true",
        "BlockPublicPolicy: false",
    ),
    Defect("public-access", "foundation", "        RestrictPublicBuckets: true\n"),
    Defect("public-access", "template", "BucketOwnerEnforced", "ObjectWriter"),
    Defect(
        "public-access",
        "template",
        "          - Sid: DenyWithoutTls\n            Effect: Deny",
        "          - Sid: DenyWithoutTls\n            Effect: Allow",
    ),
    Defect(
        "bucket-kept",
        "template",
        "VersioningConfiguration: {Status: Enabled}",
        "VersioningConfiguration: {Status: Suspended}",
    ),
    Defect(
        "bucket-kept",
        "template",
        "LoggingConfiguration:",
        "LoggingSettings:",
    ),
    Defect("store-encrypted", "template", "    KmsKeyArn: !GetAtt DataKey.Arn\n"),
    Defect("store-encrypted", "template", "      KmsMasterKeyId: !Ref DataKey\n"),
    Defect("store-encrypted", "template", "      KmsKeyId: !GetAtt DataKey.Arn\n"),
    Defect(
        "store-encrypted", "pipeline", "      KmsMasterKeyId: !Ref DeliveryKeyArn\n"
    ),
    Defect(
        "store-encrypted",
        "pipeline",
        "        EncryptionKey: {Type: KMS, Id: !Ref DeliveryKeyArn}\n",
    ),
    Defect("store-encrypted", "pipeline", "      EncryptionKey: !Ref DeliveryKeyArn\n"),
    Defect(
        "store-encrypted", "foundation", "      KmsKeyId: !GetAtt DeliveryKey.Arn\n"
    ),
    Defect(
        "store-encrypted", "foundation", "      KMSKeyId: !GetAtt DeliveryKey.Arn\n"
    ),
    Defect(
        "key-kept", "template", "EnableKeyRotation: true", "EnableKeyRotation: false"
    ),
    Defect(
        "key-kept", "foundation", "PendingWindowInDays: 30", "PendingWindowInDays: 7"
    ),
    Defect(
        "key-kept",
        "template",
        "              - kms:PutKeyPolicy\n",
        "              - kms:PutKeyPolicy\n              - kms:Decrypt\n",
    ),
    Defect(
        "tls-only",
        "template",
        'Bool: {"aws:SecureTransport": "false"}',
        'Bool: {"aws:SecureTransport": "true"}',
    ),
    Defect(
        "tls-only",
        "foundation",
        '            Action: "s3:*"',
        "            Action: s3:GetObject",
    ),
    Defect(
        "tls-only",
        "pipeline",
        "          - Sid: DenyWithoutTls\n            Effect: Deny",
        "          - Sid: DenyWithoutTls\n            Effect: Allow",
    ),
    Defect(
        "tls-only", "template", "SecurityPolicy: TLS_1_2", "SecurityPolicy: TLS_1_0"
    ),
    Defect("tls-only", "pipeline", "Protocol: email", "Protocol: http"),
    Defect(
        "log-retention", "template", "      RetentionInDays: !Ref LogRetentionDays\n"
    ),
    Defect(
        "log-retention",
        "template",
        "RetentionInDays: !Ref ApiAccessLogRetentionDays",
        "RetentionInDays: !Ref LogRetentionDays",
    ),
    Defect(
        "log-retention",
        "foundation",
        "ExpirationInDays: !Ref AccessLogRetentionDays",
        "ExpirationInDays: 90",
    ),
    Defect(
        "log-retention",
        "foundation",
        "ExpirationInDays: !Ref AuditRetentionDays",
        "ExpirationInDays: 365",
    ),
    Defect(
        "record-kept",
        "template",
        "            NoncurrentVersionExpiration:",
        "            ExpirationInDays: 30\n            NoncurrentVersionExpiration:",
    ),
    Defect(
        "record-kept",
        "foundation",
        "          - Id: drop-unfinished-uploads\n",
        "          - Id: drop-unfinished-uploads\n            ExpirationInDays: 400\n",
    ),
    Defect("data-policy", "template", "    DeletionPolicy: RetainExceptOnCreate\n"),
    Defect("data-policy", "foundation", "    UpdateReplacePolicy: Retain\n"),
    Defect(
        "trail-whole",
        "foundation",
        "EnableLogFileValidation: true",
        "EnableLogFileValidation: false",
    ),
    Defect(
        "trail-whole",
        "foundation",
        "IsMultiRegionTrail: true",
        "IsMultiRegionTrail: false",
    ),
    Defect(
        "trail-whole",
        "foundation",
        "{Field: eventCategory, Equals: [Management]}",
        "{Field: eventCategory, Equals: [Insight]}",
    ),
    Defect(
        "trail-whole",
        "foundation",
        ':s3:::${NamePrefix}-"\n',
        ':s3:::${ProjectName}-"\n',
    ),
    Defect("trail-whole", "foundation", "      ObjectLockEnabled: true\n"),
    Defect("trail-whole", "foundation", "Mode: GOVERNANCE", "Mode: NONE"),
    Defect("api-guarded", "template", "        DefaultAuthorizer: AWS_IAM\n"),
    Defect(
        "api-guarded",
        "template",
        "Auth: {ApiKeyRequired: false}",
        "Auth: {ApiKeyRequired: false, Authorizer: NONE}",
    ),
    Defect(
        "api-guarded",
        "template",
        "          ThrottlingRateLimit: !Ref ApiThrottleRate\n",
    ),
    Defect(
        "api-guarded",
        "template",
        "      LoggingConfig: {LogGroup: !Ref RecordsLogs}\n",
        "      LoggingConfig: {LogGroup: !Ref RecordsLogs}\n"
        "      FunctionUrlConfig: {AuthType: NONE}\n",
    ),
    Defect(
        "api-logged",
        "template",
        "$context.identity.userArn",
        "$context.identity.userAgent",
    ),
    Defect("api-logged", "template", "$context.resourcePath", "$context.path"),
    Defect(
        "api-logged", "template", "DataTraceEnabled: false", "DataTraceEnabled: true"
    ),
    Defect("api-logged", "template", 'LoggingLevel: "OFF"', "LoggingLevel: INFO"),
    Defect(
        "api-logged",
        "template",
        "SampledRequestsEnabled: false",
        "SampledRequestsEnabled: true",
    ),
    Defect(
        "concurrency-left",
        "template",
        "!If [ReservesConcurrency, !Ref LambdaReservedConcurrency, !Ref AWS::NoValue]",
        "500",
    ),
)
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
DEFECTS = (*PIPELINE, *WATCHING, *SAFEGUARDS, *NAMES_AND_PARAMETERS)


def sown(make_subject, defect: Defect):
    if defect.file.endswith(".yml"):
        subject = make_subject()
        text = subject.buildspecs[defect.file]
        assert defect.old in text, f"{defect.old!r} is no longer in {defect.file}"
        changed = {defect.file: text.replace(defect.old, defect.new)}
        return replace(subject, buildspecs={**subject.buildspecs, **changed})
    return make_subject(**{defect.file: {defect.old: defect.new}})


def caught(make_subject, defect: Defect) -> bool:
    subject = sown(make_subject, defect)
    return bool(run_rules(chosen_rules(only=[defect.rule]), subject))


@pytest.mark.thorough
@pytest.mark.parametrize("defect", DEFECTS, ids=str)
def test_a_sown_defect_is_caught_by_its_rule(make_subject, defect: Defect) -> None:
    assert caught(make_subject, defect)


@pytest.mark.thorough
def test_every_sown_defect_is_caught_and_the_share_is_told(
    make_subject, capsys
) -> None:
    missed = [str(each) for each in DEFECTS if not caught(make_subject, each)]

    with capsys.disabled():
        share = len(DEFECTS) - len(missed)
        print(f"\n{share} of {len(DEFECTS)} sown defects caught by their rule's name")
    assert missed == []
    assert len(DEFECTS) >= 60


@pytest.mark.thorough
def test_the_proofs_of_roles_do_not_stumble_over_a_defect(make_subject) -> None:
    proofs = chosen_rules(only=["pipeline-lacks", "build-lacks"])
    for defect in (each for each in DEFECTS if each.file != "template"):
        run_rules(proofs, sown(make_subject, defect))


@pytest.mark.parametrize(
    "change",
    [
        {BUILD_STAGE: condition("BeforeEntry", "FAIL", "DeploymentWindow")},
        {BUILD_STAGE: condition("BeforeEntry", "SKIP", "VariableCheck")},
        {BUILD_STAGE: condition("OnSuccess", "ROLLBACK", "CloudWatchAlarm")},
        {BUILD_STAGE: condition("OnFailure", "ROLLBACK", "LambdaInvoke")},
        {"ExecutionMode: SUPERSEDED": "ExecutionMode: QUEUED"},
        {"TimeoutInMinutes: !Ref ApprovalTimeoutMinutes": "TimeoutInMinutes: 5"},
        {"Image: !Ref BuildImage": f"Image: build@sha256:{'0' * 64}"},
    ],
    ids=str,
)
def test_what_codepipeline_takes_is_no_defect(make_subject, change) -> None:
    of_structure = [
        rule
        for rule in RULES
        if rule.id != "lint" and ".privilege" not in rule.check.__module__
    ]

    subject = make_subject(pipeline=change)
    assert [str(each) for each in run_rules(of_structure, subject)] == []


def test_every_rule_of_a_fact_outside_names_its_reason_and_its_public_source() -> None:
    sown = {each.rule for each in DEFECTS}

    for rule in RULES:
        if rule.source:
            assert rule.reason.endswith("."), rule.id
            assert rule.id in sown, rule.id
