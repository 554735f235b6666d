"""Stacks, resources and change sets in the form that the API answers."""

from __future__ import annotations

from typing import Any

from awsrules.statuses import StackStatus
from rehearsal.cloudformation.changes import without_values
from rehearsal.cloudformation.definition import MASK, Definition
from rehearsal.cloudformation.model import ChangeSet, Resource, Settings, Stack
from rehearsal.paging import Pages

PAGES = Pages(invalid="ValidationError")

_NOT_CHECKED = {"StackDriftStatus": "NOT_CHECKED"}


def stack_answer(stack: Stack) -> dict[str, Any]:
    """Describe a stack."""
    definition, settings = stack.definition, stack.settings
    return _given(
        StackId=stack.id,
        StackName=stack.name,
        ChangeSetId=stack.executed_change_set,
        Description=definition.template.get("Description") if definition else None,
        Parameters=parameters_answer(definition),
        CreationTime=stack.created,
        DeletionTime=stack.deleted,
        LastUpdatedTime=stack.updated,
        StackStatus=str(stack.status),
        StackStatusReason=stack.status_reason,
        DisableRollback=stack.disable_rollback,
        Outputs=list(stack.outputs),
        EnableTerminationProtection=stack.termination_protection,
        RetainExceptOnCreate=stack.retain_except_on_create,
        DriftInformation=_NOT_CHECKED,
        LastOperations=stack.last_operations[:1],
        **settings_answer(settings),
    )


def settings_answer(settings: Settings) -> dict[str, Any]:
    """Give what stacks and change sets have in common."""
    return _given(
        Capabilities=list(settings.capabilities),
        NotificationARNs=list(settings.notification_arns),
        RollbackConfiguration=dict(settings.rollback_configuration),
        Tags=[{"Key": key, "Value": value} for key, value in settings.tags],
        RoleARN=settings.role_arn,
    )


def stack_summary(stack: Stack) -> dict[str, Any]:
    """Summarise a stack for ListStacks."""
    whole = stack_answer(stack)
    keys = (
        "StackId StackName CreationTime LastUpdatedTime DeletionTime StackStatus "
        "StackStatusReason LastOperations"
    ).split()
    summary = {key: whole[key] for key in keys if key in whole}
    if "Description" in whole:
        summary["TemplateDescription"] = whole["Description"]
    return {**summary, "DriftInformation": _NOT_CHECKED}


def parameters_answer(definition: Definition | None) -> list[dict[str, str]]:
    """List the parameters, NoEcho ones masked."""
    if definition is None:
        return []
    return [
        {
            "ParameterKey": name,
            "ParameterValue": MASK if name in definition.hidden else text,
        }
        for name, text in definition.parameter_texts().items()
    ]


def resource_answer(stack: Stack, resource: Resource, time_key: str) -> dict[str, Any]:
    """Describe a resource; the time's name differs from operation to operation."""
    return _given(
        StackName=stack.name,
        StackId=stack.id,
        LogicalResourceId=resource.logical_id,
        PhysicalResourceId=resource.physical_id or None,
        ResourceType=resource.type,
        ResourceStatus=resource.status,
        ResourceStatusReason=resource.reason or None,
        DriftInformation={"StackResourceDriftStatus": "NOT_CHECKED"},
        **{time_key: resource.changed_at},
    )


def change_set_summary(stack: Stack, change_set: ChangeSet) -> dict[str, Any]:
    """Summarise a change set for ListChangeSets."""
    return _given(
        StackId=stack.id,
        StackName=stack.name,
        ChangeSetId=change_set.id,
        ChangeSetName=change_set.name,
        ExecutionStatus=change_set.execution_status,
        Status=change_set.status,
        StatusReason=change_set.status_reason,
        CreationTime=change_set.created,
        Description=change_set.description,
        IncludeNestedStacks=False,
    )


def change_set_answer(
    stack: Stack, change_set: ChangeSet, *, values: bool
) -> dict[str, Any]:
    """Describe a change set; ``values`` adds what properties are and will be."""
    changes = change_set.changes
    return {
        **change_set_summary(stack, change_set),
        **settings_answer(change_set.settings),
        **_given(OnStackFailure=change_set.on_stack_failure),
        "Parameters": parameters_answer(change_set.definition),
        "Changes": changes if values else [without_values(each) for each in changes],
    }


def visible(stack: Stack) -> bool:
    """Say whether DescribeStacks lists the stack when no name is given."""
    return stack.status is not StackStatus.DELETE_COMPLETE


def _given(**members: Any) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
