"""What is open to callers and builds: the API, its log, images, reserved concurrency."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.templates import line_of
from delivery.model import LEAST_UNRESERVED
from delivery.strategy.names import Names
from delivery.strategy.read import function_properties
from delivery.validate.model import Finding, Rule, Subject

_API = "Amazon API Gateway Developer Guide"
_FUNCTION = "AWS::Serverless::Function"
# Who called: an identity of this account, or the subject that an authorizer found.
_IDENTITIES = (
    "$context.identity.userArn",
    "$context.identity.caller",
    "$context.authorizer.principalId",
    "$context.authorizer.claims.sub",
)
# A path holds identifiers of records; a body and an authorizer's message hold more.
_CONTENT = re.compile(
    r"\$input\b|\$context\.(?:path|requestOverride|error\.validationErrorString)\b"
)
_PINNED = re.compile(r".+:(?!latest$)[A-Za-z0-9._-]+|.+@sha256:[0-9a-f]{64}")
# Source: AWS Lambda Developer Guide, "Lambda quotas".
ACCOUNT_CONCURRENCY = 1000


def methods_need_a_caller(subject: Subject) -> Iterator[Finding]:
    """Check that every method of every API has an authorizer, and limits."""
    template = subject.application
    for name, properties in template.of_type("AWS::Serverless::Api"):
        if not properties.get("Auth", {}).get("DefaultAuthorizer"):
            message = f"{name} has no DefaultAuthorizer; a key is no access control"
            yield template.finding("api-guarded", name, message)
        settings = properties.get("MethodSettings") or [{}]
        for each in settings:
            for key in ("ThrottlingBurstLimit", "ThrottlingRateLimit"):
                if key not in each:
                    yield template.finding("api-guarded", name, f"{name} has no {key}")
    for name, properties in template.of_type(_FUNCTION):
        for event, given in (properties.get("Events") or {}).items():
            auth = given.get("Properties", {}).get("Auth", {})
            if auth.get("Authorizer") == "NONE":
                message = f"{name}: {event} admits everybody (Authorizer: NONE)"
                yield template.finding("api-guarded", name, message)
        url = properties.get("FunctionUrlConfig")
        if url is not None and url.get("AuthType") != "AWS_IAM":
            message = f"{name} has an address that admits everybody"
            yield template.finding("api-guarded", name, message)


def access_is_logged(subject: Subject) -> Iterator[Finding]:
    """Check that an API's access log says who called, and never what was said."""
    template = subject.application
    for name, properties in template.of_type("AWS::Serverless::Api"):
        text = str(properties.get("AccessLogSetting", {}).get("Format", ""))
        if not any(each in text for each in _IDENTITIES):
            message = f"{name}: the access log does not say who called"
            yield template.finding("api-logged", name, message)
        if "$context.requestId" not in text:
            message = f"{name}: the access log has no request id"
            yield template.finding("api-logged", name, message)
        if found := _CONTENT.search(text):
            message = f"{name}: the access log holds content ({found[0]})"
            yield template.finding("api-logged", name, message)
        for each in properties.get("MethodSettings") or [{}]:
            if each.get("DataTraceEnabled") is not False:
                message = f"{name}: DataTraceEnabled would log whole requests"
                yield template.finding("api-logged", name, message)
            if each.get("LoggingLevel", "OFF") != "OFF":
                message = f"{name}: execution logs go to a group without our key"
                yield template.finding("api-logged", name, message)
    for name, properties in template.of_type("AWS::WAFv2::WebACL"):
        if '"SampledRequestsEnabled": true' in json.dumps(properties):
            message = f"{name}: sampled requests show identifiers of records"
            yield template.finding("api-logged", name, message)


def builds_are_pinned(subject: Subject) -> Iterator[Finding]:
    """Check that builds run a named image, without privileges, with a log and an end."""
    template = subject.pipeline
    for name, properties in template.of_type("AWS::CodeBuild::Project"):
        environment = properties.get("Environment", {})
        image = _literal(subject, environment.get("Image"))
        if not _PINNED.fullmatch(image):
            message = f"{name}: {image or 'its image'} is not pinned"
            yield template.finding("build-pinned", name, message)
        if environment.get("PrivilegedMode") is not False:
            message = f"{name} may run with the host's privileges"
            yield template.finding("build-pinned", name, message)
        for key in ("TimeoutInMinutes", "LogsConfig"):
            if key not in properties:
                yield template.finding("build-pinned", name, f"{name} has no {key}")
        for each in environment.get("EnvironmentVariables", []):
            secret = re.search(r"TOKEN|PASSWORD|SECRET", str(each.get("Name")))
            if secret and each.get("Type", "PLAINTEXT") == "PLAINTEXT":
                message = f"{name}: {each['Name']} is a secret in plain text"
                yield template.finding("build-pinned", name, message)


def concurrency_is_left(subject: Subject) -> Iterator[Finding]:
    """Check that all environments together leave 100 of an account's concurrency."""
    reserved = reserved_concurrency(subject)
    total = sum(reserved.values())
    if total > ACCOUNT_CONCURRENCY - LEAST_UNRESERVED:
        told = ", ".join(f"{name} {count}" for name, count in reserved.items())
        message = (
            f"{total} are reserved ({told}); an account of {ACCOUNT_CONCURRENCY} must "
            f"leave {LEAST_UNRESERVED} unreserved"
        )
        line = line_of(subject.application.body, "Resources")
        yield Finding("concurrency-left", subject.application.name, line, message)


def reserved_concurrency(subject: Subject) -> dict[str, int]:
    """Give how much concurrency each environment's functions reserve together."""
    return {
        environment: reserved_in(
            subject.application.body, values, region=subject.region
        )
        for environment, values in subject.values.items()
    }


def reserved_in(
    template: Mapping[str, Any], values: Mapping[str, str], *, region: str
) -> int:
    """Give how much concurrency a template's functions reserve with ``values``."""
    names = Names(template, values, region=region)
    total = 0
    for _, resource in names.resources(_FUNCTION, "AWS::Lambda::Function"):
        properties = function_properties(names, resource)
        given = names.value(properties.get("ReservedConcurrentExecutions"))
        total += int(given) if str(given).isdecimal() else 0
    return total


def _literal(subject: Subject, value: Any) -> str:
    match value:
        case {"Ref": str(name)}:
            declared = subject.pipeline.section("Parameters").get(name, {})
            return str(subject.delivery.get(name, declared.get("Default", "")))
        case str():
            return value
        case _:
            return ""


RULES = (
    Rule(
        "api-guarded",
        "Every method of the API has an authorizer and limits.",
        methods_need_a_caller,
        reason="Whoever knows the address could read records; an API key is only counted.",
        source=f"{_API}, Controlling access; 45 CFR 164.312(d)",
    ),
    Rule(
        "api-logged",
        "The API's access log says who called, and nothing logs what was said.",
        access_is_logged,
        reason="Nobody could tell who read a record, or the log would hold the record.",
        source=f"{_API}, Set up logging; 45 CFR 164.312(b)",
    ),
    Rule(
        "build-pinned",
        "Builds run a pinned image without privileges, with a log, an end, and no secret.",
        builds_are_pinned,
        reason="The same commit would be built by something else tomorrow.",
        source="AWS CodeBuild User Guide, Docker images provided by CodeBuild",
    ),
    Rule(
        "concurrency-left",
        "All environments together leave 100 of an account's 1000 concurrency unreserved.",
        concurrency_is_left,
        reason="Lambda refuses the function's update, and the deployment fails.",
        source="AWS Lambda Developer Guide, Configuring reserved concurrency",
    ),
)
