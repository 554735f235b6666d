"""A template with its parameters: what a stack is asked to be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awsrules.schemas import schema_of
from awsrules.templates import (
    Scope,
    TemplateError,
    broken_rules,
    effective_parameters,
    evaluate_conditions,
    load_template,
    references,
    resolve,
)
from rehearsal.cloudformation import sam
from rehearsal.cloudformation.causes import causes_of

MASK = "****"
_IAM_NAMES = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::Policy": "",
    "AWS::IAM::UserToGroupAddition": "",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """One template, processed, with every parameter decided.

    Attributes:
        text: the template as it was submitted.
        template: after the transform.
        resources: those whose condition holds.
        needs: for each resource, the logical ids it is made after.
    """

    text: str
    template: Mapping[str, Any]
    scope: Scope
    resources: Mapping[str, Mapping[str, Any]]
    needs: Mapping[str, frozenset[str]]

    @property
    def transformed(self) -> bool:
        """Whether a transform made the template what it is."""
        return "Transform" in self.template

    @property
    def hidden(self) -> frozenset[str]:
        """The names of the NoEcho parameters."""
        declared = self.template.get("Parameters", {})
        return frozenset(
            name
            for name, each in declared.items()
            if str(each.get("NoEcho", "")).lower() == "true"
        )

    def parameter_texts(self) -> dict[str, str]:
        """Give each parameter as text, in clear."""
        return {
            name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in self.scope.parameters.items()
        }

    def masked(self) -> Scope:
        """Give the scope with NoEcho values hidden, for whatever is shown."""
        shown = {
            name: MASK if name in self.hidden else value
            for name, value in self.scope.parameters.items()
        }
        return Scope(
            shown, self.scope.mappings, self.scope.conditions, self.scope.pseudo
        )

    def active_outputs(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Walk through the outputs whose condition holds."""
        for name, output in (self.template.get("Outputs") or {}).items():
            condition = output.get("Condition")
            if condition is None or self.scope.conditions[condition]:
                yield name, output


@dataclass(frozen=True, slots=True)
class Draft:
    """A template whose text and parameters were found right, before its transform."""

    text: str
    template: Mapping[str, Any]
    parameters: Mapping[str, Any]
    pseudo: Mapping[str, str]


def draft(text: str, given: Mapping[str, str], pseudo: Mapping[str, str]) -> Draft:
    """Check what can be checked before the transform.

    Raises:
        TemplateError: worded as CloudFormation's ValidationError.
    """
    # Through JSON: from here on the template is plain data that nobody shares.
    template = json.loads(json.dumps(load_template(text, name="")))
    if not template.get("Resources"):
        raise TemplateError(
            "Template format error: At least one Resources member must be defined."
        )
    parameters = effective_parameters(template, given)
    scope = Scope(parameters, template.get("Mappings") or {}, {}, pseudo)
    if broken := broken_rules(template, scope):
        raise TemplateError("Template error: " + "; ".join(broken))
    return Draft(text, template, parameters, pseudo)


def complete(made: Draft) -> Definition:
    """Transform ``made`` and check every reference in it.

    Raises:
        TemplateError: for a failed transform, a missing reference or a circle.
    """
    template = sam.transform(made.template, made.parameters, made.pseudo)
    conditions = evaluate_conditions(template, made.parameters, made.pseudo)
    scope = Scope(
        made.parameters, template.get("Mappings") or {}, conditions, made.pseudo
    )
    resources = {
        name: body
        for name, body in template["Resources"].items()
        if _is_wanted(name, body, conditions)
    }
    needs = {name: _needs(body, resources, scope) for name, body in resources.items()}
    _refuse_circles(needs)
    definition = Definition(made.text, template, scope, resources, needs)
    for body in resources.values():
        _check_attributes(body.get("Properties"), definition)
    for name, output in definition.active_outputs():
        _check_known(
            references(resolve(output.get("Value"), scope)), resources, "Outputs"
        )
        _check_attributes(output.get("Value"), definition)
    return definition


def required_capabilities(template: Mapping[str, Any]) -> str | None:
    """Name the capability that the template's IAM resources need, if any."""
    found = None
    for body in (template.get("Resources") or {}).values():
        name_property = _IAM_NAMES.get(body.get("Type", ""))
        if name_property is None:
            continue
        if name_property and name_property in (body.get("Properties") or {}):
            return "CAPABILITY_NAMED_IAM"
        found = "CAPABILITY_IAM"
    return found


def _is_wanted(
    name: str, body: Mapping[str, Any], conditions: Mapping[str, bool]
) -> bool:
    if "Type" not in body:
        raise TemplateError(
            f"Template format error: [/Resources/{name}] Every Resources object "
            "must contain a Type member."
        )
    condition = body.get("Condition")
    if condition is None:
        return True
    if condition not in conditions:
        raise TemplateError(
            f"Template format error: Unresolved condition dependency {condition}"
        )
    return conditions[condition]


def _needs(
    body: Mapping[str, Any], resources: Mapping[str, Any], scope: Scope
) -> frozenset[str]:
    used = references(resolve(body.get("Properties") or {}, scope)) | references(
        resolve(body.get("UpdatePolicy") or {}, scope)
    )
    _check_known(used, resources, "Resources")
    explicit = body.get("DependsOn") or []
    named = {explicit} if isinstance(explicit, str) else set(explicit)
    # What a condition left out is no dependency.
    return used | (named & set(resources))


def _check_known(
    used: frozenset[str], resources: Mapping[str, Any], block: str
) -> None:
    missing = sorted(used - set(resources))
    if missing:
        raise TemplateError(
            "Template format error: Unresolved resource dependencies "
            f"[{', '.join(missing)}] in the {block} block of the template"
        )


def _check_attributes(value: Any, definition: Definition) -> None:
    """Refuse Fn::GetAtt of what a type does not have; other providers' types are trusted."""
    half = resolve(value, definition.scope)
    for whole in causes_of(half, definition.scope.parameters).attributes:
        name, _, attribute = whole.partition(".")
        schema = schema_of(definition.resources[name]["Type"])
        if schema is None:
            continue
        path = attribute.replace(".", "/")
        if path not in schema.read_only and path.split("/")[0] not in schema.properties:
            raise TemplateError(
                f"Template error: resource {name} does not support attribute type "
                f"{attribute} in Fn::GetAtt"
            )


def _refuse_circles(needs: Mapping[str, frozenset[str]]) -> None:
    left = dict(needs)
    while left:
        free = [name for name, wanted in left.items() if not wanted & set(left)]
        if not free:
            raise TemplateError(
                "Circular dependency between resources: " f"[{', '.join(sorted(left))}]"
            )
        for name in free:
            del left[name]
