"""Each function's role holds what the function's code calls, and no more.

The calls are read from the code that the function ships: a method with AWS's capital
keyword arguments (``put_object(Bucket=…)``), or with those of CodeDeploy and the like
(``get_deployment(deploymentId=…)``), is a call of boto3. Which function of a shared
package makes a call is not followed; so a call must be granted to one of them at least, and
a grant must be called for by the package.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from awsrules.policies import matches_action

from delivery.validate.model import Finding, Rule, Subject
from delivery.validate.roles import Statement, statements_of

# What a function does without a call in its code, each with its reason.
DECLARED: Mapping[str, str] = {
    "kms:Decrypt": "S3, SQS and Lambda use the data key in the function's name",
    "kms:GenerateDataKey": "S3 and SQS use the data key in the function's name",
    "logs:CreateLogStream": "Lambda writes the log by the function's role",
    "logs:PutLogEvents": "Lambda writes the log by the function's role",
    "s3:ListBucket": "without it, an object that is not there answers 403",
    "xray:PutTelemetryRecords": "Lambda sends traces by the function's role",
    "xray:PutTraceSegments": "Lambda sends traces by the function's role",
}
# Calls whose action has another name.
_NAMES = {"Invoke": "InvokeFunction", "ListObjectsV2": "ListBucket"}


def functions_hold_what_they_call(subject: Subject) -> Iterator[Finding]:
    """Compare the calls of each package with the roles of its functions."""
    template = subject.application
    for folder, roles in _packages(subject).items():
        calls = calls_in(folder)
        granted: list[str] = []
        for statement in statements_of(template):
            if statement.resource in roles and _grants(statement):
                granted.extend(statement.actions)
                yield from _surplus(subject, statement, calls)
        for name, (file, line) in calls.items():
            if not any(
                matches_action(each, f"{_service(each)}:{name}") for each in granted
            ):
                message = f"{name} is called, and no function's role grants it"
                yield Finding("function-lacks", file, line, message)


def counted(subject: Subject) -> Iterator[tuple[str, int, int]]:
    """Give the roles of each package, how many actions its code calls, and their grants."""
    statements = [each for each in statements_of(subject.application) if _grants(each)]
    for folder, roles in _packages(subject).items():
        granted = [
            action
            for each in statements
            if each.resource in roles
            for action in each.actions
        ]
        yield ", ".join(sorted(roles)), len(calls_in(folder)), len(granted)


def calls_in(folder: Path) -> dict[str, tuple[str, int]]:
    """Give the actions that the code in ``folder`` calls, without service, and where."""
    found: dict[str, tuple[str, int]] = {}
    for file in sorted(folder.rglob("*.py")):
        for name, line in _calls_of(file):
            found.setdefault(name, (file.name, line))
    return found


def _surplus(
    subject: Subject, statement: Statement, calls: Mapping[str, Any]
) -> Iterator[Finding]:
    for action in statement.actions:
        if action not in DECLARED and action.partition(":")[2] not in calls:
            message = (
                f"{statement.resource} may {action} ({statement.body.get('Sid')}), and "
                "the function's code never calls it"
            )
            yield Finding(
                "function-surplus", subject.application.name, statement.line, message
            )


def _packages(subject: Subject) -> dict[Path, set[str]]:
    """Give the roles of the functions that each folder of code serves."""
    found: dict[Path, set[str]] = defaultdict(set)
    template = subject.application
    shared = template.section("Globals").get("Function", {})
    beside = (subject.root / template.name).parent
    for resource in template.section("Resources").values():
        if resource.get("Type") != "AWS::Serverless::Function":
            continue
        own: Mapping[str, Any] = {**shared, **resource.get("Properties", {})}
        role = own.get("Role")
        attribute = role.get("Fn::GetAtt") if isinstance(role, dict) else None
        code = own.get("CodeUri")
        if attribute and isinstance(code, str):
            found[(beside / code).resolve()].add(str(attribute[0]))
    return found


def _grants(statement: Statement) -> bool:
    allowed = statement.body.get("Effect") == "Allow"
    return allowed and statement.document == "PolicyDocument"


def _service(action: str) -> str:
    return action.partition(":")[0]


@cache
def _calls_of(file: Path) -> tuple[tuple[str, int], ...]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        names = [each.arg for each in node.keywords if each.arg]
        own = node.func.attr.startswith("_")
        if not own and _are_of_aws(names):
            camel = "".join(part.capitalize() for part in node.func.attr.split("_"))
            found.append((_NAMES.get(camel, camel), node.lineno))
    return tuple(found)


def _are_of_aws(keywords: list[str]) -> bool:
    """Say whether keywords are written as AWS's services write theirs, not as Python's."""
    if any("_" in each for each in keywords) or not keywords:
        return False
    capital = all(each[0].isupper() for each in keywords)
    return capital or any(each[1:] != each[1:].lower() for each in keywords)


RULES = (
    Rule(
        "function-lacks",
        "Each call of AWS in a function's code is granted to a function of that code.",
        lambda subject: [
            each
            for each in functions_hold_what_they_call(subject)
            if each.rule == "function-lacks"
        ],
    ),
    Rule(
        "function-surplus",
        "A function's role grants nothing that its code never calls.",
        lambda subject: [
            each
            for each in functions_hold_what_they_call(subject)
            if each.rule == "function-surplus"
        ],
    ),
)
