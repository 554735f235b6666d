"""What the values of a template come to, as far as the template and its parameters say.

What only AWS decides stays a token such as ``${RecordsApi}``: two values that are the
same token are the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awsrules.templates import Scope, evaluate_conditions, resolve

# Which property is the name that ``Ref`` gives, where the template sets one.
_NAME_OF_REF = {
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CodeDeploy::DeploymentConfig": "DeploymentConfigName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Serverless::SimpleTable": "TableName",
    "AWS::S3::Bucket": "BucketName",
}
# Which property ``Fn::GetAtt`` of a name gives.
_NAME_OF_ATT = {("AWS::SQS::Queue", "QueueName"): "QueueName"}


class Names:
    """A template with the parameters of one environment, resolved."""

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        *,
        region: str = "us-east-1",
    ) -> None:
        self.template = template
        known = _parameters(template, parameters)
        pseudo = _pseudo_parameters(region)
        conditions = evaluate_conditions(template, known, pseudo)
        mappings = template.get("Mappings") or {}
        self._scope = Scope(known, mappings, conditions, pseudo)

    def resources(self, *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield logical id and resource of those that exist, of ``types`` if given."""
        for logical_id, resource in (self.template.get("Resources") or {}).items():
            wanted = not types or resource.get("Type") in types
            if wanted and self._exists(resource):
                yield logical_id, resource

    def resource(self, logical_id: str) -> Mapping[str, Any] | None:
        """Return a resource that exists, or None."""
        found = (self.template.get("Resources") or {}).get(logical_id)
        return found if found is not None and self._exists(found) else None

    def value(self, value: Any) -> Any:
        """Resolve a value; what only AWS knows becomes tokens."""
        return resolve(value, self._scope, ref=self._ref, att=self._att)

    def properties(self, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Resolve all of a resource's properties."""
        found = self.value(resource.get("Properties") or {})
        return found if isinstance(found, dict) else {}

    def _exists(self, resource: Mapping[str, Any]) -> bool:
        condition = resource.get("Condition")
        return condition is None or self._scope.conditions.get(condition, False)

    def _ref(self, name: str) -> str:
        logical_id, _, attribute = name.partition(".")
        resource = (self.template.get("Resources") or {}).get(logical_id, {})
        if attribute == "Stage":
            return str(self.value(resource.get("Properties", {}).get("StageName", "")))
        given = _NAME_OF_REF.get(resource.get("Type", ""))
        if given and not attribute:
            return self._named(resource, given, name)
        return _token(name)

    def _att(self, logical_id: str, attribute: str) -> str:
        resource = (self.template.get("Resources") or {}).get(logical_id, {})
        given = _NAME_OF_ATT.get((resource.get("Type", ""), attribute))
        if given:
            return self._named(resource, given, logical_id)
        return _token(f"{logical_id}.{attribute}")

    def _named(self, resource: Mapping[str, Any], given: str, fallback: str) -> str:
        name = (resource.get("Properties") or {}).get(given)
        return _token(fallback) if name is None else str(self.value(name))


def version_token(logical_id: str) -> str:
    """Return what the number of a function's newly published version resolves to."""
    return _token(f"{logical_id}.Version.Version")


def _token(name: str) -> str:
    return "${" + name + "}"


def _parameters(
    template: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Give every parameter a value: given, default, or a token for another stack's."""
    declared: Mapping[str, Any] = template.get("Parameters") or {}
    return {
        name: given.get(name, declaration.get("Default", _token(name)))
        for name, declaration in declared.items()
    }


def _pseudo_parameters(region: str) -> dict[str, str]:
    known = {
        "AWS::Region": region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
    }
    left = ("AWS::AccountId", "AWS::StackName", "AWS::StackId")
    return known | {name: _token(name) for name in left}
