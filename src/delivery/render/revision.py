"""One hash for a function over all that a published version freezes, and nothing else.

A parameter's value reaches SAM as a reference and does not enter the hash by which SAM
decides whether to publish, so a change of configured memory would never reach users. The
revision is resolved first, and SAM takes it as ``AutoPublishCodeSha256``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from awsrules.schemas import schema_of
from awsrules.templates import Scope, evaluate_conditions, resolve
from delivery.render.functions import PublishedFunction, code_key, published_functions

# What belongs to the function, its role or its callers, but not to a version of it.
# Source: AWS Lambda Developer Guide, "Manage Lambda function versions"; AWS SAM Developer
# Guide, "AWS::Serverless::Function".
NOT_IN_A_VERSION = frozenset(
    {
        "AssumeRolePolicyDocument",
        "AutoPublishAlias",
        "AutoPublishAliasAllProperties",
        "AutoPublishCodeSha256",
        "CodeSigningConfigArn",
        "DeploymentPreference",
        "EventInvokeConfig",
        "Events",
        "FunctionName",
        "FunctionScalingConfig",
        "FunctionUrlConfig",
        "PermissionsBoundary",
        "Policies",
        "PropagateTags",
        "ProvisionedConcurrencyConfig",
        "RecursiveLoop",
        "ReservedConcurrentExecutions",
        "RolePath",
        "RuntimeManagementConfig",
        "SourceKMSKeyArn",
        "Tags",
        "VersionDeletionPolicy",
        "VersionDescription",
    }
)

# Changes of this module that change what is hashed need another number, so that a release
# says why everything was published anew.
_FORMAT = 1

_LAYERS = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")


def revisions(
    template: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, str]:
    """Give each published function's revision by the name of the parameter that has it.

    ``parameters`` are effective values; one that only the pipeline knows may be missing and
    then counts by its name.
    """
    reader = _Reader(template, parameters)
    return {
        function.revision_parameter: reader.revision(function)
        for function in published_functions(template)
    }


class _Reader:
    """Resolves what can be known of a template when it is built."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> None:
        declared = template.get("Parameters", {})
        known = {name: parameters.get(name, f"<{name}>") for name in declared}
        conditions = evaluate_conditions(template, known, {})
        self._resources: Mapping[str, Any] = template.get("Resources", {})
        self._scope = Scope(known, template.get("Mappings", {}), conditions, {})

    def revision(self, function: PublishedFunction) -> str:
        frozen = {
            name: value
            for name, value in function.properties.items()
            if name not in NOT_IN_A_VERSION
        }
        resolved = resolve(frozen, self._scope, ref=self._ref, att=self._att)
        if "CodeUri" in resolved:
            resolved["CodeUri"] = code_key(resolved["CodeUri"])
        return _digest({"format": _FORMAT, "properties": resolved})

    def _ref(self, name: str) -> Any:
        return {"Ref": name, **self._identity(name)}

    def _att(self, name: str, attribute: str) -> Any:
        return {"GetAtt": f"{name}.{attribute}", **self._identity(name)}

    def _identity(self, name: str) -> dict[str, Any]:
        """Give what makes a referenced resource another one: then its id changes too."""
        resource = self._resources.get(name)
        if resource is None:
            return {}
        kind = str(resource.get("Type"))
        properties = resolve(resource.get("Properties", {}), self._scope)
        if kind in _LAYERS:
            uri = properties.pop("ContentUri", None) or properties.pop("Content", None)
            return {"type": kind, "content": code_key(uri), "properties": properties}
        schema = schema_of(kind)
        fixed = schema.create_only if schema else frozenset[str]()
        kept = {key: each for key, each in properties.items() if key in fixed}
        return {"type": kind, "properties": kept}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
