"""pipeline.yaml: stages, actions, notices, for each reach and each way to the source."""

from __future__ import annotations

import json
from typing import Any

import pytest
from resolved_pipeline import ARN, CONNECTION, TOKEN, actions, pipeline_of, scope_of

from awsrules.templates import broken_rules, resolve

SEVEN = [
    "Source",
    "Build",
    "DeployDevelopment",
    "ApproveStaging",
    "DeployStaging",
    "ApproveProduction",
    "DeployProduction",
]


@pytest.mark.parametrize(
    ("reach", "stages"),
    [("development", SEVEN[:3]), ("staging", SEVEN[:5]), ("production", SEVEN)],
)
def test_environment_decides_how_far_the_pipeline_reaches(
    pipeline, reach: str, stages: list[str]
) -> None:
    found = pipeline_of(pipeline, Environment=reach)

    assert [each["Name"] for each in found["Stages"]] == stages


def test_it_is_a_superseding_pipeline_of_the_second_type(pipeline) -> None:
    found = pipeline_of(pipeline)

    assert found["Name"] == "MedicalRecordAnalysisPipeline"
    assert (found["PipelineType"], found["ExecutionMode"]) == ("V2", "SUPERSEDED")
    assert found["ArtifactStore"]["EncryptionKey"]["Type"] == "KMS"


def test_a_connection_starts_it_by_pushes_to_the_branch_only(pipeline) -> None:
    found = pipeline_of(pipeline, GitHubBranch="release")

    source = actions(found, "Source")["GitHub"]
    assert source["ActionTypeId"]["Provider"] == "CodeStarSourceConnection"
    assert source["Configuration"]["FullRepositoryId"] == "clinic/records"
    (trigger,) = found["Triggers"]
    assert trigger["GitConfiguration"]["SourceActionName"] == "GitHub"
    assert trigger["GitConfiguration"]["Push"] == [
        {"Branches": {"Includes": ["release"]}}
    ]


def test_a_token_is_a_reference_and_its_version_makes_a_new_one(pipeline) -> None:
    version = "0123456789abcdef0123456789abcdef"
    found = pipeline_of(pipeline, **TOKEN, TokenVersion=version)

    source = actions(found, "Source")["GitHub"]
    assert source["ActionTypeId"]["Provider"] == "GitHub"
    assert source["Configuration"]["PollForSourceChanges"] == "false"
    assert source["Configuration"]["OAuthToken"] == (
        "{{resolve:secretsmanager:"
        f"{TOKEN['SourceTokenSecretArn']}:SecretString:token::{version}}}}}"
    )
    assert "Triggers" not in found


def test_the_webhook_has_a_secret_of_its_own(pipeline) -> None:
    scope = scope_of(pipeline, TOKEN)
    webhook = resolve(pipeline["Resources"]["PushWebhook"]["Properties"], scope)

    secret = webhook["AuthenticationConfiguration"]["SecretToken"]
    assert TOKEN["WebhookSecretArn"] in secret
    assert webhook["Filters"] == [
        {"JsonPath": "$.ref", "MatchEquals": "refs/heads/{Branch}"}
    ]


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        (TOKEN, 0),
        (CONNECTION, 0),
        ({"SourceAccess": "token"}, 2),
        ({"SourceAccess": "connection"}, 1),
    ],
)
def test_the_way_to_the_source_needs_what_it_names(
    pipeline, given: dict[str, str], broken: int
) -> None:
    assert len(broken_rules(pipeline, scope_of(pipeline, given))) == broken


@pytest.mark.parametrize(
    ("stage", "environment", "tests", "suite"),
    [
        ("DeployDevelopment", "development", "SmokeTests", "smoke"),
        ("DeployStaging", "staging", "IntegrationTests", "integration"),
        ("DeployProduction", "production", "PostDeployTests", "post_deploy"),
    ],
)
def test_a_deployment_creates_a_change_set_executes_it_and_tests_it(
    pipeline, stage: str, environment: str, tests: str, suite: str
) -> None:
    found = actions(pipeline_of(pipeline), stage)
    create, execute, verify = (
        found[name] for name in ("CreateChangeSet", "ExecuteChangeSet", tests)
    )

    assert create["RunOrder"] < execute["RunOrder"] < verify["RunOrder"]
    assert create["Configuration"]["ActionMode"] == "CHANGE_SET_REPLACE"
    assert create["Configuration"]["RoleArn"] == ARN
    assert create["Configuration"]["Capabilities"] == (
        "CAPABILITY_NAMED_IAM,CAPABILITY_AUTO_EXPAND"
    )
    assert create["Configuration"]["TemplateConfiguration"] == (
        f"{environment.capitalize()}Parameters::template-configuration.{environment}.json"
    )
    assert execute["Configuration"]["ActionMode"] == "CHANGE_SET_EXECUTE"
    assert {create["Configuration"]["StackName"]} == {
        f"medical-record-analysis-lambda-{environment}",
        execute["Configuration"]["StackName"],
    }
    given = json.loads(verify["Configuration"]["EnvironmentVariables"])
    variables = {each["name"]: each["value"] for each in given}
    assert (variables["SUITE"], variables["ENVIRONMENT"]) == (suite, environment)
    (outputs,) = execute["OutputArtifacts"]
    assert variables["OUTPUTS_ARTIFACT"] == outputs["Name"]
    assert [each["Name"] for each in verify["InputArtifacts"]] == [
        "BuildOutput",
        outputs["Name"],
    ]


