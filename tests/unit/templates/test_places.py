"""pipeline.yaml where releases are promoted: from the home, and in a place that receives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from resolved_pipeline import CONNECTION, GIVEN, actions, pipeline_of, scope_of

from awsrules.policies import Request, evaluate, read_policy
from awsrules.templates import broken_rules, resolve

ACCOUNT = "123456789012"
PROMOTER = f"arn:aws:iam::{ACCOUNT}:role/medical-record-analysis-promoter-us-east-1"
RECEIVER = f"arn:aws:iam::{ACCOUNT}:role/medical-record-analysis-receiver-us-west-2"
PLACE = {
    "SourceAccess": "promotion",
    "PromoterRoleArn": PROMOTER,
    "GitHubOwner": "",
    "GitHubRepository": "",
}
HOME = {**CONNECTION, "ReceiverRoleArns": RECEIVER}
ABROAD = "210987654321"
ASKING = {
    **PLACE,
    "PlaceApproves": "true",
    "PromoterRoleArn": PROMOTER.replace(ACCOUNT, ABROAD),
}


def active(template: dict[str, Any], given: dict[str, str], kind: str) -> set[str]:
    """Name the resources of a type that are made."""
    conditions = scope_of(template, given).conditions
    return {
        name
        for name, each in template["Resources"].items()
        if each["Type"] == kind and conditions.get(each.get("Condition", ""), True)
    }


def test_a_place_deploys_what_was_promoted_and_nothing_else(pipeline) -> None:
    found = pipeline_of(pipeline, **PLACE)

    assert [each["Name"] for each in found["Stages"]] == ["Source", "DeployProduction"]
    source = actions(found, "Source")["Promotion"]
    assert source["ActionTypeId"]["Provider"] == "S3"
    assert source["Configuration"] == {
        "S3Bucket": GIVEN["ArtifactBucketName"],
        "S3ObjectKey": "promoted/release.zip",
        "PollForSourceChanges": "false",
    }
    assert source["OutputArtifacts"] == [{"Name": "BuildOutput"}]
    assert "Triggers" not in found


def test_a_place_checks_the_artifact_against_what_the_home_said_of_it(pipeline) -> None:
    def checked(**given: str) -> str:
        found = pipeline_of(pipeline, **given)
        check = actions(found, "DeployProduction")["CheckArtifact"]
        variables = json.loads(check["Configuration"]["EnvironmentVariables"])
        return str(variables[0]["value"])

    assert checked(**PLACE) == "#{variables.ArtifactSha256}"
    assert checked() == "#{BuildVariables.ARTIFACT_SHA256}"
    declared, *_ = pipeline_of(pipeline, **PLACE)["Variables"]
    # Nothing has this hash: an execution that nobody promoted deploys nothing.
    assert (declared["Name"], declared["DefaultValue"]) == ("ArtifactSha256", "none")


def test_a_place_has_all_of_production_that_the_home_has(pipeline) -> None:
    home, place = pipeline_of(pipeline), pipeline_of(pipeline, **PLACE)

    assert list(actions(place, "DeployProduction")) == list(
        actions(home, "DeployProduction")
    )


def test_a_place_that_asks_reviews_before_and_deploys_after(pipeline) -> None:
    found = pipeline_of(pipeline, **ASKING)

    assert [each["Name"] for each in found["Stages"]] == [
        *("Source", "ReviewProduction", "ApproveProduction", "DeployProduction")
    ]
    (review,) = actions(found, "ReviewProduction").values()
    at_home = actions(pipeline_of(pipeline), "DeployStaging")["Review"]
    assert {**review, "RunOrder": at_home["RunOrder"]} == at_home
    deploying, home = (
        list(actions(each, "DeployProduction"))
        for each in (found, pipeline_of(pipeline))
    )
    assert deploying == home


def test_who_is_asked_reads_the_commit_that_was_handed_over(pipeline) -> None:
    def asked(**given: str) -> dict[str, Any]:
        found = pipeline_of(pipeline, **given)
        configuration = actions(found, "ApproveProduction")["Approve"]["Configuration"]
        return dict(configuration)

    place, home = asked(**ASKING), asked()
    text = "Release {} to production? #{{ProductionReview.REVIEW_SUMMARY}}"
    assert place.pop("CustomData") == text.format("#{variables.CommitId}")
    assert home.pop("CustomData") == text.format("#{SourceVariables.CommitId}")
    assert place == home
    declared = {
        each["Name"]: each["DefaultValue"]
        for each in pipeline_of(pipeline, **ASKING)["Variables"]
    }
    assert declared["CommitId"] == "none"
    assert "CommitId" not in [
        each["Name"] for each in pipeline_of(pipeline)["Variables"]
    ]


def test_an_alarm_tells_where_a_person_is_asked_that_nobody_answered(pipeline) -> None:
    def alarms(**given: str) -> set[str]:
        return active(pipeline, {**CONNECTION, **given}, "AWS::CloudWatch::Alarm")

    assert "ApprovalWaitsAlarm" in alarms(**ASKING)
    assert "ApprovalWaitsAlarm" not in alarms(**PLACE)
    assert "ApprovalWaitsAlarm" in alarms(Environment="staging")
    assert "ApprovalWaitsAlarm" not in alarms(Environment="development")


def test_the_home_asks_as_ever_whatever_a_place_would(pipeline) -> None:
    assert pipeline_of(pipeline, PlaceApproves="true") == pipeline_of(pipeline)


@pytest.mark.parametrize("reach", ["development", "staging", "production"])
def test_promoting_is_the_last_stage_whatever_the_reach(pipeline, reach: str) -> None:
    found = pipeline_of(pipeline, **HOME, Environment=reach)

    assert found["Stages"][-1]["Name"] == "Promote"
    assert found["Stages"][-2]["Name"] == f"Deploy{reach.capitalize()}"


def test_without_places_there_is_nobody_to_promote(pipeline) -> None:
    roles = active(pipeline, CONNECTION, "AWS::IAM::Role")
    projects = active(pipeline, CONNECTION, "AWS::CodeBuild::Project")

    assert "PromoterRole" not in roles and "ReceiverRole" not in roles
    assert "PromoteProject" not in projects


def test_the_home_has_a_promoter_and_a_place_a_receiver(pipeline) -> None:
    assert "PromoterRole" in active(pipeline, HOME, "AWS::IAM::Role")
    assert "ReceiverRole" not in active(pipeline, HOME, "AWS::IAM::Role")
    assert "ReceiverRole" in active(pipeline, PLACE, "AWS::IAM::Role")
    assert "PromoterRole" not in active(pipeline, PLACE, "AWS::IAM::Role")


def test_the_receiver_trusts_the_promoter_alone(pipeline) -> None:
    scope = scope_of(pipeline, PLACE)
    role = resolve(pipeline["Resources"]["ReceiverRole"]["Properties"], scope)

    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert trust["Condition"] == {"ArnEquals": {"aws:PrincipalArn": PROMOTER}}


def test_the_receiver_of_another_account_trusts_one_role_of_the_homes(pipeline) -> None:
    role = resolve(
        pipeline["Resources"]["ReceiverRole"]["Properties"], scope_of(pipeline, ASKING)
    )

    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": f"arn:aws:iam::{ABROAD}:root"}
    assert trust["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": ASKING["PromoterRoleArn"]}
    }


def test_the_promoter_takes_the_receivers_it_was_told_of_and_no_other(pipeline) -> None:
    scope = scope_of(pipeline, HOME)
    role = resolve(pipeline["Resources"]["PromoterRole"]["Properties"], scope)
    policy = read_policy(role["Policies"][0]["PolicyDocument"])

    def may(arn: str) -> bool:
        asked = Request("sts:AssumeRole", arn, {}, PROMOTER)
        return evaluate(asked, (policy,)).allowed

    assert may(RECEIVER)
    assert not may(RECEIVER.replace("us-west-2", "eu-west-1"))


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        (PLACE, []),
        ({**PLACE, "PromoterRoleArn": ""}, ["PromoterRoleArn must be given"]),
        ({**PLACE, "Environment": "staging"}, ["Environment must be production"]),
        (
            {"SourceAccess": "promotion"},
            ["PromoterRoleArn must be given"],
        ),
    ],
)
def test_a_place_has_to_know_who_promotes_to_it(pipeline, given, broken) -> None:
    scope = scope_of(pipeline, {"PromoterRoleArn": "", **given})
    found = broken_rules(pipeline, scope)

    assert len(found) == len(broken)
    assert all(
        each.endswith(told) for each, told in zip(found, broken, strict=True)
    ), found
