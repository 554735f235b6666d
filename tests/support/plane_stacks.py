"""Make and watch stacks in the rehearsal plane."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_SETTLES_WITHIN_SECONDS = 60.0
_numbers = itertools.count(1)


def unique(word: str) -> str:
    """Give a name that no other test uses."""
    return f"{word}-{next(_numbers)}"


@dataclass
class Stack:
    """One stack, driven by change sets as the tool does."""

    api: Any
    name: str

    def change(self, template: str, **request: Any) -> dict[str, Any]:
        """Make a change set and wait until it is ready or has failed."""
        parameters = request.pop("parameters", {})
        made = self.api.create_change_set(
            StackName=self.name,
            ChangeSetName=unique("change"),
            ChangeSetType=request.pop("kind", self._kind()),
            TemplateBody=template,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in parameters.items()
            ],
            **{"Capabilities": ["CAPABILITY_NAMED_IAM"], **request},
        )
        return _until(
            lambda: self.api.describe_change_set(
                ChangeSetName=made["Id"], IncludePropertyValues=True
            ),
            lambda found: found["Status"] in ("CREATE_COMPLETE", "FAILED"),
        )

    def execute(self, change_set: dict[str, Any], **request: Any) -> None:
        """Begin to do what a change set says."""
        assert change_set["Status"] == "CREATE_COMPLETE", change_set.get("StatusReason")
        self.api.execute_change_set(ChangeSetName=change_set["ChangeSetId"], **request)

    def deploy(self, template: str, **request: Any) -> str:
        """Do the whole of it; give the status it settles in."""
        how = {
            key: request.pop(key)
            for key in ("DisableRollback", "ClientRequestToken", "RetainExceptOnCreate")
            if key in request
        }
        self.execute(self.change(template, **request), **how)
        return self.settled()

    def describe(self) -> dict[str, Any]:
        """Describe it as it is."""
        found: dict[str, Any] = self.api.describe_stacks(StackName=self.name)
        return dict(found["Stacks"][0])

    def settled(self) -> str:
        """Wait until nothing is in progress; a stack that is gone is DELETE_COMPLETE."""
        stack_id = self.describe()["StackId"]
        found = _until(
            lambda: self.api.describe_stacks(StackName=stack_id)["Stacks"][0],
            lambda stack: not stack["StackStatus"].endswith("_IN_PROGRESS"),
        )
        return str(found["StackStatus"])

    def gone(self) -> None:
        """Wait until there is no stack of this name."""
        _until(lambda: self._kind(), lambda kind: kind == "CREATE")

    def reaches_status(self, status: str) -> None:
        """Wait until the stack itself is in a status."""
        _until(
            lambda: self.describe()["StackStatus"],
            lambda found: found == status,
            pause=0.01,
        )

    def reaches(self, logical_id: str, status: str) -> None:
        """Wait for an event."""
        _until(
            lambda: self.events(),
            lambda found: (logical_id, status) in found,
            pause=0.01,
        )

    def outputs(self) -> dict[str, str]:
        """Give the outputs."""
        outputs = self.describe().get("Outputs", [])
        return {each["OutputKey"]: each["OutputValue"] for each in outputs}

    def events(self) -> list[tuple[str, str]]:
        """List (logical id, status), the oldest first."""
        found = self.raw_events()
        return [(one["LogicalResourceId"], one["ResourceStatus"]) for one in found]

    def raw_events(self) -> list[dict[str, Any]]:
        """List the events whole, the oldest first."""
        pages = self.api.get_paginator("describe_stack_events").paginate(
            StackName=self.name
        )
        found = [event for page in pages for event in page["StackEvents"]]
        return list(reversed(found))

    def reason(self, logical_id: str, status: str) -> str:
        """Give the reason of the newest event of this kind."""
        for event in reversed(self.raw_events()):
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (
                logical_id,
                status,
            ):
                return str(event.get("ResourceStatusReason", ""))
        raise AssertionError(f"no {status} of {logical_id} in {self.events()}")

    def physical_id(self, logical_id: str) -> str:
        """Give the physical id of a resource."""
        detail = self.api.describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])

    def _kind(self) -> str:
        try:
            status = self.describe()["StackStatus"]
        except self.api.exceptions.ClientError:
            return "CREATE"
        return "CREATE" if status == "REVIEW_IN_PROGRESS" else "UPDATE"


def _until(
    look: Callable[[], Any], good: Callable[[Any], bool], pause: float = 0.05
) -> Any:
    deadline = time.monotonic() + _SETTLES_WITHIN_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if good(found):
            return found
        time.sleep(pause)
    raise AssertionError(f"not within {_SETTLES_WITHIN_SECONDS} s: {found}")
