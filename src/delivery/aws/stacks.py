"""CloudFormation as ``ports.Stacks``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from awsrules.statuses import StackStatus
from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, message_of, told_in_our_words
from delivery.aws.validation import unpacked_reason
from delivery.errors import Refused
from delivery.model import (
    Cause,
    ChangeSet,
    ResourceChange,
    Stack,
    StackEvent,
    StackRequest,
)

_ASKED_TWICE = frozenset({"InvalidChangeSetStatus", "TokenAlreadyExistsException"})


@dataclass(frozen=True, slots=True)
class CloudFormationStacks:
    """Stacks of one account and region."""

    clients: Clients

    @property
    def _api(self) -> Any:
        return self.clients.get("cloudformation")

    def find(self, name_or_id: str) -> Stack | None:
        with self._doing(f"read stack {_name(name_or_id)}"):
            try:
                answer = self._api.describe_stacks(StackName=name_or_id)
            except ClientError as error:
                if is_absent(error):
                    return None
                raise
        return read_stack(answer["Stacks"][0])

    def create_change_set(self, request: StackRequest, *, create: bool) -> ChangeSet:
        role = {"RoleARN": request.role_arn} if request.role_arn else {}
        kept = [
            {"ParameterKey": key, "UsePreviousValue": True} for key in request.keeps
        ]
        wanted = {
            "StackName": request.name,
            "ChangeSetName": _change_set_name(request),
            "ChangeSetType": "CREATE" if create else "UPDATE",
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in request.parameters.items()
            ]
            + kept,
            "Tags": [{"Key": k, "Value": v} for k, v in request.tags.items()],
            **_template(request),
            **role,
        }
        with self._doing(f"make a change set for stack {request.name}"):
            try:
                answer = self._create_or_replace(wanted)
            except KeyboardInterrupt:
                # It may have been made: only its answer was not waited for.
                self._discard(wanted["StackName"], wanted["ChangeSetName"])
                raise
        return ChangeSet(answer["Id"], answer["StackId"], "CREATE_PENDING")

    def _create_or_replace(self, wanted: dict[str, Any]) -> Any:
        """Make the change set; one that a killed run left under the name gives way."""
        # The mark tells ours from another's when a lost answer makes the client ask twice.
        wanted["Description"] = f"deploy_pipeline.py {uuid4()}"
        try:
            return self._create(wanted)
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException":
                raise
        self._api.delete_change_set(
            ChangeSetName=wanted["ChangeSetName"], StackName=wanted["StackName"]
        )
        return self._create(wanted)

    def _create(self, wanted: dict[str, Any]) -> Any:
        try:
            return self._api.create_change_set(**wanted)
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException":
                raise
            made = self._api.describe_change_set(
                ChangeSetName=wanted["ChangeSetName"], StackName=wanted["StackName"]
            )
            if made.get("Description") != wanted["Description"]:
                raise
            return {"Id": made["ChangeSetId"], "StackId": made["StackId"]}

    def change_set(self, change_set: ChangeSet) -> ChangeSet:
        changes: list[ResourceChange] = []
        page: dict[str, str] = {}
        while True:
            with self._doing("read the change set"):
                # With values come the paths; the values themselves are not looked at.
                answer = self._api.describe_change_set(
                    ChangeSetName=change_set.id,
                    StackName=change_set.stack_id,
                    IncludePropertyValues=True,
                    **page,
                )
            changes.extend(_change(each) for each in answer.get("Changes", []))
            if not answer.get("NextToken"):
                break
            page = {"NextToken": answer["NextToken"]}
        reason = unpacked_reason(
            self._api, change_set.id, answer.get("StatusReason", "")
        )
        return ChangeSet(
            change_set.id, change_set.stack_id, answer["Status"], reason, tuple(changes)
        )

    def discard(self, change_set: ChangeSet) -> None:
        with self._doing("delete the change set"):
            self._discard(change_set.stack_id, change_set.id)

    def _discard(self, stack: str, change_set: str) -> None:
        try:
            self._api.delete_change_set(StackName=stack, ChangeSetName=change_set)
        except ClientError as error:
            if code_of(error) != "ChangeSetNotFound" and not is_absent(error):
                raise

    def execute(self, change_set: ChangeSet, *, token: str) -> None:
        # DisableRollback is said explicitly: the model's text and its behaviour disagree
        # about the default.
        with self._doing("execute the change set"):
            try:
                self._api.execute_change_set(
                    ChangeSetName=change_set.id,
                    StackName=change_set.stack_id,
                    ClientRequestToken=token,
                    DisableRollback=False,
                    # What a failed operation made goes again, even where its policy
                    # retains it: its name would stand in the way of the next try.
                    RetainExceptOnCreate=True,
                )
            except ClientError as error:
                # An answer that got lost makes the client ask again for what has begun.
                if code_of(error) not in _ASKED_TWICE or not self._began(change_set):
                    raise

    def _began(self, change_set: ChangeSet) -> bool:
        answer = self._api.describe_change_set(
            ChangeSetName=change_set.id, StackName=change_set.stack_id
        )
        return str(answer["ExecutionStatus"]).startswith("EXECUTE_")

    def delete(self, stack_id: str, *, token: str) -> None:
        with self._doing(f"delete stack {_name(stack_id)}"):
            try:
                self._api.delete_stack(StackName=stack_id, ClientRequestToken=token)
            except ClientError as error:
                if "TerminationProtection" not in message_of(error):
                    raise
                raise _protected(stack_id) from error

    def events(
        self, stack_id: str, *, since: str = "", token: str = ""
    ) -> list[StackEvent]:
        newest_first: list[StackEvent] = []
        page: dict[str, str] = {}
        while True:
            answer = self._events_page(stack_id, page)
            for each in answer["StackEvents"]:
                if since and each["EventId"] == since:
                    return newest_first[::-1]
                newest_first.append(_event(each))
            before = token and any(each.token != token for each in newest_first)
            if before or not answer.get("NextToken"):
                return newest_first[::-1]
            page = {"NextToken": answer["NextToken"]}

    def findings(self, stack: str, change_set: str) -> list[Cause]:
        found: list[Cause] = []
        page: dict[str, str] = {}
        while True:
            with self._doing("read what validation found"):
                answer = self._api.describe_events(
                    StackName=stack,
                    ChangeSetName=change_set,
                    Filters={"FailedEvents": True},
                    **page,
                )
            found.extend(
                _finding(each)
                for each in answer.get("OperationEvents", [])
                if each.get("EventType") == "VALIDATION_ERROR"
            )
            if not answer.get("NextToken"):
                return found
            page = {"NextToken": answer["NextToken"]}

    def recent_events(self, stack_id: str) -> list[StackEvent]:
        newest_first = self._events_page(stack_id, {})["StackEvents"]
        return [_event(each) for each in reversed(newest_first)]

    def _events_page(self, stack_id: str, page: dict[str, str]) -> Any:
        """Read one page, newest first; a stack that is gone has none."""
        with self._doing(f"read the events of stack {_name(stack_id)}"):
            try:
                return self._api.describe_stack_events(StackName=stack_id, **page)
            except ClientError as error:
                if is_absent(error):
                    return {"StackEvents": []}
                raise

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


def _template(request: StackRequest) -> dict[str, Any]:
    if request.same_template:
        return {"UsePreviousTemplate": True}
    if request.template_url:
        return {"TemplateURL": request.template_url}
    return {"TemplateBody": request.template}


def _protected(stack_id: str) -> Refused:
    name = _name(stack_id)
    return Refused(
        f"Stack {name} is protected against deletion.",
        why="Termination protection is on.",
        next_step="aws cloudformation update-termination-protection --stack-name "
        f"{name} --no-enable-termination-protection, with those who set it.",
    )


def is_absent(error: ClientError) -> bool:
    """Tell whether CloudFormation says that there is no such stack.

    Only this code with this text: an AccessDenied must never be read as absence.
    """
    return code_of(error) == "ValidationError" and "does not exist" in message_of(error)


def _name(name_or_id: str) -> str:
    """Return a stack's name from its name or ARN."""
    return name_or_id.split("/")[1] if name_or_id.startswith("arn:") else name_or_id


