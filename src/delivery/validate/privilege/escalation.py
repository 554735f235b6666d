"""Attempts to become more than a role is: each must be refused.

Every attempt is one that a deployment role made in good faith has allowed somewhere. Source:
AWS IAM User Guide, "Permissions boundaries for IAM entities", "The confused deputy problem",
"Granting a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from awsrules.policies import Request, evaluate, trusts
from delivery.validate.model import Finding, Rule, Subject
from delivery.validate.privilege.grants import grants_of
from delivery.validate.privilege.names import ACCOUNT, Stack
from delivery.validate.privilege.proof import (
    DEPLOYER,
    PROMOTER,
    RECEIVER,
    Roles,
    foundation_stack,
)

STRANGER = "999988887777"
BUILDERS = (
    "CodeBuildServiceRole",
    "VerificationRole",
    "RecorderRole",
    "ReviewRole",
    "CheckRole",
)
# Moves production's aliases and executes change sets there, and so is not asked the same.
UNDOER = "RollbackRole"
SERVICE_ROLES = (DEPLOYER, "CodePipelineServiceRole", *BUILDERS, UNDOER)
EMERGENCY = "BreakGlassRole"
# These are the pipeline's own, made where releases go from place to place.
BETWEEN_PLACES = (PROMOTER, RECEIVER)
OF_THE_FOUNDATION = (*SERVICE_ROLES, EMERGENCY)
ROLES = (*OF_THE_FOUNDATION, *BETWEEN_PLACES)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a role tries, in a sentence, and the request that would do it."""

    role: str
    says: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def attempts_of(stack: Stack) -> Iterator[Attempt]:
    """Give every attempt, on the names of ``stack``, which is the foundation."""
    yield from _with_roles(stack)
    yield from _outside_the_prefix(stack)
    yield from _builds_that_deploy(stack)
    yield from _on_what_is_kept(stack)


