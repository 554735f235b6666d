"""Find property mistakes before anything is provisioned, as early validation does."""

from __future__ import annotations

from typing import Any

from awsrules.schemas import (
    missing_properties,
    read_only_given,
    schema_of,
    unknown_properties,
)
from awsrules.templates import resolve
from rehearsal.cloudformation.definition import Definition
from rehearsal.cloudformation.gates import invalid

EARLY_VALIDATION_FAILED = (
    "The following hook(s)/validation failed: "
    "[AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation errors, "
    "use the DescribeEvents API for detailed failure information."
)


def findings(definition: Definition) -> list[dict[str, Any]]:
    """List what no deployment of the template can get past, as validation events have it."""
    found: list[dict[str, Any]] = []
    for name, body in definition.resources.items():
        for reason in _problems(definition, body):
            found.append(
                {
                    "LogicalResourceId": name,
                    "ResourceType": body["Type"],
                    "ValidationName": "PROPERTY_VALIDATION",
                    "ValidationStatus": "FAILED",
                    "ValidationStatusReason": reason,
                    "ValidationPath": f"/Resources/{name}/Properties",
                    "ValidationFailureMode": "FAIL",
                }
            )
    return found


def refuse_findings(definition: Definition) -> None:
    """Refuse a template that has findings.

    Raises:
        ApiError: naming the first of them.
    """
    for finding in findings(definition):
        raise invalid(
            f"{EARLY_VALIDATION_FAILED} {finding['LogicalResourceId']}: "
            f"{finding['ValidationStatusReason']}"
        )


def _problems(definition: Definition, body: Any) -> list[str]:
    schema = schema_of(body["Type"])
    if schema is None:
        if body["Type"].startswith("AWS::"):
            return [f"Unrecognized resource type: {body['Type']}"]
        return []
    properties = resolve(body.get("Properties") or {}, definition.scope)
    return [
        *(
            f"Unsupported property [{path}]"
            for path in unknown_properties(schema, properties)
        ),
        *(
            f"Required property [{name}] not found"
            for name in missing_properties(schema, properties)
        ),
        *(
            f"Encountered read-only property [{name}]"
            for name in read_only_given(schema, properties)
        ),
    ]