def _change_set_name(request: StackRequest) -> str:
    """Name it by what it does and to what, so that one a killed run left is replaced.

    Whatever else was left goes when the next one is executed; and one that was executed
    keeps its name, which must not stand in the way of the next.
    """
    content = json.dumps(asdict(request), sort_keys=True)
    return f"deploy-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def read_stack(data: dict[str, Any]) -> Stack:
    """Read a stack as ``DescribeStacks`` has it."""
    return Stack(
        name=data["StackName"],
        id=data["StackId"],
        status=StackStatus(data["StackStatus"]),
        reason=data.get("StackStatusReason", ""),
        outputs={
            each["OutputKey"]: each["OutputValue"] for each in data.get("Outputs", [])
        },
        parameters={
            each["ParameterKey"]: each.get("ParameterValue", "")
            for each in data.get("Parameters", [])
        },
        changed_at=data.get("LastUpdatedTime", data.get("CreationTime")),
    )


def _change(data: dict[str, Any]) -> ResourceChange:
    change = data["ResourceChange"]
    names = {
        each["Target"].get("Name") or each["Target"].get("Attribute", "")
        for each in change.get("Details", [])
        if "Target" in each
    }
    paths = {
        each.get("Target", {}).get("Path", "") for each in change.get("Details", [])
    }
    return ResourceChange(
        logical_id=change["LogicalResourceId"],
        type=change["ResourceType"],
        action=change["Action"],
        replacement=change.get("Replacement", "False"),
        policy_action=change.get("PolicyAction", ""),
        properties=tuple(sorted(each for each in names if each)),
        paths=tuple(sorted(each for each in paths if each)),
    )


def _finding(data: dict[str, Any]) -> Cause:
    path = data.get("ValidationPath", "")
    reason = data.get("ValidationStatusReason", "")
    return Cause(
        logical_id=data.get("LogicalResourceId", ""),
        type=data.get("ResourceType", ""),
        reason=f"{reason} (at {path})" if path else reason,
    )


def _event(data: dict[str, Any]) -> StackEvent:
    return StackEvent(
        id=data["EventId"],
        at=data["Timestamp"],
        stack_id=data["StackId"],
        logical_id=data.get("LogicalResourceId", ""),
        physical_id=data.get("PhysicalResourceId", ""),
        type=data.get("ResourceType", ""),
        status=data.get("ResourceStatus", ""),
        reason=data.get("ResourceStatusReason", ""),
        token=data.get("ClientRequestToken", ""),
    )
