"""House rules of roles and policies: named statements, no wildcards, bounded roles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from awsrules.templates import line_of
from delivery.validate.actions import branches, literal_text
from delivery.validate.model import Finding, Rule, SourceFile, Subject

# Operations that may name a version or an alias, and so be asked of it.
_WITH_QUALIFIER = frozenset("""
    AddPermission CreateFunctionUrlConfig DeleteFunction DeleteFunctionEventInvokeConfig
    DeleteFunctionUrlConfig DeleteProvisionedConcurrencyConfig GetFunction
    GetFunctionConfiguration GetFunctionEventInvokeConfig GetFunctionScalingConfig
    GetFunctionUrlConfig GetPolicy GetProvisionedConcurrencyConfig
    GetRuntimeManagementConfig InvokeFunction InvokeFunctionUrl
    ListDurableExecutionsByFunction PutFunctionEventInvokeConfig PutFunctionScalingConfig
    PutProvisionedConcurrencyConfig PutRuntimeManagementConfig RemovePermission
    UpdateFunctionEventInvokeConfig UpdateFunctionUrlConfig
    """.split())
# A function's ARN with something after its name.
_QUALIFIED = re.compile(r"\.Arn\}:[^:]+$|:function:[^:]+:[^:]+$")

_DOCUMENTS = frozenset(
    {"AssumeRolePolicyDocument", "KeyPolicy", "PolicyDocument", "ResourcePolicy"}
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy, with the resource it belongs to."""

    resource: str
    document: str
    body: dict[str, Any]
    line: int

    @property
    def actions(self) -> list[str]:
        """Its actions, as a list."""
        given = self.body.get("Action", [])
        return [given] if isinstance(given, str) else list(given)

    @property
    def resources(self) -> list[Any]:
        """Its resources, as a list."""
        given = self.body.get("Resource", [])
        return list(given) if isinstance(given, list) else [given]


def statements_of(template: SourceFile) -> Iterator[Statement]:
    """Give every statement of every policy in a template."""
    for logical_id, resource in template.section("Resources").items():
        properties = resource.get("Properties", {})
        for name, document in _documents(properties):
            for body in branches(document.get("Statement", [])):
                yield Statement(logical_id, name, body, line_of(body) or 0)


def statements_named(subject: Subject) -> Iterator[Finding]:
    """Check that each statement has a Sid, and a comment that says why above it."""
    for template in subject.templates:
        lines = template.text.splitlines()
        for each in statements_of(template):
            if not each.body.get("Sid"):
                message = f"{each.resource}: a statement has no Sid"
                yield Finding("statement-named", template.name, each.line, message)
            if not _explained(lines, each.line):
                name = each.body.get("Sid", "a statement")
                message = f"{each.resource}: no sentence above {name} says why"
                yield Finding("statement-named", template.name, each.line, message)


def no_wildcards(subject: Subject) -> Iterator[Finding]:
    """Check that nothing is allowed to do everything."""
    for template in subject.templates:
        for each in statements_of(template):
            if each.body.get("Effect") != "Allow":
                continue
            for action in each.actions:
                if action == "*" or action.endswith(":*"):
                    message = f"{each.resource}: {_name(each)} allows {action}"
                    yield Finding("policy-wildcard", template.name, each.line, message)
            if "NotAction" in each.body or "NotResource" in each.body:
                message = f"{each.resource}: {_name(each)} allows by exception"
                yield Finding("policy-wildcard", template.name, each.line, message)


def roles_passed_to_named_services(subject: Subject) -> Iterator[Finding]:
    """Check that a role is handed to named services only."""
    for template in subject.templates:
        for each in statements_of(template):
            if each.body.get("Effect") != "Allow" or "iam:PassRole" not in each.actions:
                continue
            condition = each.body.get("Condition", {})
            tests = [key for test in condition.values() for key in test]
            if "iam:PassedToService" not in tests:
                message = f"{each.resource}: {_name(each)} names no iam:PassedToService"
                yield Finding("pass-role", template.name, each.line, message)
            if "*" in each.resources:
                message = f"{each.resource}: {_name(each)} hands over any role"
                yield Finding("pass-role", template.name, each.line, message)


def function_arns_match(subject: Subject) -> Iterator[Finding]:
    """Check that an action which knows no qualifier is not granted on versions alone."""
    for template in subject.templates:
        for each in statements_of(template):
            given = each.resources
            if each.document != "PolicyDocument" or not given:
                continue
            if not all(_QUALIFIED.search(literal_text(arn)) for arn in given):
                continue
            for action in each.actions:
                service, _, name = action.partition(":")
                if service == "lambda" and name not in _WITH_QUALIFIER:
                    message = (
                        f"{each.resource}: {_name(each)} grants {action} on versions and "
                        "aliases; it is asked of the function, so it is denied"
                    )
                    yield Finding("function-arn", template.name, each.line, message)


def roles_bounded(subject: Subject) -> Iterator[Finding]:
    """Check that each role a deployment makes carries the boundary and a bound name."""
    template = subject.application
    for logical_id, resource in template.section("Resources").items():
        properties = resource.get("Properties", {})
        line = line_of(template.body, "Resources", logical_id)
        match resource.get("Type"):
            case "AWS::IAM::Role":
                wanted = ("PermissionsBoundary", "RoleName")
            case "AWS::Serverless::Function":
                wanted = ("Role", "FunctionName")
            case _:
                continue
        for name in wanted:
            if name not in properties:
                message = f"{logical_id} has no {name}; its deployment would be denied"
                yield Finding("role-bounded", template.name, line, message)


def _documents(value: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    match value:
        case dict() if name in _DOCUMENTS and "Statement" in value:
            yield name, value
        case dict():
            for key, each in value.items():
                yield from _documents(each, key)
        case list():
            for each in value:
                yield from _documents(each, name)


def _explained(lines: list[str], line: int) -> bool:
    """Look above a statement, past the keys of an Fn::If that holds it."""
    above = line - 2
    while above >= 0 and lines[above].strip().lstrip("- ") in {"Fn::If:", "!If"}:
        above -= 1
    here = lines[above].strip() if above >= 0 else ""
    if here.startswith("#"):
        return True
    # The condition's name stands between the comment and the branch.
    return above >= 2 and "!If" in lines[above - 1] + lines[above - 2]


def _name(statement: Statement) -> str:
    return str(statement.body.get("Sid", "a statement"))


RULES = (
    Rule(
        "statement-named",
        "Each policy statement has a Sid, and a sentence above it that says why.",
        statements_named,
    ),
    Rule(
        "policy-wildcard",
        "No statement allows all actions of a service, or allows by exception.",
        no_wildcards,
    ),
    Rule(
        "pass-role",
        "iam:PassRole names the roles and the services.",
        roles_passed_to_named_services,
    ),
    Rule(
        "function-arn",
        "What Lambda asks of a function is not granted on its versions and aliases alone.",
        function_arns_match,
        "Lambda compares the policy's ARN with the function's name and qualifier as the "
        "request has them; a name alone does not match a qualified ARN.",
        '"Fine-tuning the Resources and Conditions sections of policies", AWS Lambda '
        "Developer Guide",
    ),
    Rule(
        "role-bounded",
        "Each role of the application has the boundary and a name that policies match.",
        roles_bounded,
    ),
)
