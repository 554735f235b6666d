"""What the handlers of a stack's resources ask of the role that deploys it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsrules.schemas import schema_of
from delivery.validate.privilege.narrowing import is_needed
from delivery.validate.privilege.names import ACCOUNT, PARTITION, Stack

_FUNCTION = "AWS::Lambda::Function"
_HANDLERS = ("create", "read", "update", "delete", "list")
# These have no resource to name. Source: Service Authorization Reference.
_ON_ANYTHING = frozenset(
    {
        "codedeploy:ListApplications",
        "codedeploy:ListDeploymentConfigs",
        "dynamodb:ListTables",
        "iam:ListRoles",
        "kms:CreateKey",
        "kms:ListAliases",
        "kms:ListKeys",
        "lambda:CreateCodeSigningConfig",
        "lambda:ListCodeSigningConfigs",
        "lambda:ListFunctions",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "s3:ListAllMyBuckets",
        "scheduler:ListSchedules",
        "sqs:ListQueues",
        "states:ListStateMachines",
        "wafv2:ListWebACLs",
        "wafv2:listWebACLs",
    }
)
# A function's handler asks these of the function's configuration for signed code: the first
# of it alone, the second of both. Source: Service Authorization Reference.
_GET_SIGNING = "lambda:GetCodeSigningConfig"
_PUT_SIGNING = "lambda:PutFunctionCodeSigningConfig"
_ROLE_KEYS = frozenset({"Role", "RoleArn", "ServiceRoleArn"})


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource that a deployment asks for, and who asks.

    ``why`` is the logical id and the handler; ``kind`` the resource's type.
    """

    action: str
    resource: str
    why: str
    kind: str
    logical_id: str
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two needs the same question."""
        return (self.action, self.resource, str(sorted(self.context.items())))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a deployment uses outside its own stack."""

    packages: str
    delivery_key: str
    region: str


def needs_of(stack: Stack, around: Surroundings) -> Iterator[Need]:
    """Give what each resource of ``stack`` needs, conditions or not, and the transform."""
    for logical_id, resource in stack.template.get("Resources", {}).items():
        yield from _resource_needs(stack, logical_id, resource, around)
    transform = (
        f"arn:{PARTITION}:cloudformation:{around.region}:aws:"
        "transform/Serverless-2016-10-31"
    )
    yield Need("cloudformation:CreateChangeSet", transform, "the transform", "", "")


def _resource_needs(
    stack: Stack, logical_id: str, resource: Mapping[str, Any], around: Surroundings
) -> Iterator[Need]:
    kind = str(resource["Type"])
    schema = schema_of(kind, stack.region)
    handlers = schema.document.get("handlers", {}) if schema else {}
    raw = resource.get("Properties") or {}
    asked: dict[str, str] = {}
    for handler in _HANDLERS:
        for action in handlers.get(handler, {}).get("permissions", ()):
            asked.setdefault(action, handler)
    for action, handler in asked.items():
        if not is_needed(kind, action, raw):
            continue
        for target, context in _targets(stack, logical_id, resource, action, around):
            why = f"{logical_id} ({handler})"
            yield Need(action, target, why, kind, logical_id, context)
    if kind == _FUNCTION:
        # What the schema cannot know: packages are encrypted under the delivery's key.
        why = f"{logical_id} (its package)"
        for action in ("kms:Decrypt", "kms:DescribeKey"):
            yield Need(action, around.delivery_key, why, kind, logical_id)


Target = tuple[str, Mapping[str, str]]


def _targets(
    stack: Stack,
    logical_id: str,
    resource: Mapping[str, Any],
    action: str,
    around: Surroundings,
) -> Iterator[Target]:
    kind, service = str(resource["Type"]), action.partition(":")[0]
    if action in _ON_ANYTHING:
        yield "*", {}
    elif action == "iam:PassRole":
        to = {"iam:PassedToService": f"{_principal(kind)}.amazonaws.com"}
        for role in _roles_in(stack.properties(logical_id)):
            yield role, to
    elif kind == _FUNCTION and action in (_GET_SIGNING, _PUT_SIGNING):
        if action == _PUT_SIGNING:
            yield stack.arn(logical_id), {}
        for arn in _signing_targets(stack, logical_id):
            yield arn, {}
    elif kind == _FUNCTION and service == "s3":
        yield f"{around.packages}/packages/code", {}
    elif service == "kms" and not kind.startswith("AWS::KMS::"):
        via = f"{_principal(kind)}.{stack.region}.amazonaws.com"
        key = f"arn:{PARTITION}:kms:{stack.region}:{ACCOUNT}:key/any"
        yield key, {"kms:ViaService": via}
    elif service == "codedeploy":
        for arn in _deployment_targets(stack, logical_id, resource, action):
            yield arn, {}
    elif service == "apigateway":
        for arn in _api_targets(stack, logical_id, kind, action):
            yield arn, {}
    elif service == "wafv2":
        for arn in _acl_targets(stack, logical_id, kind, action):
            yield arn, {}
    elif kind == "AWS::IAM::Role":
        boundary = stack.properties(logical_id).get("PermissionsBoundary")
        context = {"iam:PermissionsBoundary": str(boundary)} if boundary else {}
        yield stack.arn(logical_id), context
    else:
        yield stack.arn(logical_id), {}
        if kind == "AWS::KMS::Alias":
            yield f"arn:{PARTITION}:kms:{stack.region}:{ACCOUNT}:key/any", {}


