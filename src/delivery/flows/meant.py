"""What the roles of a deployed stack should hold, by the template that it was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.templates import TemplateError, effective_parameters, load_template
from delivery.errors import DeliveryError
from delivery.maintain.roles import Granted, granted_by, trusted_by
from delivery.model import StackContents
from delivery.validate.privilege.names import Stack
from delivery.validate.sam import NotTranslatable, translate

ROLE = "AWS::IAM::Role"
_POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")


def meant_by(contents: StackContents, region: str) -> dict[str, frozenset[Granted]]:
    """Return what each role should hold, by logical id, as its stack's parameters have it.

    Raises:
        DeliveryError: when the template cannot be read.
    """
    name, parameters = contents.stack.name, dict(contents.stack.parameters)
    try:
        template: Mapping[str, Any] = load_template(contents.template, name=name)
        if template.get("Transform"):
            template = translate(template, parameters, region=region)
        declared = template.get("Parameters") or {}
        given = {key: text for key, text in parameters.items() if key in declared}
        values = effective_parameters(template, given)
        stack = Stack(name, region, template, values)
        return {
            logical_id: _meant(stack, logical_id)
            for logical_id, each in template["Resources"].items()
            if each["Type"] == ROLE
        }
    except (TemplateError, NotTranslatable) as error:
        raise DeliveryError(
            f"The template of stack {name} cannot be read.",
            why=str(error),
            next_step="./deploy_pipeline.py validate",
        ) from error


def _meant(stack: Stack, logical_id: str) -> frozenset[Granted]:
    properties = stack.properties(logical_id)
    documents = [each["PolicyDocument"] for each in properties.get("Policies", ())]
    documents.extend(_attached(stack, logical_id))
    by_aws = (
        Granted(arn, "*", everywhere=True)
        for arn in properties.get("ManagedPolicyArns", ())
        if isinstance(arn, str) and arn.split(":")[4] == "aws"
    )
    trust = trusted_by(properties["AssumeRolePolicyDocument"])
    return frozenset({*granted_by(documents), *by_aws, *trust})


def _attached(stack: Stack, logical_id: str) -> Iterator[Mapping[str, Any]]:
    """Yield the template's policies that name the role, or that it names."""
    resources = stack.template["Resources"]
    named = resources[logical_id].get("Properties", {}).get("ManagedPolicyArns", ())
    for name, resource in resources.items():
        if resource["Type"] in _POLICIES:
            roles = resource.get("Properties", {}).get("Roles", ())
            if {"Ref": logical_id} in roles or {"Ref": name} in named:
                yield stack.properties(name)["PolicyDocument"]
