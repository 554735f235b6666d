"""House rules of templates: what a reader, an auditor and a rollback rely on."""

from __future__ import annotations

from collections.abc import Iterator

from awsrules.templates import line_of
from delivery.validate.model import Finding, Rule, Subject

ORDER = (
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Globals",
    "Resources",
    "Outputs",
)

# Types that hold what nobody can make again.
DATA = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
    }
)


def sections_in_order(subject: Subject) -> Iterator[Finding]:
    """Check that sections stand where a reader looks for them."""
    for template in subject.templates:
        present = [name for name in ORDER if name in template.body]
        found = [name for name in template.body if name in ORDER]
        for name, expected in zip(found, present, strict=True):
            if name != expected:
                line = line_of(template.body, name)
                message = f"the section {name} stands where {expected} belongs"
                yield Finding("section-order", template.name, line, message)
                break


def parameters_described(subject: Subject) -> Iterator[Finding]:
    """Check that each parameter says what it is, and what its pattern allows."""
    for template in subject.templates:
        for name, declaration in template.section("Parameters").items():
            line = line_of(template.body, "Parameters", name)
            if not declaration.get("Description"):
                message = f"{name} has no Description"
                yield Finding("parameter-described", template.name, line, message)
            if "AllowedPattern" in declaration and not declaration.get(
                "ConstraintDescription"
            ):
                message = f"{name} has a pattern and no ConstraintDescription"
                yield Finding("parameter-described", template.name, line, message)


def outputs_described(subject: Subject) -> Iterator[Finding]:
    """Check that each output says what it is."""
    for template in subject.templates:
        for name, output in template.section("Outputs").items():
            if not output.get("Description"):
                line = line_of(template.body, "Outputs", name)
                message = f"{name} has no Description"
                yield Finding("output-described", template.name, line, message)


def data_has_policies(subject: Subject) -> Iterator[Finding]:
    """Check that what holds data says what happens to it."""
    for template in subject.templates:
        for logical_id, resource in template.section("Resources").items():
            if resource.get("Type") not in DATA:
                continue
            for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
                if attribute not in resource:
                    line = line_of(template.body, "Resources", logical_id)
                    message = f"{logical_id} holds data and has no {attribute}"
                    yield Finding("data-policy", template.name, line, message)


def published_functions_shift_with_a_role(subject: Subject) -> Iterator[Finding]:
    """Check that shifted functions bring the CodeDeploy role and the shift's switch."""
    template = subject.application
    shared = template.section("Globals").get("Function", {})
    for logical_id, resource in template.section("Resources").items():
        if resource.get("Type") != "AWS::Serverless::Function":
            continue
        own = {**shared, **resource.get("Properties", {})}
        preference = own.get("DeploymentPreference")
        if not preference or preference.get("Enabled") is False:
            continue
        line = line_of(template.body, "Resources", logical_id)
        if "AutoPublishAlias" not in own:
            message = f"{logical_id} shifts traffic and has no AutoPublishAlias"
            yield Finding("shift-preference", template.name, line, message)
        if "Role" not in preference:
            message = (
                f"{logical_id} shifts traffic without a Role of its own; the one that "
                "SAM makes lacks the boundary, and the deployment would be denied"
            )
            yield Finding("shift-preference", template.name, line, message)
        if "Fn::If" in (preference.get("Enabled") or {}):
            message = (
                f"{logical_id}: SAM ignores an Fn::If in Enabled and always shifts; "
                "use a Ref to a parameter"
            )
            yield Finding("shift-preference", template.name, line, message)


RULES = (
    Rule(
        "section-order",
        f"Sections stand in this order: {', '.join(ORDER)}.",
        sections_in_order,
    ),
    Rule(
        "parameter-described",
        "Each parameter has a Description, and each pattern a ConstraintDescription.",
        parameters_described,
    ),
    Rule(
        "output-described",
        "Each output has a Description.",
        outputs_described,
    ),
    Rule(
        "data-policy",
        "What holds data has a DeletionPolicy and an UpdateReplacePolicy.",
        data_has_policies,
    ),
    Rule(
        "shift-preference",
        "A function that shifts traffic has an alias, a role with the boundary and a "
        "switch that SAM can resolve.",
        published_functions_shift_with_a_role,
    ),
)