def _principal(kind: str) -> str:
    service = kind.split("::")[1].lower()
    return "states" if service == "stepfunctions" else service


def _roles_in(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for key, each in value.items():
                if key in _ROLE_KEYS and isinstance(each, str):
                    yield each
                else:
                    yield from _roles_in(each)
        case list():
            for each in value:
                yield from _roles_in(each)


def _deployment_targets(
    stack: Stack, logical_id: str, resource: Mapping[str, Any], action: str
) -> Iterator[str]:
    """An alias names its application and group where it says how to update it."""
    kind = str(resource["Type"])
    prefix = f"arn:{PARTITION}:codedeploy:{stack.region}:{ACCOUNT}"
    if kind in ("AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentConfig"):
        yield stack.arn(logical_id)
        return
    update = (resource.get("UpdatePolicy") or {}).get("CodeDeployLambdaAliasUpdate")
    if kind == "AWS::Lambda::Alias":
        if not update:
            return
        application = stack.resolved(update["ApplicationName"])
        group = f"{application}/{stack.resolved(update['DeploymentGroupName'])}"
    else:
        group = stack.physical_name(logical_id)
        application = group.partition("/")[0]
    name = action.partition(":")[2]
    if name == "GetDeploymentConfig":
        yield f"{prefix}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce"
    elif name in ("GetApplicationRevision", "RegisterApplicationRevision"):
        yield f"{prefix}:application:{application}"
    elif name == "ListDeploymentGroups":
        yield f"{prefix}:application:{application}"
    else:
        yield f"{prefix}:deploymentgroup:{group}"


def _api_targets(
    stack: Stack, logical_id: str, kind: str, action: str
) -> Iterator[str]:
    """A resource is made in its collection, and tagged under /tags."""
    prefix = f"arn:{PARTITION}:apigateway:{stack.region}::"
    if kind == "AWS::WAFv2::WebACLAssociation":
        yield str(stack.properties(logical_id).get("ResourceArn"))
        return
    own = stack.arn(logical_id)
    match action.partition(":")[2]:
        case "POST":
            collection = own.endswith(("/deployments", "/keys"))
            yield own if collection else own.rpartition("/")[0]
        case "PUT":
            yield f"{prefix}/tags/any"
            if kind == "AWS::ApiGateway::RestApi":
                yield own
        case "GET":
            yield own
            if not kind.endswith(("Deployment", "Key")) or kind.endswith("::ApiKey"):
                yield own.rpartition("/")[0]
        case _:
            yield own


def _signing_targets(stack: Stack, logical_id: str) -> Iterator[str]:
    """Give the function's configuration, else those it could get by a condition."""
    given = stack.properties(logical_id).get("CodeSigningConfigArn")
    if isinstance(given, str):
        yield given
        return
    for each, found in stack.template["Resources"].items():
        if found["Type"] == "AWS::Lambda::CodeSigningConfig":
            yield stack.arn(each)


def _acl_targets(
    stack: Stack, logical_id: str, kind: str, action: str
) -> Iterator[str]:
    name = action.partition(":")[2]
    if kind == "AWS::WAFv2::WebACL":
        yield stack.arn(logical_id)
        if name in ("CreateWebACL", "UpdateWebACL"):
            prefix = f"arn:{PARTITION}:wafv2:{stack.region}:{ACCOUNT}"
            yield f"{prefix}:regional/managedruleset/AWS/any"
        return
    properties = stack.properties(logical_id)
    if name in ("AssociateWebACL", "GetWebACL"):
        yield from (
            stack.arn(each)
            for each, found in stack.template["Resources"].items()
            if found["Type"] == "AWS::WAFv2::WebACL"
        )
    if name != "GetWebACL":
        yield str(properties.get("ResourceArn"))
