"""What properties become: references to resources, dynamic references, tags of the stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from awsrules.intrinsics import Scope
from awsrules.schemas import schema_of
from awsrules.templates import (
    DynamicReference,
    TemplateError,
    replace_dynamic_references,
    resolve,
)
from rehearsal.cloudformation.definition import MASK
from rehearsal.cloudformation.model import Resource


class Lookup:
    """Answers Ref and Fn::GetAtt from the resources of a stack."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources

    def ref(self, name: str) -> Any:
        """Give the physical id."""
        return self._known(name).physical_id

    def att(self, name: str, attribute: str) -> Any:
        """Give an attribute; nested ones are written with dots."""
        resource = self._known(name)
        if attribute in resource.attributes:
            return resource.attributes[attribute]
        if "*" in resource.attributes:
            return f"{resource.attributes['*']}.{attribute}"
        if attribute in resource.properties:
            return resource.properties[attribute]
        raise TemplateError(
            f"Template error: resource {name} does not support attribute type "
            f"{attribute} in Fn::GetAtt"
        )

    def _known(self, name: str) -> Resource:
        if name not in self._resources or not self._resources[name].physical_id:
            raise TemplateError(
                f"Template error: resource {name} has no physical id yet"
            )
        return self._resources[name]


def resolved(
    body: Mapping[str, Any],
    scope: Scope,
    lookup: Lookup,
    tags: tuple[tuple[str, str], ...] = (),
) -> dict[str, Any]:
    """Give the properties of a resource, the stack's tags among its own."""
    properties: dict[str, Any] = resolve(
        body.get("Properties") or {}, scope, ref=lookup.ref, att=lookup.att
    )
    return with_stack_tags(body["Type"], properties, tags)


def with_stack_tags(
    type_name: str, properties: dict[str, Any], tags: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    """Add the stack's tags, as CloudFormation does for every type that bears tags."""
    schema = schema_of(type_name)
    if not tags or schema is None or not schema.tag_property:
        return properties
    key = schema.tag_property
    own = properties.get(key)
    if isinstance(own, dict) or _is_map(schema.properties.get(key, {})):
        return {**properties, key: {**dict(tags), **(own or {})}}
    named = {each.get("Key") for each in own or []}
    added = [{"Key": k, "Value": v} for k, v in tags if k not in named]
    return {**properties, key: [*(own or []), *added]}


def _is_map(shape: Mapping[str, Any]) -> bool:
    return shape.get("type") == "object" or "patternProperties" in shape


class Secrets:
    """Fills dynamic references for the moment of one call, and hides them in what is said."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._seen: set[str] = set()

    def fill(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Give the properties with every ``{{resolve:…}}`` replaced by its value."""
        filled: dict[str, Any] = replace_dynamic_references(properties, self._value)
        return filled

    def hide(self, text: str) -> str:
        """Give ``text`` without any value that was filled in."""
        for value in self._seen:
            text = text.replace(value, MASK)
        return text

    def _value(self, reference: DynamicReference) -> str:
        if reference.service == "secretsmanager":
            value = self._secret(reference)
        else:
            value = self._parameter(reference)
        if reference.service != "ssm":
            self._seen.add(value)
        return value

    def _secret(self, reference: DynamicReference) -> str:
        wanted = {"SecretId": reference.name}
        if reference.version_stage:
            wanted["VersionStage"] = reference.version_stage
        if reference.version_id:
            wanted["VersionId"] = reference.version_id
        text = str(
            self._client("secretsmanager").get_secret_value(**wanted)["SecretString"]
        )
        if not reference.json_key:
            return text
        self._seen.add(text)
        found = json.loads(text)
        if reference.json_key not in found:
            raise TemplateError(
                "Could not parse SecretString JSON: the key "
                f"{reference.json_key} does not exist"
            )
        return str(found[reference.json_key])

    def _parameter(self, reference: DynamicReference) -> str:
        version = f":{reference.version_id}" if reference.version_id else ""
        answer = self._client("ssm").get_parameter(
            Name=reference.name + version,
            WithDecryption=reference.service == "ssm-secure",
        )
        return str(answer["Parameter"]["Value"])
