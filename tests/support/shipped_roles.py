"""The shipped foundation on an enforcing plane, and sessions of its roles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from own_plane import clients_of, running_plane

ROOT = Path(__file__).resolve().parents[2]
DEPLOYER = "CloudFormationServiceRole"
MOVER = "CodePipelineServiceRole"
BUILDER = "CodeBuildServiceRole"
RECORDER = "RecorderRole"


@dataclass(frozen=True)
class Account:
    """A plane that holds the foundation, and sessions of its roles."""

    endpoint: str
    operator: Callable[[str], Any]
    outputs: dict[str, str]
    made: dict[tuple[str, str], Any] = field(default_factory=dict)

    def client(self, role: str, service: str) -> Any:
        """Give a client that acts as one of the foundation's roles."""
        if (role, service) not in self.made:
            arn = self.outputs[f"{role}Arn"]
            keys = self.operator("sts").assume_role(RoleArn=arn, RoleSessionName="try")
            given = keys["Credentials"]
            self.made[role, service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name="us-east-1",
                aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"],
                aws_session_token=given["SessionToken"],
            )
        return self.made[role, service]

    @contextmanager
    def without(self, role: str, statement: str, action: str) -> Iterator[None]:
        """Take one action out of one statement of a role's policies, for a while."""
        iam = self.operator("iam")
        name = self.outputs[f"{role}Arn"].rpartition("/")[2]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            names = {"RoleName": name, "PolicyName": policy}
            document = iam.get_role_policy(**names)["PolicyDocument"]
            less = json.loads(json.dumps(document))
            if _take_out(less, statement, action):
                iam.put_role_policy(**names, PolicyDocument=json.dumps(less))
                try:
                    yield
                finally:
                    iam.put_role_policy(**names, PolicyDocument=json.dumps(document))
                return
        raise AssertionError(f"{role} has no {action} in {statement}")

    @contextmanager
    def trusting(self, role: str, service: str, account: str) -> Iterator[None]:
        """Let a role trust another service, or its own for another account."""
        iam = self.operator("iam")
        name = {"RoleName": self.outputs[f"{role}Arn"].rpartition("/")[2]}
        before = iam.get_role(**name)["Role"]["AssumeRolePolicyDocument"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        iam.update_assume_role_policy(**name, PolicyDocument=json.dumps(trust))
        try:
            yield
        finally:
            iam.update_assume_role_policy(**name, PolicyDocument=json.dumps(before))


def _take_out(document: dict[str, Any], statement: str, action: str) -> bool:
    for body in document["Statement"]:
        given = body["Action"] if isinstance(body["Action"], list) else [body["Action"]]
        if body["Sid"] == statement and action in given:
            body["Action"] = [each for each in given if each != action] or ["none:None"]
            return True
    return False


@contextmanager
def enforcing_account(state: Path) -> Iterator[Account]:
    """Start an enforcing plane, and deploy the foundation to it."""
    with running_plane(state, permissions="enforce") as plane:
        operator = clients_of(plane.endpoint)
        yield Account(plane.endpoint, operator, _foundation(operator))


def _foundation(operator: Callable[[str], Any]) -> dict[str, str]:
    """Deploy the shipped foundation as the operator does; give its outputs."""
    operator("s3").create_bucket(Bucket="templates")
    body = (ROOT / "templates" / "foundation.yaml").read_bytes()
    operator("s3").put_object(Bucket="templates", Key="foundation.yaml", Body=body)
    api = operator("cloudformation")
    name = {"StackName": "medical-record-analysis-foundation"}
    api.create_stack(
        **name,
        TemplateURL="https://templates.s3.us-east-1.amazonaws.com/foundation.yaml",
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    api.get_waiter("stack_create_complete").wait(
        **name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 150}
    )
    stack = api.describe_stacks(**name)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