def _with_roles(stack: Stack) -> Iterator[Attempt]:
    prefix = stack.parameters["NamePrefix"]
    own = f"arn:aws:iam::{ACCOUNT}:role/{prefix}-development-any"
    foreign = f"arn:aws:iam::{ACCOUNT}:role/administrator"
    boundary = stack.arn("PermissionsBoundary")
    bounded = {"iam:PermissionsBoundary": boundary}
    to_lambda = {"iam:PassedToService": "lambda.amazonaws.com"}
    to_ec2 = {"iam:PassedToService": "ec2.amazonaws.com"}
    for role in ROLES:
        yield Attempt(role, "pass a foreign role", "iam:PassRole", foreign, to_lambda)
        yield Attempt(
            role, "pass a role to another service", "iam:PassRole", own, to_ec2
        )
        for name in OF_THE_FOUNDATION:
            for action in ("iam:PutRolePolicy", "iam:AttachRolePolicy"):
                what = f"edit {name}"
                yield Attempt(role, what, action, stack.arn(name), bounded)
            for action in ("iam:UpdateAssumeRolePolicy", "iam:DeleteRole"):
                yield Attempt(role, f"edit {name}", action, stack.arn(name), bounded)
        for action in (
            "iam:CreateRole",
            "iam:PutRolePolicy",
            "iam:AttachRolePolicy",
            "iam:PutRolePermissionsBoundary",
        ):
            says = "change a role without the boundary"
            yield Attempt(role, says, action, own)
            other = {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/Any"}
            yield Attempt(role, "use another boundary", action, own, other)
        says = "take the boundary away"
        action = "iam:DeleteRolePermissionsBoundary"
        yield Attempt(role, says, action, own, bounded)
        for action in (
            "iam:CreatePolicyVersion",
            "iam:SetDefaultPolicyVersion",
            "iam:DeletePolicy",
        ):
            yield Attempt(role, "loosen the boundary", action, boundary)
        for action in (
            "iam:CreateUser",
            "iam:CreateAccessKey",
            "iam:CreateLoginProfile",
        ):
            user = f"arn:aws:iam::{ACCOUNT}:user/any"
            yield Attempt(role, "make a user", action, user)
        yield Attempt(role, "assume a foreign role", "sts:AssumeRole", foreign)


def _outside_the_prefix(stack: Stack) -> Iterator[Attempt]:
    here = f"{stack.region}:{ACCOUNT}"
    others = {
        f"arn:aws:lambda:{here}:function:somebody-elses": (
            "lambda:UpdateFunctionCode",
            "lambda:UpdateAlias",
            "lambda:DeleteFunction",
            "lambda:InvokeFunction",
        ),
        f"arn:aws:cloudformation:{here}:stack/somebody-elses/id": (
            "cloudformation:CreateChangeSet",
            "cloudformation:ExecuteChangeSet",
            "cloudformation:DeleteStack",
        ),
        f"arn:aws:iam::{ACCOUNT}:role/somebody-elses": (
            "iam:DeleteRole",
            "iam:PutRolePolicy",
            "iam:UpdateAssumeRolePolicy",
        ),
        f"arn:aws:logs:{here}:log-group:/somebody/elses": ("logs:DeleteLogGroup",),
        f"arn:aws:sqs:{here}:somebody-elses": ("sqs:DeleteQueue",),
        "arn:aws:s3:::somebody-elses": ("s3:DeleteBucket", "s3:PutBucketPolicy"),
        f"arn:aws:codebuild:{here}:project/somebody-elses": ("codebuild:StartBuild",),
    }
    bounded = {"iam:PermissionsBoundary": stack.arn("PermissionsBoundary")}
    for role in ROLES:
        for resource, actions in others.items():
            for action in actions:
                says = "act outside the prefix"
                yield Attempt(role, says, action, resource, bounded)


def _builds_that_deploy(stack: Stack) -> Iterator[Attempt]:
    here = f"{stack.region}:{ACCOUNT}"
    project, prefix = stack.parameters["ProjectName"], stack.parameters["NamePrefix"]
    production = f"arn:aws:cloudformation:{here}:stack/{project}-lambda-production/id"
    function = f"arn:aws:lambda:{here}:function:{prefix}-production-any"
    pipeline = f"arn:aws:codepipeline:{here}:{stack.parameters['ProjectLabel']}Pipeline"
    tries = {
        production: ("ExecuteChangeSet", "CreateStack", "UpdateStack", "DeleteStack"),
        function: ("UpdateFunctionCode", "UpdateAlias", "PublishVersion"),
        pipeline: ("PutApprovalResult", "UpdatePipeline", "StartPipelineExecution"),
    }
    for role in (*BUILDERS, EMERGENCY, PROMOTER):
        for resource, names in tries.items():
            for name in names:
                action = f"{resource.split(':')[2]}:{name}"
                yield Attempt(role, "deploy from a build", action, resource)
    for name in ("CreateChangeSet", "ExecuteChangeSet"):
        action = f"cloudformation:{name}"
        yield Attempt(BUILDERS[0], "deploy from a build", action, production)
    yield from _rollbacks_that_deploy(stack, tries)


def _rollbacks_that_deploy(
    stack: Stack, tries: Mapping[str, tuple[str, ...]]
) -> Iterator[Attempt]:
    """What the automatic rollback must not do, beside what it is for."""
    own = {"ExecuteChangeSet", "UpdateAlias"}
    for resource, names in tries.items():
        staging = resource.replace("-production", "-staging")
        for name in names:
            action = f"{resource.split(':')[2]}:{name}"
            if name not in own:
                yield Attempt(UNDOER, "deploy from a rollback", action, resource)
            elif staging != resource:
                yield Attempt(UNDOER, "act in staging", action, staging)
    production = next(each for each in tries if ":stack/" in each)
    foreign = {"cloudformation:TemplateUrl": "https://elsewhere.example/packaged.yaml"}
    action = "cloudformation:CreateChangeSet"
    says = "deploy a template that was not released"
    yield Attempt(UNDOER, says, action, production, foreign)


def _on_what_is_kept(stack: Stack) -> Iterator[Attempt]:
    prefix = stack.parameters["NamePrefix"]
    record = f"arn:aws:s3:::{prefix}-production-records/analyses/any"
    ledger = stack.arn("ReleaseBucket") + "/ledger/any"
    key = f"arn:aws:kms:{stack.region}:{ACCOUNT}:key/any"
    for role in ROLES:
        for action in ("s3:DeleteObject", "s3:DeleteObjectVersion"):
            yield Attempt(role, "delete a record", action, record)
            yield Attempt(role, "delete from the ledger", action, ledger)
        if role == EMERGENCY:
            # To read records is what it is for; to change one is not.
            yield Attempt(role, "overwrite a record", "s3:PutObject", record)
            yield Attempt(role, "read a release", "s3:GetObject", ledger)
        else:
            yield Attempt(role, "read a record", "s3:GetObject", record)
        for name in ("ScheduleKeyDeletion", "DisableKey"):
            yield Attempt(role, "destroy a key", f"kms:{name}", key)
        delivery = stack.arn("DeliveryKey")
        yield Attempt(role, "open the delivery's key", "kms:PutKeyPolicy", delivery)


def attempts_refused(subject: Subject) -> Iterator[Finding]:
    """Check that each attempt is refused."""
    every = Roles(subject)
    roles = {
        name: every.named(name)
        for name in ROLES
        if name not in BETWEEN_PLACES or name in every
    }
    for each in attempts_of(foundation_stack(subject)):
        if each.role not in roles:
            continue
        file, role = roles[each.role]
        request = Request(each.action, each.resource, each.context, role.arn)
        decision = evaluate(request, role.documents)
        if decision.allowed:
            yield Finding(
                "role-escalation",
                file.name,
                role.line,
                f"{each.role} can {each.says}: {each.action} on {each.resource} is "
                f"{decision.reason}",
            )


# Who may act with each role: the service, and the project where there is one.
_USERS: Mapping[str, tuple[str, str]] = {
    DEPLOYER: ("cloudformation", ""),
    "CodePipelineServiceRole": ("codepipeline", ""),
    "CodeBuildServiceRole": ("codebuild", "Build"),
    "VerificationRole": ("codebuild", "Verify"),
    "RecorderRole": ("codebuild", "Record"),
    "ReviewRole": ("codebuild", "Review"),
    "CheckRole": ("codebuild", "Check"),
    UNDOER: ("codebuild", "Rollback"),
    PROMOTER: ("codebuild", "Promote"),
}
_SERVICES = ("cloudformation", "codebuild", "codepipeline", "ec2", "lambda")


def strangers_refused(subject: Subject) -> Iterator[Finding]:
    """Check that no other service, account or project can assume a role."""
    stack = foundation_stack(subject)
    roles = Roles(subject)
    for name, (service, project) in _USERS.items():
        if name in BETWEEN_PLACES and name not in roles:
            continue
        file, role = roles.named(name)
        for says, request in _callers(stack, service, project):
            if trusts(role.trust, request).allowed:
                message = f"{name} can be assumed by {says}"
                yield Finding("role-trust", file.name, role.line, message)
        own = _own_caller(stack, service, project)
        if not trusts(role.trust, own).allowed:
            message = f"{name} cannot be assumed by {own.principal} itself"
            yield Finding("role-trust", file.name, role.line, message)
    yield from _emergency_only(subject, stack)


def _emergency_only(subject: Subject, stack: Stack) -> Iterator[Finding]:
    """Check that a person of this account takes the role for emergencies, and only so."""
    role = grants_of(stack, EMERGENCY)
    proper = {
        "aws:MultiFactorAuthPresent": "true",
        "aws:MultiFactorAuthAge": "60",
        "aws:RequestedRegion": stack.region,
    }
    person = f"arn:aws:iam::{ACCOUNT}:user/person"
    services = [f"{each}.amazonaws.com" for each in _SERVICES]
    callers: list[tuple[str, str, Mapping[str, str]]] = [
        *((service, service, proper) for service in services),
        ("another account", f"arn:aws:iam::{STRANGER}:user/person", proper),
        ("a person who says nothing of a second factor", person, {}),
    ]
    for says, key, value in (
        ("a person without a second factor", "aws:MultiFactorAuthPresent", "false"),
        ("a person of yesterday", "aws:MultiFactorAuthAge", "86400"),
        ("a person in another region", "aws:RequestedRegion", "elsewhere"),
    ):
        callers.append((says, person, {**proper, key: value}))
    for says, principal, context in callers:
        if trusts(
            role.trust, Request("sts:AssumeRole", "*", context, principal)
        ).allowed:
            message = f"{EMERGENCY} can be assumed by {says}"
            yield Finding("role-trust", subject.foundation.name, role.line, message)
    own = Request("sts:AssumeRole", "*", proper, person)
    if not trusts(role.trust, own).allowed:
        message = f"{EMERGENCY} cannot be assumed by a person with a second factor"
        yield Finding("role-trust", subject.foundation.name, role.line, message)


def _own_caller(stack: Stack, service: str, project: str) -> Request:
    source = f"arn:aws:{service}:{stack.region}:{ACCOUNT}"
    if project:
        source += f":project/{stack.parameters['ProjectLabel']}{project}"
    context = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": source}
    return Request("sts:AssumeRole", "*", context, f"{service}.amazonaws.com")


def _callers(stack: Stack, service: str, project: str) -> Iterator[tuple[str, Request]]:
    own = _own_caller(stack, service, project)
    for other in _SERVICES:
        if other != service:
            principal = f"{other}.amazonaws.com"
            yield principal, Request(own.action, "*", own.context, principal)
    for account in (ACCOUNT, STRANGER):
        principal = f"arn:aws:iam::{account}:role/any"
        yield principal, Request(own.action, "*", own.context, principal)
    if service != "cloudformation":
        context = {**own.context, "aws:SourceAccount": STRANGER}
        says = "its service for another account"
        yield says, Request(own.action, "*", context, own.principal)
    if project:
        source = f"arn:aws:{service}:{stack.region}:{ACCOUNT}:project/somebody-elses"
        context = {**own.context, "aws:SourceArn": source}
        yield "another project", Request(own.action, "*", context, own.principal)


RULES = (
    Rule(
        "role-escalation",
        "No role of the delivery can become more than it is, act outside its names, "
        "or destroy what is kept.",
        attempts_refused,
    ),
    Rule(
        "role-trust",
        "Each role trusts its own service, account and project only.",
        strangers_refused,
    ),
)
