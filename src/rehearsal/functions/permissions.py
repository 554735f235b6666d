"""The Lambda API: who may invoke, how many at once, tags, and what becomes of lost events."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.functions.model import LATEST, Function
from rehearsal.functions.registry import Registry, guard_revision, qualifier_of
from rehearsal.functions.settings import refused
from rehearsal.protocol import Answer, ApiError, Call, Params

_LEAST_UNRESERVED = 100


class PermissionOperations:
    """Operations on policies, concurrency, tags and event settings; mixed into the service."""

    registry: Registry
    account_concurrency = 1000

    def add_permission(self, params: Params, call: Call) -> Answer:
        """Let a principal invoke the function, or one alias or version of it."""
        function, key = self._qualified(params)
        statement = _statement(function, key, params)
        with self.registry.lock:
            statements = function.policies.setdefault(key, [])
            if any(item["Sid"] == statement["Sid"] for item in statements):
                raise ApiError(
                    "ResourceConflictException",
                    f"The statement id ({statement['Sid']}) provided already exists. Please "
                    "provide a new statement id, or remove the existing statement.",
                )
            statements.append(statement)
        return {"Statement": json.dumps(statement)}

    def remove_permission(self, params: Params, call: Call) -> Answer:
        """Take a permission back."""
        function, key = self._qualified(params)
        with self.registry.lock:
            statements = function.policies.get(key, [])
            rest = [item for item in statements if item["Sid"] != params["StatementId"]]
            if len(rest) == len(statements):
                raise ApiError(
                    "ResourceNotFoundException",
                    f"Statement {params['StatementId']} is not found in resource policy.",
                )
            function.policies[key] = rest
        return {}

    def get_policy(self, params: Params, call: Call) -> Answer:
        """Return the resource policy."""
        function, key = self._qualified(params)
        statements = function.policies.get(key)
        if not statements:
            raise ApiError(
                "ResourceNotFoundException",
                "The resource you requested does not exist.",
            )
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return {
            "Policy": json.dumps(policy),
            "RevisionId": function.latest.revision_id,
        }

    def put_function_concurrency(self, params: Params, call: Call) -> Answer:
        """Reserve concurrency; 100 must stay unreserved in the account."""
        function = self.registry.function(params["FunctionName"])
        wanted: int = params["ReservedConcurrentExecutions"]
        with self.registry.lock:
            others = sum(
                other.reserved or 0
                for other in self.registry.all()
                if other is not function
            )
            if self.account_concurrency - others - wanted < _LEAST_UNRESERVED:
                raise refused(
                    "Specified ReservedConcurrentExecutions for function decreases "
                    "account's UnreservedConcurrentExecution below its minimum value of "
                    f"[{_LEAST_UNRESERVED}]."
                )
            function.reserved = wanted
        return {"ReservedConcurrentExecutions": wanted}

    def get_function_concurrency(self, params: Params, call: Call) -> Answer:
        """Return the reserved concurrency, if any."""
        function = self.registry.function(params["FunctionName"])
        if function.reserved is None:
            return {}
        return {"ReservedConcurrentExecutions": function.reserved}

    def delete_function_concurrency(self, params: Params, call: Call) -> Answer:
        """Give the reserved concurrency back to the account."""
        self.registry.function(params["FunctionName"]).reserved = None
        return {}

    def put_function_event_invoke_config(self, params: Params, call: Call) -> Answer:
        """Set retries, age and destinations of asynchronous invocations."""
        function, key = self._qualified(params)
        function.invoke_configs[key] = _event_settings(params)
        return self._event_shape(function, key)

    def get_function_event_invoke_config(self, params: Params, call: Call) -> Answer:
        """Return the asynchronous settings."""
        return self._event_shape(*self._qualified(params))

    def delete_function_event_invoke_config(self, params: Params, call: Call) -> Answer:
        """Return to the defaults: two retries within six hours."""
        function, key = self._qualified(params)
        self._event_shape(function, key)
        del function.invoke_configs[key]
        return {}

    def tag_resource(self, params: Params, call: Call) -> Answer:
        """Add tags to a function."""
        self.registry.function(params["Resource"]).tags.update(params["Tags"])
        return {}

    def untag_resource(self, params: Params, call: Call) -> Answer:
        """Remove tags from a function."""
        tags = self.registry.function(params["Resource"]).tags
        for key in params["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags(self, params: Params, call: Call) -> Answer:
        """Return a function's tags."""
        return {"Tags": dict(self.registry.function(params["Resource"]).tags)}

    def _qualified(self, params: Params) -> tuple[Function, str]:
        """Return the function and the key of its policy: an alias, a number, or ''."""
        function = self.registry.function(params["FunctionName"])
        qualifier = qualifier_of(params["FunctionName"], params.get("Qualifier"))
        if qualifier is None or qualifier == LATEST:
            return function, ""
        with self.registry.lock:
            if qualifier.isdigit():
                self.registry.version(function, qualifier)
            else:
                self.registry.alias(function, qualifier)
        revision = params.get("RevisionId")
        guard_revision(revision, function.latest.revision_id)
        return function, qualifier

    def _event_shape(self, function: Function, key: str) -> dict[str, Any]:
        settings = function.invoke_configs.get(key)
        arn = f"{function.arn}:{key or LATEST}"
        if settings is None:
            raise ApiError(
                "ResourceNotFoundException",
                f"The function {arn} doesn't have an EventInvokeConfig",
            )
        return {"FunctionArn": arn, **settings}


def _event_settings(params: Params) -> dict[str, Any]:
    names = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    return {name: params[name] for name in names if params.get(name) is not None}


def _statement(function: Function, key: str, params: Params) -> dict[str, Any]:
    principal: Any = params["Principal"]
    if principal.endswith(".amazonaws.com"):
        principal = {"Service": principal}
    elif principal != "*":
        principal = {"AWS": principal}
    statement = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal,
        "Action": params["Action"],
        "Resource": f"{function.arn}:{key}" if key else function.arn,
    }
    condition: dict[str, Any] = {}
    if account := params.get("SourceAccount"):
        condition["StringEquals"] = {"AWS:SourceAccount": account}
    if source := params.get("SourceArn"):
        condition["ArnLike"] = {"AWS:SourceArn": source}
    return statement | ({"Condition": condition} if condition else {})
