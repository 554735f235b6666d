"""Turn requests into definitions and settings: templates, parameters, capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from awsrules.templates import TemplateError
from rehearsal.cloudformation import sam
from rehearsal.cloudformation.definition import (
    Draft,
    draft,
    required_capabilities,
)
from rehearsal.cloudformation.gates import invalid, invalid_template
from rehearsal.cloudformation.model import Operation, Settings, Stack
from rehearsal.plane import Plane
from rehearsal.protocol import ApiError, Call, Params

_BODY_LIMIT = 51_200


def template_text(plane: Plane, params: Params, call: Call, stack: Stack | None) -> str:
    """Give the template a request names: inline, in S3, or the stack's own.

    Raises:
        ApiError: when there is none, or it is too long.
    """
    if params.get("UsePreviousTemplate"):
        if stack is None or stack.definition is None:
            raise invalid("There is no previous template to use")
        return stack.definition.text
    if body := params.get("TemplateBody"):
        if len(body.encode()) > _BODY_LIMIT:
            raise invalid(
                "1 validation error detected: Value at 'templateBody' failed to satisfy "
                "constraint: Member must have length less than or equal to 51200"
            )
        return str(body)
    if url := params.get("TemplateURL"):
        return _from_s3(plane, str(url), call)
    raise invalid("Either Template URL or Template Body must be specified.")


def given_parameters(params: Params, stack: Stack | None) -> dict[str, str]:
    """Give the parameters of a request, previous values filled in."""
    previous = stack.definition.parameter_texts() if stack and stack.definition else {}
    given: dict[str, str] = {}
    for each in params.get("Parameters") or []:
        name = each["ParameterKey"]
        if not each.get("UsePreviousValue"):
            given[name] = each.get("ParameterValue", "")
        elif name in previous:
            given[name] = previous[name]
        else:
            raise invalid(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue "
                "as true for a parameter key not in the previous template"
            )
    return given


def draft_of(
    plane: Plane,
    params: Params,
    call: Call,
    stack_name: str,
    stack_id: str,
    stack: Stack | None,
) -> Draft:
    """Read and check the template of a request, before its transform."""
    text = template_text(plane, params, call, stack)
    pseudo = {
        "AWS::AccountId": plane.account,
        "AWS::Partition": "aws",
        "AWS::Region": plane.region,
        "AWS::StackId": stack_id,
        "AWS::StackName": stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    try:
        return draft(text, given_parameters(params, stack), pseudo)
    except TemplateError as error:
        raise invalid_template(error) from error


def check_capabilities(
    template: Mapping[str, Any], capabilities: tuple[str, ...], *, direct: bool
) -> None:
    """Refuse IAM resources, and a transform run ``direct``, without the word for it."""
    needed = required_capabilities(template)
    enough = {"CAPABILITY_NAMED_IAM", needed} & set(capabilities)
    if needed and not enough:
        raise ApiError(
            "InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]"
        )
    expands = "CAPABILITY_AUTO_EXPAND" in capabilities
    if direct and sam.uses_transform(template) and not expands:
        raise ApiError(
            "InsufficientCapabilitiesException",
            "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
        )


def settings_of(plane: Plane, params: Params, before: Settings | None) -> Settings:
    """Give the settings a request leaves a stack with.

    The role, once set, stays; so do rollback triggers and tags that are not mentioned.

    Raises:
        ApiError: when the role does not trust CloudFormation.
    """
    before = before or Settings()
    role = params.get("RoleARN") or before.role_arn
    if role and not plane.permissions.may_take("cloudformation", role):
        raise invalid(f"Role {role} is invalid or cannot be assumed")
    tags = params.get("Tags")
    topics = params.get("NotificationARNs")
    triggers = params.get("RollbackConfiguration")
    return Settings(
        role_arn=role,
        tags=(
            before.tags if tags is None else tuple((t["Key"], t["Value"]) for t in tags)
        ),
        capabilities=tuple(params.get("Capabilities") or ()),
        notification_arns=before.notification_arns if topics is None else tuple(topics),
        rollback_configuration=(
            before.rollback_configuration if triggers is None else triggers
        ),
    )


def operation_of(
    kind: str, params: Params, call: Call, settings: Settings, on_failure: str
) -> Operation:
    """Make the operation that a request begins: whose token, whose rights."""
    return Operation(
        kind=kind,
        token=params.get("ClientRequestToken"),
        role_arn=settings.role_arn or call.principal.role_arn,
        on_failure=on_failure,
        retain_except_on_create=bool(params.get("RetainExceptOnCreate")),
    )


def on_failure_of(params: Params) -> str:
    """Say what becomes of a stack whose operation fails."""
    if params.get("DisableRollback"):
        if params.get("OnFailure"):
            raise invalid("You cannot specify both OnFailure and DisableRollback")
        return "DO_NOTHING"
    return str(params.get("OnFailure") or "ROLLBACK")


def bucket_and_key(url: str, endpoint_host: str) -> tuple[str, str, str | None]:
    """Take an S3 address apart: bucket, key, version; host style or path style."""
    parts = urlsplit(url)
    host, path = parts.netloc, unquote(parts.path.lstrip("/"))
    version = parse_qs(parts.query).get("versionId", [None])[0]
    if host.startswith("s3.") or host.startswith("s3-") or host == endpoint_host:
        bucket, _, key = path.partition("/")
        return bucket, key, version
    bucket, found, _ = host.partition(".s3")
    if not found:
        raise invalid("TemplateURL must be a supported URL.")
    return bucket, path, version


def _from_s3(plane: Plane, url: str, call: Call) -> str:
    from botocore.exceptions import ClientError

    bucket, key, version = bucket_and_key(url, urlsplit(plane.endpoint_url).netloc)
    wanted = {"Bucket": bucket, "Key": key}
    if version:
        wanted["VersionId"] = version
    try:
        answer = plane.client("s3", call.principal.role_arn).get_object(**wanted)
    except ClientError as error:
        found = error.response["Error"]
        raise invalid(f"S3 error: {found.get('Message', found['Code'])}") from error
    return str(answer["Body"].read().decode())
