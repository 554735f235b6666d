"""CloudFormation of the plane: stacks and change sets, and what is read of templates."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.cloudformation import answers
from rehearsal.cloudformation.changesets import ChangeSetOperations
from rehearsal.cloudformation.definition import required_capabilities
from rehearsal.cloudformation.journal import as_delivered
from rehearsal.cloudformation.model import ChangeSet, Stack
from rehearsal.cloudformation.requests import template_text
from rehearsal.cloudformation.gates import invalid, invalid_template
from rehearsal.protocol import Answer, Call, Params
from awsrules.templates import TemplateError, load_template


class CloudFormation(ChangeSetOperations):
    """The whole service."""

    def get_template(self, params: Params, call: Call) -> Answer:
        """Give the template as it was submitted, or as the transform left it."""
        if name := params.get("ChangeSetName"):
            _, change_set = self._change_set({**params, "ChangeSetName": name})
            definition = change_set.definition
        else:
            definition = self.known(params["StackName"]).definition
        if definition is None:
            return {"TemplateBody": "", "StagesAvailable": ["Original", "Processed"]}
        original = params.get("TemplateStage", "Original") == "Original"
        text = definition.text if original else json.dumps(definition.template)
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    def get_template_summary(self, params: Params, call: Call) -> Answer:
        """Say what a template declares and what it needs to be deployed."""
        stack = self.living(params["StackName"]) if params.get("StackName") else None
        text = (
            stack.definition.text
            if stack and stack.definition
            else template_text(self._plane, params, call, stack)
        )
        return _summary(text)

    def validate_template(self, params: Params, call: Call) -> Answer:
        """Check a template's form."""
        text = template_text(self._plane, params, call, None)
        summary = _summary(text)
        keys = (
            "Description",
            "Capabilities",
            "CapabilitiesReason",
            "DeclaredTransforms",
        )
        declared = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        parameters = [
            {key: each[key] for key in declared if key in each}
            for each in summary["Parameters"]
        ]
        kept = {key: summary[key] for key in keys if key in summary}
        return {**kept, "Parameters": parameters}

    def describe_events(self, params: Params, call: Call) -> Answer:
        """List an operation's events, what validation found among them, newest first."""
        if params.get("ChangeSetName"):
            stack, change_set = self._change_set(params)
            events = _validation_events(stack, change_set)
        elif params.get("StackName"):
            stack = self.known(params["StackName"])
            events = as_delivered(self._plane, stack.name, _operation_events(stack))
        elif params.get("OperationId"):
            events = [
                each for stack in self._store for each in _operation_events(stack)
            ]
        else:
            raise invalid(
                "One of ChangeSetName, OperationId or StackName must be specified"
            )
        if wanted := params.get("OperationId"):
            events = [each for each in events if each.get("OperationId") == wanted]
        if (params.get("Filters") or {}).get("FailedEvents"):
            events = [each for each in events if _failed(each)]
        return answers.PAGES.cut("OperationEvents", events, params)


def _summary(text: str) -> dict[str, Any]:
    try:
        template = load_template(text, name="")
    except TemplateError as error:
        raise invalid_template(error) from error
    if not template.get("Resources"):
        raise invalid(
            "Template format error: At least one Resources member must be defined."
        )
    summary: dict[str, Any] = {
        "Parameters": [
            _parameter(name, each)
            for name, each in (template.get("Parameters") or {}).items()
        ],
        "ResourceTypes": sorted(
            {str(each.get("Type")) for each in template["Resources"].values()}
        ),
        "Version": template.get("AWSTemplateFormatVersion", "2010-09-09"),
    }
    if "Description" in template:
        summary["Description"] = template["Description"]
    if transform := template.get("Transform"):
        summary["DeclaredTransforms"] = (
            [transform] if isinstance(transform, str) else list(transform)
        )
    if needed := required_capabilities(template):
        summary["Capabilities"] = [needed]
        summary["CapabilitiesReason"] = (
            "The following resource(s) require capabilities: [AWS::IAM]"
        )
    return summary


def _parameter(name: str, declared: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ParameterKey": name,
        "ParameterType": declared.get("Type", "String"),
        "NoEcho": str(declared.get("NoEcho", "")).lower() == "true",
    }
    if "Default" in declared:
        found["DefaultValue"] = str(declared["Default"])
    if "Description" in declared:
        found["Description"] = declared["Description"]
    if "AllowedValues" in declared:
        values = [str(each) for each in declared["AllowedValues"]]
        found["ParameterConstraints"] = {"AllowedValues": values}
    return found


def _operation_events(stack: Stack) -> list[dict[str, Any]]:
    kinds = {
        each["OperationId"]: each["OperationType"] for each in stack.last_operations
    }
    return [
        {
            **event,
            "EventType": "STACK_EVENT",
            "OperationType": kinds.get(event.get("OperationId", ""), "CREATE_STACK"),
        }
        for event in reversed(stack.events)
    ]


def _validation_events(stack: Stack, change_set: ChangeSet) -> list[dict[str, Any]]:
    return [
        {
            "EventId": f"{change_set.operation_id}-{number}",
            "EventType": "VALIDATION_ERROR",
            "OperationId": change_set.operation_id,
            "OperationType": "CREATE_CHANGESET",
            "StackId": stack.id,
            "Timestamp": change_set.created,
            **finding,
        }
        for number, finding in enumerate(change_set.findings)
    ]


def _failed(event: dict[str, Any]) -> bool:
    status = str(event.get("ResourceStatus", ""))
    return event["EventType"] == "VALIDATION_ERROR" or status.endswith("_FAILED")
