"""The names and ARNs that a stack's resources will have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from awsrules.templates import Scope, evaluate_conditions, resolve

# Nobody's account: the proof is about names, and every account has the same ones.
ACCOUNT = "111122223333"
PARTITION = "aws"
_SUFFIX = "1A2B3C4D5E6F"

# ARN after the account, by type. A type that is not here gets its service and its name.
_FORMS: Mapping[str, tuple[str, str]] = {
    "AWS::ApiGateway::ApiKey": ("apigateway", "/apikeys/{name}"),
    "AWS::ApiGateway::Deployment": ("apigateway", "/restapis/{name}/deployments"),
    "AWS::ApiGateway::RestApi": ("apigateway", "/restapis/{name}"),
    "AWS::ApiGateway::Stage": ("apigateway", "/restapis/api/stages/{name}"),
    "AWS::ApiGateway::UsagePlan": ("apigateway", "/usageplans/{name}"),
    "AWS::ApiGateway::UsagePlanKey": ("apigateway", "/usageplans/plan/keys"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:{name}"),
    "AWS::CodeConnections::Connection": ("codeconnections", "connection/{name}"),
    "AWS::CodeDeploy::Application": ("codedeploy", "application:{name}"),
    "AWS::CodeDeploy::DeploymentConfig": ("codedeploy", "deploymentconfig:{name}"),
    "AWS::CodeDeploy::DeploymentGroup": ("codedeploy", "deploymentgroup:{name}"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/{name}"),
    "AWS::Events::Rule": ("events", "rule/{name}"),
    "AWS::IAM::ManagedPolicy": ("iam", "policy/{name}"),
    "AWS::IAM::Role": ("iam", "role/{name}"),
    "AWS::KMS::Alias": ("kms", "{name}"),
    "AWS::KMS::Key": ("kms", "key/{name}"),
    "AWS::Lambda::Alias": ("lambda", "function:{name}"),
    "AWS::Lambda::CodeSigningConfig": ("lambda", "code-signing-config:csc-{name}"),
    "AWS::Lambda::Function": ("lambda", "function:{name}"),
    "AWS::Lambda::Permission": ("lambda", "function:{name}"),
    "AWS::Lambda::Version": ("lambda", "function:{name}"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{name}"),
    "AWS::S3::Bucket": ("s3", "{name}"),
    "AWS::S3::BucketPolicy": ("s3", "{name}"),
    "AWS::SNS::Topic": ("sns", "{name}"),
    "AWS::SQS::Queue": ("sqs", "{name}"),
    "AWS::SQS::QueuePolicy": ("sqs", "{name}"),
    "AWS::Scheduler::Schedule": ("scheduler", "schedule/default/{name}"),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{name}"),
    "AWS::WAFv2::WebACL": ("wafv2", "regional/webacl/{name}/id"),
}
_NAMES = (
    "FunctionName",
    "BucketName",
    "RoleName",
    "QueueName",
    "AlarmName",
    "AliasName",
    "LogGroupName",
    "TableName",
    "StateMachineName",
    "ApplicationName",
    "StageName",
    "TopicName",
    "Name",
)
# These belong to a resource, whose name is theirs for a policy.
_OWNERS = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::ApiGateway::Deployment": "RestApiId",
}
# Their Name is a label; API Gateway and KMS make ids.
_WITH_IDS = frozenset(
    {
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::UsagePlan",
        "AWS::KMS::Key",
    }
)
# Their Ref is not their name. Source: CloudFormation User Guide, "Return values" of each.
_REF_IS_ARN = frozenset(
    {
        "AWS::CodeConnections::Connection",
        "AWS::IAM::ManagedPolicy",
        "AWS::Lambda::CodeSigningConfig",
        "AWS::SNS::Topic",
        "AWS::StepFunctions::StateMachine",
    }
)
_GLOBAL = frozenset({"iam", "s3"})


@dataclass(frozen=True, slots=True)
class Stack:
    """A template with the values of its parameters, and the names that come of both."""

    name: str
    region: str
    template: Mapping[str, Any]
    parameters: Mapping[str, Any]
    scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scope", self._scope())

    def resolved(self, value: Any) -> Any:
        """Give ``value`` with references to resources as names and ARNs."""
        return resolve(value, self.scope, ref=self._ref, att=self._att)

    def properties(self, logical_id: str) -> Mapping[str, Any]:
        """Give the properties of a resource, resolved."""
        found = self._resource(logical_id).get("Properties") or {}
        properties: Mapping[str, Any] = self.resolved(found)
        return properties

    def physical_name(self, logical_id: str) -> str:
        """Give the name of a resource: its own, or what CloudFormation would make."""
        resource = self._resource(logical_id)
        kind = str(resource.get("Type", ""))
        properties = resource.get("Properties") or {}
        owner = properties.get(_OWNERS.get(kind, ""))
        if owner:
            found = self.resolved(owner)
            found = found[0] if isinstance(found, list) else found
            return str(found).rpartition("/")[2]
        if kind == "AWS::CodeDeploy::DeploymentGroup":
            group = properties.get("DeploymentGroupName", f"{self.name}-{logical_id}")
            application = self.resolved(properties.get("ApplicationName", ""))
            return f"{application}/{self.resolved(group)}"
        if kind not in _WITH_IDS:
            for key in _NAMES:
                if isinstance(text := self.resolved(properties.get(key)), str):
                    return text
        return f"{self.name}-{logical_id}-{_SUFFIX}"

    def arn(self, logical_id: str) -> str:
        """Give the ARN of a resource."""
        kind = str(self._resource(logical_id).get("Type", ""))
        service, form = _FORMS.get(kind, (kind.split("::")[1].lower(), "{name}"))
        text = form.format(name=self.physical_name(logical_id))
        if service == "apigateway":
            return f"arn:{PARTITION}:apigateway:{self.region}::{text}"
        if service == "s3":
            return f"arn:{PARTITION}:s3:::{text}"
        region = "" if service in _GLOBAL else self.region
        return f"arn:{PARTITION}:{service}:{region}:{ACCOUNT}:{text}"

    def outputs(self) -> dict[str, str]:
        """Give the values of the template's outputs, as far as they are texts."""
        declared = self.template.get("Outputs") or {}
        values = {key: self.resolved(each["Value"]) for key, each in declared.items()}
        return {key: each for key, each in values.items() if isinstance(each, str)}

    def _resource(self, logical_id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.template["Resources"][logical_id]
        return found

    def _ref(self, name: str) -> Any:
        if name not in self.template.get("Resources", {}):
            return {"Ref": name}
        kind = self._resource(name).get("Type")
        return self.arn(name) if kind in _REF_IS_ARN else self.physical_name(name)

    def _att(self, name: str, attribute: str) -> Any:
        if name not in self.template.get("Resources", {}):
            return {"Fn::GetAtt": [name, attribute]}
        if attribute in ("Arn", "CodeSigningConfigArn", "TopicArn"):
            return self.arn(name) + self._streams(name)
        return f"{self.physical_name(name)}-{attribute}"

    def _streams(self, name: str) -> str:
        """Give what a log group's Arn ends with: it speaks of the streams, too."""
        kind = self._resource(name).get("Type")
        return ":*" if kind == "AWS::Logs::LogGroup" else ""

    def _scope(self) -> Scope:
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": PARTITION,
            "AWS::Region": self.region,
            "AWS::StackName": self.name,
            "AWS::StackId": f"arn:aws:cloudformation:::stack/{self.name}/id",
            "AWS::URLSuffix": "amazonaws.com",
        }
        conditions = evaluate_conditions(self.template, self.parameters, pseudo)
        mappings = self.template.get("Mappings") or {}
        return Scope(self.parameters, mappings, conditions, pseudo)
