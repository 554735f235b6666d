"""What a call asks of IAM: actions, on which resources, with which condition keys.

A call may ask more than one thing: who hands a role over needs ``iam:PassRole``, who reads an
encrypted object ``kms:Decrypt``. Sources: the Service Authorization Reference (actions,
resource types, dependent actions); "Fine-tuning the Resources and Conditions sections of
policies", AWS Lambda Developer Guide; "Permissions for SSE-KMS", Amazon S3 User Guide; "Securing
Lambda environment variables", AWS Lambda Developer Guide; "Identity and access management for
AWS CodeDeploy", its permissions reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

# Keys that a request is known to carry, or (None) known not to carry.
Known = Mapping[str, str | None]

# Operations that are allowed by an action of another name.
_ACTIONS: Mapping[str, str] = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CopyObject": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:UploadPart": "s3:PutObject",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}
_PREFIXES = {"stepfunctions": "states"}
# Which parameter names the resource, and the ARN's end; the first that is there counts.
_FORMS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "cloudformation": (("StackName", "stack/{}/any"),),
    "cloudwatch": (("AlarmName", "alarm:{}"),),
    "codebuild": (("projectName", "project/{}"), ("reportGroupArn", "{}")),
    "codeconnections": (("ConnectionArn", "{}"),),
    "codepipeline": (("pipelineName", "{}"),),
    "iam": (("RoleName", "role/{}"), ("PolicyArn", "{}")),
    "kms": (("KeyId", "key/{}"), ("AliasName", "{}")),
    "lambda": (("FunctionName", "function:{}"), ("Resource", "{}")),
    "logs": (("logGroupName", "log-group:{}"),),
    "secretsmanager": (("SecretId", "secret:{}"),),
    "sns": (("TopicArn", "{}"), ("TargetArn", "{}"), ("ResourceArn", "{}")),
    "sqs": (("QueueName", "{}"),),
    "sts": (("RoleArn", "{}"),),
}
# The parameter by which a role is handed to the service.
_PASSED = {
    "cloudformation": "RoleARN",
    "codebuild": "serviceRole",
    "codedeploy": "serviceRoleArn",
    "lambda": "Role",
}
# Tags on what is made ask for the permission to tag.
_TAGGED = {
    ("codedeploy", "CreateApplication"): "codedeploy:TagResource",
    ("iam", "CreateRole"): "iam:TagRole",
    ("kms", "CreateKey"): "kms:TagResource",
    ("lambda", "CreateFunction"): "lambda:TagResource",
    ("logs", "CreateLogGroup"): "logs:TagResource",
    ("sqs", "CreateQueue"): "sqs:TagQueue",
}
_GLOBAL = frozenset({"iam"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call arrives."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Question:
    """May the caller do ``action`` on ``resource``? "" is a resource that is not known."""

    action: str
    resource: str = ""
    known: Known = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asking:
    """One call as it came: service and operation by botocore's names."""

    service: str
    operation: str
    method: str
    path: str
    params: Mapping[str, Any]

    def given(self, name: str) -> str:
        """Give a parameter that is a text, "" where it is not there."""
        value = self.params.get(name)
        return value if isinstance(value, str) else ""


def questions(call: Asking, place: Place) -> Iterator[Question]:
    """Give all that ``call`` asks of its caller's policies."""
    yield Question(action_of(call), resource_of(call, place), _known(call, place))
    yield from _dependent(call, place)


def action_of(call: Asking) -> str:
    """Give the IAM action that allows an operation."""
    if call.service == "apigateway":
        return f"apigateway:{call.method}"
    name = f"{_PREFIXES.get(call.service, call.service)}:{call.operation}"
    if name in ("s3:GetObject", "s3:DeleteObject") and call.given("VersionId"):
        return f"{name}Version"
    return _ACTIONS.get(name, name)


def resource_of(call: Asking, place: Place) -> str:
    """Give the ARN that a call is about, "" where the plane cannot tell."""
    match call.service:
        case "s3":
            path = unquote(call.path).strip("/")
            return f"arn:aws:s3:::{path}" if path else ""
        case "apigateway":
            return f"arn:aws:apigateway:{place.region}::{unquote(call.path)}"
        case "codedeploy":
            return _deployment(call, place)
    for name, form in _FORMS.get(call.service, ()):
        if given := call.given(name):
            if name == "KeyId" and ":alias/" in f":{given}":
                return ""  # the question is about the alias's key
            if call.service == "lambda" and (version := call.given("Qualifier")):
                # Compared with the name and the qualifier that the request has.
                given = f"{given.removesuffix(f':{version}')}:{version}"
            return _arn(call.service, form, given, place)
    return _named_in_other_ways(call, place)


def _named_in_other_ways(call: Asking, place: Place) -> str:
    """Builds, queues and alarms may be named by lists or by URLs."""
    match call.service:
        case "codebuild":
            builds = call.params.get("ids") or [call.given("id")]
            project = str(builds[0]).partition(":")[0]
            return _arn("codebuild", "project/{}", project, place) if project else ""
        case "sqs":
            name = call.given("QueueUrl").rpartition("/")[2]
            return _arn("sqs", "{}", name, place) if name else ""
        case "cloudwatch" if call.operation == "DeleteAlarms":
            alarms = call.params.get("AlarmNames") or [""]
            return _arn("cloudwatch", "alarm:{}", str(alarms[0]), place)
        case "codepipeline":
            name = call.given("name")
            return _arn("codepipeline", "{}", name, place) if name else ""
    return ""


