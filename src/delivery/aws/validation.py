"""What CloudFormation's early validation found, which a change set's reason leaves out."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

# How the reason begins that names no resource. Source: aws-cdk toolkit-lib,
# `stack-diagnoser`.
_MARKER = "AWS::EarlyValidation"
_MOST_FINDINGS = 5


def unpacked_reason(api: Any, change_set_id: str, reason: str) -> str:
    """Return what was wrong with which resource, in place of a reason that does not say.

    Whoever may not read the events gets the reason as it is: it still tells that, and
    where, to look.
    """
    if _MARKER not in reason:
        return reason
    try:
        answer = api.describe_events(
            ChangeSetName=change_set_id, Filters={"FailedEvents": True}
        )
    except ClientError:
        return reason
    findings = [_finding(each) for each in answer.get("OperationEvents", [])]
    named = list(dict.fromkeys(each for each in findings if each))
    if not named:
        return reason
    more = len(named) - _MOST_FINDINGS
    tail = f"; and {more} more" if more > 0 else ""
    return "; ".join(named[:_MOST_FINDINGS]) + tail


def _finding(event: dict[str, Any]) -> str:
    """Return one finding as text, or nothing for an event that is none."""
    why = event.get("ValidationStatusReason", "")
    if not why:
        return ""
    resource = event.get("LogicalResourceId", "")
    kind = event.get("ResourceType", "")
    where = f"{resource} ({kind})" if kind else resource
    path = event.get("ValidationPath", "")
    at = f" at {path}" if path and path not in why else ""
    return f"{where}{at}: {why}".removeprefix(": ")
