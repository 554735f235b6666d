"""Say what about one change of a change set needs a second look."""

from __future__ import annotations

from enum import StrEnum

from delivery.model.stacks import ResourceChange


class Mark(StrEnum):
    """Why a change needs a second look, in the words that reports use."""

    DATA = "data at risk"
    DELETED = "deleted"
    REPLACED = "replaced"
    MAY_BE_REPLACED = "may be replaced"
    PERMISSIONS = "permissions"


# What holds something that no deployment brings back. A key holds nothing itself; without
# it, what it encrypted is lost.
_HOLDS_DATA = (
    "AWS::Backup::",
    "AWS::Cognito::UserPool",
    "AWS::DocDB::",
    "AWS::DynamoDB::",
    "AWS::EC2::Volume",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::MemoryDB::",
    "AWS::Neptune::",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::Secret",
    "AWS::Timestream::",
)
# Types whose names begin like one that holds data, and which hold none.
_HOLDS_NONE = (
    "AWS::RDS::DBSubnetGroup",
    "AWS::RDS::DBParameterGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::SecretTargetAttachment",
)
# What decides who may do what.
_GRANTS = (
    "AWS::IAM::",
    "AWS::Lambda::Permission",
    "AWS::Lambda::LayerVersionPermission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::ResourcePolicy",
)
# Properties by which a resource that is not a policy itself says who may use it.
_GRANTING_PROPERTIES = frozenset(
    {
        "KeyPolicy",
        "ManagedPolicyArns",
        "PermissionsBoundary",
        "Policies",
        "PolicyDocument",
        "ResourcePolicy",
        "Role",
    }
)


def holds_data(type_name: str) -> bool:
    """Tell whether resources of a type keep what no deployment brings back."""
    return type_name.startswith(_HOLDS_DATA) and not type_name.startswith(_HOLDS_NONE)


def changes_permissions(change: ResourceChange) -> bool:
    """Tell whether a change could alter who may do what."""
    return change.type.startswith(_GRANTS) or bool(
        _GRANTING_PROPERTIES.intersection(change.properties)
    )


def marks_of(change: ResourceChange) -> tuple[Mark, ...]:
    """Return what needs a second look, the worst first."""
    marks: list[Mark] = []
    if holds_data(change.type) and (change.deletes or change.replaces):
        marks.append(Mark.DATA)
    if change.action == "Remove" and change.deletes:
        marks.append(Mark.DELETED)
    if change.replaces:
        sure = change.replacement == "True"
        marks.append(Mark.REPLACED if sure else Mark.MAY_BE_REPLACED)
    if changes_permissions(change):
        marks.append(Mark.PERMISSIONS)
    return tuple(marks)