def _deployment(call: Asking, place: Place) -> str:
    application = call.given("applicationName")
    group = call.given("deploymentGroupName") or call.given(
        "currentDeploymentGroupName"
    )
    if application and group:
        return _arn("codedeploy", "deploymentgroup:{}", f"{application}/{group}", place)
    if application:
        return _arn("codedeploy", "application:{}", application, place)
    if name := call.given("deploymentConfigName"):
        return _arn("codedeploy", "deploymentconfig:{}", name, place)
    return ""


def _arn(service: str, form: str, given: str, place: Place) -> str:
    if given.startswith("arn:"):
        return given
    region = "" if service in _GLOBAL else place.region
    return f"arn:aws:{service}:{region}:{place.account}:{form.format(given)}"


def _known(call: Asking, place: Place) -> Known:
    """Give the condition keys whose values the plane knows."""
    match call.service, call.operation:
        case "cloudwatch", "PutMetricData":
            return {"cloudwatch:namespace": call.given("Namespace") or None}
        case "sts", "AssumeRole":
            names = {"sts:ExternalId": "ExternalId"}
            names["sts:RoleSessionName"] = "RoleSessionName"
            return {key: call.given(name) or None for key, name in names.items()}
        case "s3", "ListObjects" | "ListObjectsV2":
            return {"s3:prefix": call.given("Prefix") or None}
        case "iam", "CreateRole" | "PutRolePermissionsBoundary":
            return {
                "iam:PermissionsBoundary": call.given("PermissionsBoundary") or None
            }
        case "iam", "PutRolePolicy" | "DeleteRolePolicy" | "AttachRolePolicy":
            return {"iam:PermissionsBoundary": _boundary(call, place)}
    return {}


def _dependent(call: Asking, place: Place) -> Iterator[Question]:
    """Give what the same call asks besides its own action."""
    own = resource_of(call, place)
    passed = call.given(_PASSED.get(call.service, ""))
    if passed:
        to = {"iam:PassedToService": f"{call.service}.amazonaws.com"}
        yield Question("iam:PassRole", passed, to)
    tags = call.params.get("Tags") or call.params.get("tags")
    tagging = _TAGGED.get((call.service, call.operation))
    if tags and tagging:
        yield Question(tagging, own)
    match call.service, call.operation:
        case "cloudformation", "CreateChangeSet":
            yield from _transform(call, place)
        case "codedeploy", "CreateDeployment":
            yield from _revision(call, place)
        case "lambda", "CreateFunction" | "UpdateFunctionConfiguration":
            if key := call.given("KMSKeyArn"):
                for action in ("kms:CreateGrant", "kms:Encrypt"):
                    yield Question(action, key, _via("lambda", place))
        case "s3", "GetObject" | "PutObject":
            verb = "Decrypt" if call.operation == "GetObject" else "GenerateDataKey"
            where = _place_of_bucket(call.given("Bucket"), place)
            if key := _key_of_bucket(call.given("Bucket"), where):
                yield Question(f"kms:{verb}", key, _via("s3", where))
        case "sns", "Publish":
            if key := _key_of_topic(call.given("TopicArn"), place):
                yield Question("kms:GenerateDataKey", key, _via("sns", place))
                yield Question("kms:Decrypt", key, _via("sns", place))


def _via(service: str, place: Place) -> Known:
    return {"kms:ViaService": f"{service}.{place.region}.amazonaws.com"}


def _transform(call: Asking, place: Place) -> Iterator[Question]:
    name = "Serverless-2016-10-31"
    if name in call.given("TemplateBody"):
        arn = f"arn:aws:cloudformation:{place.region}:aws:transform/{name}"
        yield Question("cloudformation:CreateChangeSet", arn)


def _revision(call: Asking, place: Place) -> Iterator[Question]:
    application = call.given("applicationName")
    named = _arn("codedeploy", "application:{}", application, place)
    yield Question("codedeploy:RegisterApplicationRevision", named)
    yield Question("codedeploy:GetApplicationRevision", named)
    if config := call.given("deploymentConfigName"):
        arn = _arn("codedeploy", "deploymentconfig:{}", config, place)
        yield Question("codedeploy:GetDeploymentConfig", arn)


def _boundary(call: Asking, place: Place) -> str | None:
    from moto.iam.models import iam_backends

    role = role_named(iam_backends[place.account]["aws"], call.given("RoleName"))
    return role.permissions_boundary_arn if role else None


def role_named(backend: Any, name: str) -> Any:
    """Give one of moto's roles by its name, None where there is none."""
    roles = list(backend.roles.values())
    return next((each for each in roles if each.name == name), None)


def _place_of_bucket(name: str, place: Place) -> Place:
    """Give where a bucket is: S3 acts there, whoever asked in whichever region."""
    from moto.s3.models import s3_backends

    account = s3_backends.bucket_accounts.get(name, (None, place.account))[1]
    bucket = s3_backends[account]["aws"].buckets.get(name)
    return Place(account, bucket.region_name) if bucket else place


def _key_of_bucket(name: str, place: Place) -> str:
    """Give the key under which a bucket encrypts what is put into it."""
    from moto.s3.models import s3_backends

    bucket = s3_backends[place.account]["aws"].buckets.get(name)
    rules = (getattr(bucket, "encryption", None) or {}).get("Rule") or {}
    rule = rules[0] if isinstance(rules, list) else rules
    key = (rule.get("ApplyServerSideEncryptionByDefault") or {}).get("KMSMasterKeyID")
    return _arn("kms", "key/{}", key, place) if key else ""


def _key_of_topic(arn: str, place: Place) -> str:
    from moto.sns.models import sns_backends

    topic = sns_backends[place.account][place.region].topics.get(arn)
    key = getattr(topic, "kms_master_key_id", "")
    return _arn("kms", "key/{}", key, place) if key else ""
