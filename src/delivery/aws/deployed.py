"""What a stack holds, as ``ports.DeployedStacks``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import told_in_our_words
from delivery.aws.stacks import is_absent, read_stack
from delivery.model import StackContents, StackResource


@dataclass(frozen=True, slots=True)
class StackReader:
    """Stacks with their resources, and versions of their functions."""

    clients: Clients

    def contents(self, name_or_id: str) -> StackContents | None:
        api = self.clients.get("cloudformation")
        with self._doing(f"read stack {name_or_id}"):
            try:
                data = api.describe_stacks(StackName=name_or_id)["Stacks"][0]
            except ClientError as error:
                if is_absent(error):
                    return None
                raise
            stack_id = data["StackId"]
            template = api.get_template(StackName=stack_id, TemplateStage="Original")
        resources = self.resources(stack_id)
        return StackContents(
            stack=read_stack(data),
            template=_text(template["TemplateBody"]),
            resources=resources,
            tags={each["Key"]: each["Value"] for each in data.get("Tags", [])},
            role_arn=data.get("RoleARN", ""),
        )

    def code_sha256(self, function: str, version: str) -> str:
        with self._doing(f"read version {version} of function {function}"):
            answer = self.clients.get("lambda").get_function_configuration(
                FunctionName=function, Qualifier=version
            )
        return str(answer["CodeSha256"])

    def resources(self, stack_id: str) -> tuple[StackResource, ...]:
        """Return all resources; ``DescribeStackResources`` would stop at a hundred."""
        api = self.clients.get("cloudformation")
        with self._doing(f"read the resources of stack {stack_id}"):
            pages = api.get_paginator("list_stack_resources").paginate(
                StackName=stack_id
            )
            return tuple(
                StackResource(
                    logical_id=each["LogicalResourceId"],
                    type=each["ResourceType"],
                    physical_id=each.get("PhysicalResourceId", ""),
                )
                for page in pages
                for each in page["StackResourceSummaries"]
                if each["ResourceStatus"] != "DELETE_COMPLETE"
            )

    def _doing(self, what: str) -> Any:
        return told_in_our_words(what, local=self.clients.local)


def _text(body: Any) -> str:
    """Return a template as text: boto3 gives one that is JSON as an object."""
    return body if isinstance(body, str) else json.dumps(body, indent=1)
