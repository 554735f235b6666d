"""What an auditor asks of every resource, in all three templates."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery.model import METRIC_NAMESPACE

ENCRYPTED_LOGS = "KmsKeyId"


def resources(templates, kind: str) -> dict[str, dict[str, Any]]:
    return {
        f"{name}:{logical_id}": resource
        for name, template in templates.items()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def test_every_bucket_is_encrypted_versioned_private_and_kept(templates) -> None:
    for name, bucket in resources(templates, "AWS::S3::Bucket").items():
        properties = bucket["Properties"]
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        # S3 delivers access logs only to a bucket with SSE-S3.
        assert algorithm == ("AES256" if name == "foundation:LogBucket" else "aws:kms")
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["DeletionPolicy"].startswith("Retain"), name
        assert bucket["UpdateReplacePolicy"] == "Retain", name
        if name != "foundation:LogBucket":
            assert "LoggingConfiguration" in properties, name


def test_every_bucket_queue_and_topic_refuses_plain_http(templates) -> None:
    kinds = {
        "AWS::S3::BucketPolicy": ("AWS::S3::Bucket", "Bucket"),
        "AWS::SQS::QueuePolicy": ("AWS::SQS::Queue", "Queues"),
        "AWS::SNS::TopicPolicy": ("AWS::SNS::Topic", "Topics"),
    }
    for policy_kind, (kind, key) in kinds.items():
        covered = []
        for policy in resources(templates, policy_kind).values():
            covered.append(json.dumps(policy["Properties"][key]))
            denies = [
                each
                for each in policy["Properties"]["PolicyDocument"]["Statement"]
                if each["Effect"] == "Deny"
                and each.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            ]
            assert len(denies) == 1
        for name in resources(templates, kind):
            logical_id = name.partition(":")[2]
            assert any(f'"{logical_id}"' in each for each in covered), name


def test_every_key_rotates_and_is_administered_apart_from_use(templates) -> None:
    for name, key in resources(templates, "AWS::KMS::Key").items():
        assert key["Properties"]["EnableKeyRotation"] is True
        assert key["DeletionPolicy"].startswith("Retain"), name
        statements = key["Properties"]["KeyPolicy"]["Statement"]
        (administration,) = [
            each for each in statements if each["Sid"] == "AdministrationByTheAccount"
        ]
        used = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:*"}
        assert not used & set(administration["Action"])


def test_every_log_group_is_encrypted_and_ends(templates) -> None:
    for name, group in resources(templates, "AWS::Logs::LogGroup").items():
        assert ENCRYPTED_LOGS in group["Properties"], name
        assert "RetentionInDays" in group["Properties"], name


def test_topic_queue_and_secrets_are_encrypted_with_our_key(templates) -> None:
    wanted = {
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::SecretsManager::Secret": "KmsKeyId",
        "AWS::CodeBuild::Project": "EncryptionKey",
    }
    for kind, key in wanted.items():
        for name, resource in resources(templates, kind).items():
            assert key in resource["Properties"], name


def test_the_topics_key_admits_rules_and_alarms(foundation) -> None:
    statements = foundation["Resources"]["DeliveryKey"]["Properties"]["KeyPolicy"][
        "Statement"
    ]
    (notices,) = [
        each for each in statements if each["Sid"] == "UseByEventsAndAlarmsForNotices"
    ]

    assert notices["Principal"]["Service"] == [
        "events.amazonaws.com",
        "cloudwatch.amazonaws.com",
    ]
    assert "aws:SourceAccount" in notices["Condition"]["StringEquals"]


def test_releases_never_expire_and_artifacts_do(foundation) -> None:
    def rules(name: str) -> list[dict[str, Any]]:
        properties = foundation["Resources"][name]["Properties"]
        found: list[dict[str, Any]] = properties["LifecycleConfiguration"]["Rules"]
        return found

    (releases,), (artifacts,) = rules("ReleaseBucket"), rules("ArtifactBucket")

    assert set(releases) == {"Id", "Status", "AbortIncompleteMultipartUpload"}
    assert artifacts["ExpirationInDays"] == {"Ref": "ArtifactRetentionDays"}
    assert "NoncurrentVersionExpiration" in artifacts


def test_no_secret_has_its_value_in_a_template(templates) -> None:
    for name, secret in resources(templates, "AWS::SecretsManager::Secret").items():
        assert "SecretString" not in secret["Properties"], name


def test_the_trail_is_validated_everywhere_and_kept_seven_years(foundation) -> None:
    trail = foundation["Resources"]["Trail"]["Properties"]
    bucket = foundation["Resources"]["TrailBucket"]["Properties"]

    assert trail["EnableLogFileValidation"] is True
    assert trail["IsMultiRegionTrail"] is True
    assert "KMSKeyId" in trail
    assert bucket["ObjectLockEnabled"] is True
    assert foundation["Parameters"]["AuditRetentionDays"]["Default"] >= 7 * 365


def statements(foundation, role: str) -> list[dict[str, Any]]:
    properties = foundation["Resources"][role]["Properties"]
    return [
        each
        for policy in properties["Policies"]
        for each in policy["PolicyDocument"]["Statement"]
        if "Fn::If" not in each
    ]


def allowed(foundation, role: str) -> set[str]:
    found: set[str] = set()
    for each in statements(foundation, role):
        if each["Effect"] == "Allow":
            given = each["Action"]
            found |= {given} if isinstance(given, str) else set(given)
    return found


def test_a_build_cannot_deploy(foundation) -> None:
    services = {
        action.partition(":")[0]
        for action in allowed(foundation, "CodeBuildServiceRole")
    }

    assert services == {"logs", "s3", "kms", "codebuild", "cloudwatch"}


@pytest.mark.parametrize("role", ["CodeBuildServiceRole", "RecorderRole"])
def test_metrics_are_put_into_the_deliverys_namespace_only(
    foundation, role: str
) -> None:
    (found,) = [
        each
        for each in statements(foundation, role)
        if "cloudwatch:" in json.dumps(each["Action"])
    ]

    assert found["Action"] == "cloudwatch:PutMetricData"
    namespace = found["Condition"]["StringEquals"]["cloudwatch:namespace"]
    label = foundation["Parameters"]["ProjectLabel"]["Default"]
    assert namespace["Fn::Sub"].replace("${ProjectLabel}", label) == METRIC_NAMESPACE


def test_a_build_cannot_touch_the_ledger(foundation) -> None:
    for each in statements(foundation, "CodeBuildServiceRole"):
        if "s3:PutObject" in each["Action"]:
            resource = json.dumps(each["Resource"])
            assert "ReleaseBucket" not in resource or "/packages/*" in resource


@pytest.mark.parametrize("role", ["RecorderRole", "CodeBuildServiceRole", "ReviewRole"])
def test_who_writes_releases_cannot_delete_them(foundation, role: str) -> None:
    assert not {each for each in allowed(foundation, role) if "DeleteObject" in each}


def test_a_review_executes_nothing_and_deletes_no_environment(foundation) -> None:
    assert "cloudformation:ExecuteChangeSet" not in allowed(foundation, "ReviewRole")
    (delete,) = [
        each
        for each in statements(foundation, "ReviewRole")
        if "cloudformation:DeleteStack" in each["Action"]
    ]
    assert "-review-*" in json.dumps(delete["Resource"])
    assert "-lambda-" not in json.dumps(delete["Resource"])


def test_a_deployment_cannot_delete_records_or_keys(foundation) -> None:
    actions = allowed(foundation, "CloudFormationServiceRole")

    assert {
        each for each in actions if each.startswith("s3:") and "Object" in each
    } == {
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetObject",
        "s3:GetObjectVersion",
    }
    assert "kms:ScheduleKeyDeletion" not in actions
    assert "kms:DisableKey" not in actions


def test_a_deployment_makes_only_bounded_roles(foundation) -> None:
    for each in statements(foundation, "CloudFormationServiceRole"):
        if each["Effect"] == "Allow" and "iam:PutRolePolicy" in each["Action"]:
            assert each["Condition"]["StringEquals"] == {
                "iam:PermissionsBoundary": {"Ref": "PermissionsBoundary"}
            }
    assert not {
        "iam:AttachRolePolicy",
        "iam:CreatePolicy",
        "iam:CreateUser",
        "iam:DeleteRolePermissionsBoundary",
    } & allowed(foundation, "CloudFormationServiceRole")


def test_service_roles_stay_within_their_size(foundation) -> None:
    """IAM counts 10,240 characters of inline policies a role, blanks not counted."""
    for name, resource in foundation["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            size = sum(
                len(json.dumps(each["PolicyDocument"], separators=(",", ":")))
                for each in resource["Properties"].get("Policies", [])
            )
            assert size < 10_240, name


def test_services_are_trusted_for_this_account_only(foundation) -> None:
    for name, resource in foundation["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for each in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            if each["Principal"].get("Service") in {
                "codebuild.amazonaws.com",
                "codepipeline.amazonaws.com",
            }:
                equals = each["Condition"]["StringEquals"]
                assert equals == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}, name


def test_every_output_that_the_pipeline_takes_has_its_name(
    foundation, pipeline
) -> None:
    asked = {
        "DeliveryKeyArn",
        "ArtifactBucketName",
        "ReleaseBucketName",
        "LogBucketName",
        "PermissionsBoundaryArn",
        "CodeBuildServiceRoleArn",
        "CodePipelineServiceRoleArn",
        "CloudFormationServiceRoleArn",
        "VerificationRoleArn",
    }

    assert asked <= set(foundation["Outputs"]) & set(pipeline["Parameters"])


def test_emergency_access_needs_a_second_factor_and_changes_nothing(
    foundation,
) -> None:
    role = foundation["Resources"]["BreakGlassRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
        "StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}},
    }
    assert role["MaxSessionDuration"] == 3600
    assert allowed(foundation, "BreakGlassRole") == {
        "kms:Decrypt",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
    }
