"""The Lambda API: aliases and the weights of their traffic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rehearsal.functions.model import LATEST, Alias, Function, new_revision
from rehearsal.functions.registry import PAGES, Registry, guard_revision, not_found
from rehearsal.functions.settings import refused
from rehearsal.protocol import Answer, ApiError, Call, Params

_ALIAS_NAME = re.compile(r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)")


class AliasOperations:
    """Operations on aliases; mixed into the service."""

    registry: Registry

    def create_alias(self, params: Params, call: Call) -> Answer:
        """Create an alias of a version."""
        function = self.registry.function(params["FunctionName"])
        name = params["Name"]
        if not _ALIAS_NAME.fullmatch(name):
            raise ApiError(
                "ValidationException",
                f"1 validation error detected: Value '{name}' at 'name' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: "
                f"{_ALIAS_NAME.pattern}",
            )
        alias = Alias(
            arn=f"{function.arn}:{name}",
            name=name,
            version=params["FunctionVersion"],
            weights=_weights(params) or {},
            description=params.get("Description", ""),
        )
        with self.registry.lock:
            if name in function.aliases:
                raise ApiError(
                    "ResourceConflictException", f"Alias already exists: {alias.arn}"
                )
            _check(function, alias)
            function.aliases[name] = alias
        return alias.describe()

    def get_alias(self, params: Params, call: Call) -> Answer:
        """Return an alias."""
        function = self.registry.function(params["FunctionName"])
        return self.registry.alias(function, params["Name"]).describe()

    def update_alias(self, params: Params, call: Call) -> Answer:
        """Change what was given; weights that are not mentioned stay."""
        function = self.registry.function(params["FunctionName"])
        with self.registry.lock:
            before = self.registry.alias(function, params["Name"])
            guard_revision(params.get("RevisionId"), before.revision_id)
            weights = _weights(params)
            alias = replace(
                before,
                version=params.get("FunctionVersion") or before.version,
                weights=before.weights if weights is None else weights,
                description=params.get("Description", before.description),
                revision_id=new_revision(),
            )
            _check(function, alias)
            function.aliases[alias.name] = alias
        return alias.describe()

    def delete_alias(self, params: Params, call: Call) -> Answer:
        """Delete an alias and its policy; one that is not there is deleted already."""
        function = self.registry.function(params["FunctionName"])
        with self.registry.lock:
            function.aliases.pop(params["Name"], None)
            function.policies.pop(params["Name"], None)
            function.invoke_configs.pop(params["Name"], None)
        return {}

    def list_aliases(self, params: Params, call: Call) -> Answer:
        """List the aliases, all or those of one version."""
        function = self.registry.function(params["FunctionName"])
        wanted = params.get("FunctionVersion")
        with self.registry.lock:
            shapes: list[dict[str, Any]] = [
                alias.describe()
                for _, alias in sorted(function.aliases.items())
                if wanted in (None, alias.version, *alias.weights)
            ]
        return PAGES.cut("Aliases", shapes, params)


def _weights(params: Params) -> Mapping[str, float] | None:
    """Return the weights that were given; None when none were mentioned."""
    routing = params.get("RoutingConfig")
    if routing is None:
        return None
    weights: Mapping[str, float] = routing.get("AdditionalVersionWeights") or {}
    return weights


def _check(function: Function, alias: Alias) -> None:
    """Refuse an alias that Lambda would refuse.

    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    for number in (alias.version, *alias.weights):
        if function.version(number) is None:
            raise not_found(f"{function.arn}:{number}")
    if not alias.weights:
        return
    for weight in alias.weights.values():
        if not 0 <= weight <= 1:
            raise ApiError(
                "ValidationException",
                f"1 validation error detected: Value '{weight}' at "
                "'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
                "Map value must satisfy constraint: [Member must have value between 0.0 "
                "and 1.0]",
            )
    if len(alias.weights) > 1:
        raise refused(
            "Number of items in AdditionalVersionWeights cannot be greater than 1"
        )
    if LATEST in (alias.version, *alias.weights):
        raise refused(
            "$LATEST is not supported for an alias pointing to more than 1 version"
        )
    if alias.version in alias.weights:
        raise refused(
            f"Invalid function version {alias.version}. Function version {alias.version} "
            "is already included in routing configuration."
        )
    _check_alike(function, alias)


def _check_alike(function: Function, alias: Alias) -> None:
    versions = [function.version(number) for number in (alias.version, *alias.weights)]
    settings = [version.settings for version in versions if version is not None]
    for name, words in (("Role", "execution role"), ("DeadLetterConfig", "DLQ")):
        first, *others = [item.get(name) for item in settings]
        if any(other != first for other in others):
            raise refused(
                f"The versions of an alias that points to two must have the same {words}."
            )
