"""Every rule is silent on our own templates and speaks on a seeded defect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery.errors import BadInput
from delivery.validate import RULES, chosen_rules, run_rules

QUICK = [rule for rule in RULES if rule.id != "lint"]


def found(subject, rule: str) -> list[str]:
    return [str(each) for each in run_rules(chosen_rules(only=[rule]), subject)]


@pytest.mark.thorough
def test_our_own_templates_have_no_findings(make_subject) -> None:
    assert [str(each) for each in run_rules(QUICK, make_subject())] == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("rule", "file", "old", "new", "message"),
    [
        (
            "parameter-value",
            "template",
            "MaxValue: 10240",
            "MaxValue: 512",
            "production: Parameter 'LambdaMemoryMegabytes' must be a number not greater",
        ),
        (
            "parameter-missing",
            "template",
            "\nConditions:\n",
            "  Forgotten: {Type: String, Description: Nobody gives it.}\n\nConditions:\n",
            "Forgotten has no default, and neither the configuration nor the pipeline's "
            "ParameterOverrides supplies it",
        ),
        (
            "parameter-missing",
            "pipeline",
            "\nRules:\n",
            "  Forgotten: {Type: String, Description: Nobody gives it.}\n\nRules:\n",
            "Forgotten has no default",
        ),
        (
            "parameter-missing",
            "foundation",
            "\nConditions:\n",
            "  Forgotten: {Type: String, Description: Nobody gives it.}\n\nConditions:\n",
            "Forgotten has no default",
        ),
        (
            "parameter-unused",
            "template",
            "  LambdaTimeoutSeconds:\n    Type",
            "  LambdaTimeoutMinutes:\n    Type",
            "the configuration offers LambdaTimeoutSeconds, and the template does not",
        ),
        (
            "parameter-unused",
            "pipeline",
            "  BuildImage:\n    Type",
            "  BuildPicture:\n    Type",
            "the configuration offers BuildImage, and neither foundation nor pipeline",
        ),
        (
            "parameter-override",
            "template",
            "  LogBucketName:\n    Type",
            "  LogsBucketName:\n    Type",
            "ParameterOverrides give LogBucketName",
        ),
        (
            "parameter-override",
            "pipeline",
            "ParameterOverrides: !Sub '{",
            "ParameterOverrides: !Sub '",
            "are not a JSON object",
        ),
        (
            "parameter-described",
            "template",
            "    Description: Runtime of all functions.\n",
            "",
            "LambdaRuntime has no Description",
        ),
        (
            "parameter-described",
            "foundation",
            "    ConstraintDescription: must be 2 to 8 lower-case letters and digits\n",
            "",
            "NamePrefix has a pattern and no ConstraintDescription",
        ),
        (
            "output-described",
            "template",
            "    Description: Name of the environment.\n    Value",
            "    Value",
            "Environment has no Description",
        ),
        (
            "data-policy",
            "template",
            "    DeletionPolicy: RetainExceptOnCreate\n",
            "",
            "RecordBucket holds data and has no DeletionPolicy",
        ),
        (
            "shift-preference",
            "template",
            "        Role: !GetAtt DeploymentRole.Arn\n",
            "",
            "AnalyzeFunction shifts traffic without a Role of its own",
        ),
        (
            "shift-preference",
            "template",
            "Enabled: !Ref ShiftEnabled",
            "Enabled: !If [StopsOnAlarm, true, false]",
            "SAM ignores an Fn::If in Enabled",
        ),
        (
            "shift-preference",
            "template",
            "      AutoPublishAlias: live\n",
            "",
            "AnalyzeFunction shifts traffic and has no AutoPublishAlias",
        ),
        (
            "statement-named",
            "template",
            "              - Sid: StoreAnalyses\n                Effect",
            "              - Effect",
            "AnalyzeRole: a statement has no Sid",
        ),
        (
            "statement-named",
            "foundation",
            "              # The build writes its log; the group itself is made by the "
            "pipeline's template.\n",
            "",
            "CodeBuildServiceRole: no sentence above WriteTheBuildLog says why",
        ),
        (
            "policy-wildcard",
            "template",
            "                Action: sqs:SendMessage\n",
            '                Action: "sqs:*"\n',
            "AnnounceDeadLetters allows sqs:*",
        ),
        (
            "policy-wildcard",
            "template",
            "                Action: sqs:SendMessage\n",
            "                NotAction: sqs:DeleteQueue\n",
            "AnnounceDeadLetters allows by exception",
        ),
        (
            "pass-role",
            "foundation",
            '"iam:PassedToService": cloudformation.amazonaws.com',
            '"iam:ResourceTag/x": y',
            "HandTheDeploymentRoleToCloudFormation names no iam:PassedToService",
        ),
        (
            "role-bounded",
            "template",
            "      PermissionsBoundary: !Ref PermissionsBoundaryArn\n",
            "",
            "AnalyzeRole has no PermissionsBoundary",
        ),
        (
            "run-order",
            "pipeline",
            "OutputArtifacts: [{Name: DevelopmentOutputs}]\n                  RunOrder: 3",
            "OutputArtifacts: [{Name: DevelopmentOutputs}]\n                  RunOrder: 9",
            "the run orders of DeployDevelopment are",
        ),
        (
            "change-set-pair",
            "pipeline",
            "ChangeSetName: release",
            "ChangeSetName: other",
            "ExecuteChangeSet executes what is not created before it",
        ),
        (
            "artifact-made",
            "pipeline",
            "InputArtifacts: [{Name: SourceOutput}]",
            "InputArtifacts: [{Name: Sources}]",
            "Build reads Sources, made by nobody",
        ),
        (
            "artifact-made",
            "pipeline",
            "TemplatePath: BuildOutput::packaged.yaml",
            "TemplatePath: Build::packaged.yaml",
            "TemplatePath of CreateChangeSet is in no input of it",
        ),
        (
            "configuration-made",
            "pipeline",
            "template-configuration.staging.json",
            "template-configuration.stage.json",
            "template-configuration.stage.json is made for no configured environment",
        ),
        (
            "project-fits",
            "pipeline",
            "ProjectName: !Ref VerifyProject",
            "ProjectName: Verify",
            "SmokeTests: names no project of this template",
        ),
        (
            "project-fits",
            "pipeline",
            "Source: {Type: CODEPIPELINE, BuildSpec: buildspecs/verify.yml}",
            "Source: {Type: S3, BuildSpec: buildspecs/verify.yml}",
            "VerifyProject does not take its source from the pipeline",
        ),
        (
            "buildspec",
            "pipeline",
            "BuildSpec: buildspecs/record.yml",
            "BuildSpec: buildspecs/recorder.yml",
            "RecordProject runs buildspecs/recorder.yml, which is not there",
        ),
        (
            "variable-known",
            "pipeline",
            "#{SourceVariables.CommitId}",
            "#{Sources.CommitId}",
            "#{Sources.CommitId}: no earlier action has that name",
        ),
        (
            "variable-known",
            "pipeline",
            "#{StagingReview.REVIEW_SUMMARY}",
            "#{StagingReview.SUMMARY}",
            "StagingReview makes no such variable",
        ),
        (
            "variable-known",
            "pipeline",
            "#{SourceVariables.AuthorDate}",
            "#{SourceVariables.CommitterDate}",
            "SourceVariables makes no such variable",
        ),
        (
            "review-overrides",
            "pipeline",
            'Value: !Sub \'{"PermissionsBoundaryArn"',
            'Value: !Sub \'{"Boundary"',
            "ReviewProject: PARAMETER_OVERRIDES are not those of the deployments",
        ),
        (
            "event-exists",
            "pipeline",
            "state: [FAILURE, STOP]",
            "state: [FAILURE, STOPPED]",
            "DeploymentFailureRule: no such event has the state STOPPED",
        ),
        (
            "event-exists",
            "pipeline",
            "detail-type: [CodeBuild Build State Change]",
            "detail-type: [CodeBuild State Change]",
            "there is no event 'CodeBuild State Change'",
        ),
    ],
)
def test_a_seeded_defect_is_found_by_its_rule(
    make_subject, rule: str, file: str, old: str, new: str, message: str
) -> None:
    findings = found(make_subject(**{file: {old: new}}), rule)

    assert any(message in each for each in findings), findings
    assert all(each.startswith("templates/") for each in findings)


def test_sections_out_of_order_are_found(make_subject) -> None:
    subject = make_subject()
    body = dict(reversed(subject.pipeline.body.items()))
    pipeline = replace(subject.pipeline, body=body)

    findings = found(replace(subject, pipeline=pipeline), "section-order")

    assert len(findings) == 1
    assert "stands where AWSTemplateFormatVersion belongs" in findings[0]


def test_overrides_that_are_too_long_for_an_action_are_found(make_subject) -> None:
    long = "x" * 1001
    subject = make_subject(
        pipeline={
            '"PermissionsBoundaryArn":"${': f'"PermissionsBoundaryArn":"{long}${{'
        }
    )

    findings = found(subject, "parameter-override")

    assert any("over 1000 characters" in each for each in findings)


def test_a_buildspec_that_codebuild_refuses_is_found(make_subject) -> None:
    subject = make_subject()
    broken = {**subject.buildspecs, "buildspec.yml": "version: 0.2\nphase: {}\n"}

    findings = found(replace(subject, buildspecs=broken), "buildspec")

    assert len(findings) == 1
    assert findings[0].startswith("buildspec.yml:1: buildspec ")


def test_a_finding_has_the_line_of_what_is_wrong(make_subject) -> None:
    subject = make_subject(template={"Action: sqs:SendMessage": 'Action: "sqs:*"'})
    lines = subject.application.text.splitlines()

    (finding,) = run_rules(chosen_rules(only=["policy-wildcard"]), subject)

    assert finding.line is not None
    assert "Sid: AnnounceDeadLetters" in lines[finding.line - 1]


def test_ids_are_unique_and_every_rule_demands_something() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.demands.endswith(".") for rule in RULES)


def test_an_unknown_rule_is_bad_input() -> None:
    with pytest.raises(BadInput, match="There is no rule nonsense"):
        chosen_rules(skip=["nonsense"])


def test_a_rule_can_be_left_out() -> None:
    assert "lint" not in {rule.id for rule in chosen_rules(skip=["lint"])}
