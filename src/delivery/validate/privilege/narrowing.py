"""What handlers list and our use of a type never reaches, and what a role is refused.

A handler's permissions are a union over all properties of its type. A row narrows a write
to the properties that lead to it; reads stay whole, since handlers read every setting back.
Sources: the provider schemas, and the action tables of the AWS Service Authorization
Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.policies import matches_action


@dataclass(frozen=True, slots=True)
class Narrowing:
    """These actions of a type are needed only with one of ``properties``; none: never."""

    type: str
    actions: tuple[str, ...]
    properties: tuple[str, ...] = ()
    reason: str = ""


def _only(kind: str, actions: str, *properties: str, reason: str = "") -> Narrowing:
    return Narrowing(kind, tuple(actions.split()), properties, reason)


_FUNCTION = "AWS::Lambda::Function"
_VERSION = "AWS::Lambda::Version"
_BUCKET = "AWS::S3::Bucket"
_GROUP = "AWS::Logs::LogGroup"
_ROLE = "AWS::IAM::Role"
_KEY = "AWS::KMS::Key"
_TABLE = "AWS::DynamoDB::Table"
_KEPT = "kept on deletion and replacement; deleting it is a person's decision"

NARROWINGS: tuple[Narrowing, ...] = (
    _only("*", "s3:REST.PUT.OBJECT", reason="no action of IAM"),
    _only(_FUNCTION, "ec2:*", "VpcConfig"),
    _only(_FUNCTION, "elasticfilesystem:* s3files:*", "FileSystemConfigs"),
    _only(_FUNCTION, "lambda:GetLayerVersion", "Layers"),
    _only(
        _FUNCTION,
        "lambda:GetCodeSigningConfig lambda:PutFunctionCodeSigningConfig "
        "lambda:DeleteFunctionCodeSigningConfig",
        "CodeSigningConfigArn",
    ),
    _only(_FUNCTION, "lambda:AssociateRuntimeAlias", "RuntimeManagementConfig"),
    _only(_FUNCTION, "lambda:PutRuntimeManagementConfig", "RuntimeManagementConfig"),
    _only(_FUNCTION, "lambda:PutFunctionRecursionConfig", "RecursiveLoop"),
    _only(_FUNCTION, "lambda:PutFunctionScalingConfig", "FunctionScalingConfig"),
    _only(_FUNCTION, "lambda:PassCapacityProvider", "CapacityProviderConfig"),
    _only(_FUNCTION, "lambda:*FunctionConcurrency", "ReservedConcurrentExecutions"),
    _only(_FUNCTION, "kms:*", "KmsKeyArn"),
    _only(
        _VERSION,
        "lambda:PutProvisionedConcurrencyConfig",
        "ProvisionedConcurrencyConfig",
    ),
    _only(_VERSION, "lambda:PutFunctionScalingConfig", "FunctionScalingConfig"),
    _only(_VERSION, "lambda:PutRuntimeManagementConfig", "RuntimePolicy"),
    _only(
        "AWS::Lambda::Alias",
        "lambda:PutProvisionedConcurrencyConfig lambda:DeleteProvisionedConcurrencyConfig",
        "ProvisionedConcurrencyConfig",
    ),
    _only(
        _ROLE,
        "iam:AttachRolePolicy iam:DetachRolePolicy",
        "ManagedPolicyArns",
    ),
    _only(_ROLE, "iam:PutRolePolicy iam:DeleteRolePolicy", "Policies"),
    _only(
        _ROLE,
        "iam:DeleteRolePermissionsBoundary",
        reason="a deployment never takes a boundary away",
    ),
    _only(_BUCKET, "s3:DeleteObject s3:PutObjectAcl s3:PutBucketAcl", "AccessControl"),
    _only(
        _BUCKET,
        "iam:PassRole s3:PutBucketReplication s3:PutReplicationConfiguration "
        "s3:DeleteBucketReplication",
        "ReplicationConfiguration",
    ),
    _only(_BUCKET, "s3tables:*", "MetadataTableConfiguration"),
    _only(
        _BUCKET,
        "s3:CreateBucketMetadata* s3:UpdateBucketMetadata* s3:DeleteBucketMetadata*",
        "MetadataTableConfiguration",
        "MetadataConfiguration",
    ),
    _only(_BUCKET, "s3:PutAccelerateConfiguration", "AccelerateConfiguration"),
    _only(
        _BUCKET,
        "s3:PutAnalyticsConfiguration s3:DeleteBucketAnalyticsConfiguration",
        "AnalyticsConfigurations",
    ),
    _only(_BUCKET, "s3:PutBucketAbac", "AbacStatus"),
    _only(_BUCKET, "s3:PutBucketCORS s3:DeleteBucketCors", "CorsConfiguration"),
    _only(_BUCKET, "s3:PutBucketLogging", "LoggingConfiguration"),
    _only(_BUCKET, "s3:PutBucketNotification", "NotificationConfiguration"),
    _only(
        _BUCKET,
        "s3:PutBucketObjectLockConfiguration s3:PutObjectLockConfiguration",
        "ObjectLockConfiguration",
        "ObjectLockEnabled",
    ),
    _only(_BUCKET, "s3:PutBucketOwnershipControls", "OwnershipControls"),
    _only(_BUCKET, "s3:PutBucketPublicAccessBlock", "PublicAccessBlockConfiguration"),
    _only(_BUCKET, "s3:PutBucketVersioning", "VersioningConfiguration"),
    _only(
        _BUCKET, "s3:PutBucketWebsite s3:DeleteBucketWebsite", "WebsiteConfiguration"
    ),
    _only(_BUCKET, "s3:PutEncryptionConfiguration", "BucketEncryption"),
    _only(
        _BUCKET,
        "s3:PutIntelligentTieringConfiguration",
        "IntelligentTieringConfigurations",
    ),
    _only(_BUCKET, "s3:PutInventoryConfiguration", "InventoryConfigurations"),
    _only(_BUCKET, "s3:PutLifecycleConfiguration", "LifecycleConfiguration"),
    _only(
        _BUCKET,
        "s3:PutMetricsConfiguration s3:DeleteBucketMetricsConfiguration",
        "MetricsConfigurations",
    ),
    # S3 deletes these two by the permission to put them.
    _only(
        _BUCKET,
        "s3:DeleteBucketEncryption s3:DeleteBucketLifecycle",
        reason="no action of IAM",
    ),
    _only(_KEY, "kms:ScheduleKeyDeletion", reason=_KEPT),
    _only(_KEY, "kms:DisableKey kms:EnableKey", "Enabled"),
    _only(_KEY, "kms:DisableKeyRotation", reason="keys rotate; none stops to"),
    _only(
        _GROUP, "firehose:* logs:CreateLogDelivery", reason="only for delivered logs"
    ),
    _only(
        _GROUP, "logs:PutBearerTokenAuthentication", "BearerTokenAuthenticationEnabled"
    ),
    _only(
        _GROUP,
        "logs:PutDataProtectionPolicy logs:DeleteDataProtectionPolicy",
        "DataProtectionPolicy",
    ),
    _only(_GROUP, "logs:PutIndexPolicy logs:DeleteIndexPolicy", "FieldIndexPolicies"),
    _only(
        _GROUP,
        "logs:PutResourcePolicy logs:DeleteResourcePolicy",
        "ResourcePolicyDocument",
    ),
    _only(_GROUP, "logs:PutLogGroupDeletionProtection", "DeletionProtectionEnabled"),
    _only(_GROUP, "logs:*KmsKey", "KmsKeyId"),
    _only(_GROUP, "logs:*RetentionPolicy", "RetentionInDays"),
    _only(
        "AWS::CodeDeploy::DeploymentGroup",
        "codedeploy:RegisterOnPremisesInstance",
        "OnPremisesInstanceTagFilters",
    ),
    _only("AWS::ApiGateway::RestApi", "apigateway:UpdateRestApiPolicy", "Policy"),
    _only("AWS::ApiGateway::RestApi", "s3:GetObject", "BodyS3Location"),
    _only(
        "AWS::ApiGateway::RestApi",
        "iam:PassRole",
        reason="roles stand in integrations; ours call functions by permission",
    ),
    _only("AWS::WAFv2::WebACL", "payments:*", reason="only for paid rule groups"),
    _only(
        "AWS::WAFv2::WebACLAssociation",
        "amplify:* apprunner:* appsync:* bedrock-agentcore:* cognito-idp:* ec2:* "
        "elasticloadbalancing:* wafv2:*PermissionPolicy",
        reason="the ACL stands before an API's stage",
    ),
    _only(_TABLE, "dynamodb:*Replica* dynamodb:*GlobalTable*", "Replicas"),
    _only(
        _TABLE,
        "kinesis:* dynamodb:*KinesisStreamingDestination",
        "KinesisStreamSpecification",
    ),
    _only(
        _TABLE,
        "s3:* dynamodb:ImportTable dynamodb:DescribeImport logs:*",
        "ImportSourceSpecification",
    ),
    _only(_TABLE, "dynamodb:*ResourcePolicy", "ResourcePolicy"),
    _only(_TABLE, "kms:*", "SSESpecification"),
    _only(
        _TABLE,
        "dynamodb:BatchWriteItem dynamodb:*Item dynamodb:Query dynamodb:Scan "
        "iam:CreateServiceLinkedRole",
        "Replicas",
    ),
    _only(
        _TABLE, "dynamodb:UpdateContinuousBackups", "PointInTimeRecoverySpecification"
    ),
    _only(
        _TABLE, "dynamodb:UpdateContributorInsights", "ContributorInsightsSpecification"
    ),
    _only(_TABLE, "dynamodb:UpdateTimeToLive", "TimeToLiveSpecification"),
    _only("AWS::StepFunctions::StateMachine", "kms:*", "EncryptionConfiguration"),
    _only("AWS::StepFunctions::StateMachine", "s3:*", "DefinitionS3Location"),
)


def is_needed(kind: str, action: str, properties: Mapping[str, Any]) -> bool:
    """Say whether a handler of ``kind`` reaches ``action`` for these properties."""
    for each in NARROWINGS:
        if each.type not in ("*", kind):
            continue
        if any(matches_action(pattern, action) for pattern in each.actions):
            return any(name in properties for name in each.properties)
    return True