def test_the_same_artifact_goes_to_every_environment(pipeline) -> None:
    found = pipeline_of(pipeline)

    paths = {
        actions(found, stage)["CreateChangeSet"]["Configuration"]["TemplatePath"]
        for stage in SEVEN
        if stage.startswith("Deploy")
    }
    assert paths == {"BuildOutput::packaged.yaml"}


@pytest.mark.parametrize("stage", ["ApproveStaging", "ApproveProduction"])
def test_an_approval_has_a_stage_of_its_own_and_runs_out(pipeline, stage: str) -> None:
    found = actions(pipeline_of(pipeline, ApprovalTimeoutMinutes="60"), stage)

    (approve,) = found.values()
    assert approve["ActionTypeId"]["Category"] == "Approval"
    assert approve["TimeoutInMinutes"] == 60
    assert approve["Configuration"]["NotificationArn"] == {"Ref": "NoticesTopic"}


def test_every_value_of_an_action_fits_its_limit(pipeline) -> None:
    """AWS CodePipeline API Reference: a value has at most 1000 characters."""
    for stage in pipeline_of(pipeline)["Stages"]:
        for action in stage["Actions"]:
            for key, value in action.get("Configuration", {}).items():
                assert len(str(value)) <= 1000, (stage["Name"], action["Name"], key)


def test_texts_of_variables_are_json(pipeline) -> None:
    for stage in pipeline_of(pipeline)["Stages"]:
        for action in stage["Actions"]:
            text = action.get("Configuration", {}).get("EnvironmentVariables")
            if text:
                assert all(
                    set(each) == {"name", "value", "type"} for each in json.loads(text)
                )


@pytest.mark.parametrize(
    ("rule", "source", "states"),
    [
        ("PipelineStopRule", "aws.codepipeline", ["STOPPED"]),
        ("BuildStageFailureRule", "aws.codepipeline", ["FAILED"]),
        ("OtherStageFailureRule", "aws.codepipeline", ["FAILED"]),
        ("DeployFailureRule", "aws.codepipeline", ["FAILED"]),
        ("BuildFailureRule", "aws.codebuild", ["FAILED", "FAULT", "TIMED_OUT"]),
        ("DeploymentFailureRule", "aws.codedeploy", ["FAILURE", "STOP"]),
    ],
)
def test_failures_are_told(pipeline, rule: str, source: str, states: list[str]) -> None:
    properties = pipeline["Resources"][rule]["Properties"]

    assert properties["EventPattern"]["source"] == [source]
    assert states in properties["EventPattern"]["detail"].values()
    (target,) = properties["Targets"]
    assert target["Arn"] == {"Ref": "NoticesTopic"}


def test_no_name_changes_with_time(pipeline) -> None:
    """A changed pipeline cancels executions and loses its targets of rollback."""
    text = json.dumps(pipeline["Resources"]["Pipeline"])

    assert "AWS::StackId" not in text
    assert "{{resolve:ssm" not in text


@pytest.mark.parametrize(
    ("stage", "environment"),
    [
        ("DeployDevelopment", "development"),
        ("DeployStaging", "staging"),
        ("DeployProduction", "production"),
    ],
)
def test_a_release_is_recorded_after_its_tests(
    pipeline, stage: str, environment: str
) -> None:
    found = actions(pipeline_of(pipeline), stage)

    last = max(each["RunOrder"] for each in found.values())
    assert found["Record"]["RunOrder"] == last
    assert variables_of(found["Record"])["ENVIRONMENT"] == environment


@pytest.mark.parametrize(
    ("stage", "following", "approval"),
    [
        ("DeployDevelopment", "staging", "ApproveStaging"),
        ("DeployStaging", "production", "ApproveProduction"),
    ],
)
def test_what_comes_next_is_reviewed_before_it_is_approved(
    pipeline, stage: str, following: str, approval: str
) -> None:
    whole = pipeline_of(pipeline)
    review = actions(whole, stage)["Review"]
    (approve,) = actions(whole, approval).values()

    assert variables_of(review)["ENVIRONMENT"] == following
    namespace = review["Namespace"]
    assert f"#{{{namespace}.REVIEW_SUMMARY}}" in approve["Configuration"]["CustomData"]
    assert approve["Configuration"]["ExternalEntityLink"] == (
        f"#{{{namespace}.REVIEW_LINK}}"
    )


def test_nothing_is_reviewed_beyond_the_pipelines_reach(pipeline) -> None:
    found = pipeline_of(pipeline, Environment="staging")

    assert "Review" in actions(found, "DeployDevelopment")
    assert "Review" not in actions(found, "DeployStaging")


def variables_of(action: dict[str, Any]) -> dict[str, str]:
    given = json.loads(action["Configuration"]["EnvironmentVariables"])
    return {each["name"]: each["value"] for each in given}
