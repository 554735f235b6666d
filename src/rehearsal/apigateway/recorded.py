"""What moto keeps of an API: stages, usage plans, and methods that were made one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.apigateway.definitions import Definition, Method
from rehearsal.limits import Limit

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
ACCOUNT_LIMIT = Limit(rate=10_000, burst=5_000)


def backend(account: str, region: str) -> Any:
    """Return moto's records of the account's APIs."""
    from moto.apigateway.models import apigateway_backends

    return apigateway_backends[account][region]


def definition_from_records(api: Any) -> Definition:
    """Read methods that were made by PutMethod and PutIntegration."""
    methods = []
    for resource in api.resources.values():
        for http_method, method in resource.resource_methods.items():
            methods.append(_method(api, resource.get_path(), http_method, method))
    return Definition(tuple(methods))


def stage_limit(stage: Any, method: Method) -> Limit:
    """Return the throttle of a method in a stage: its own setting, or that of all."""
    path = method.resource_path.replace("/", "~1")
    for key in (f"{path}/{method.http_method}", "*/*"):
        settings = stage.method_settings.get(key)
        if settings:
            return Limit(
                float(settings["throttlingRateLimit"]),
                int(settings["throttlingBurstLimit"]),
            )
    return ACCOUNT_LIMIT


def detailed_metrics(stage: Any) -> bool:
    """Say whether the stage emits metrics for each method."""
    return bool(stage.method_settings.get("*/*", {}).get("metricsEnabled"))


def usage_plan_of(records: Any, api_id: str, stage: str, key_id: str) -> Any:
    """Return the usage plan that ties an API key to a stage, if any."""
    for plan in list(records.usage_plans.values()):
        stages = [(item.get("apiId"), item.get("stage")) for item in plan.api_stages]
        keys = records.usage_plan_keys.get(plan.id, {})
        if (api_id, stage) in stages and key_id in keys:
            return plan
    return None


def key_of(records: Any, value: str) -> Any:
    """Return the enabled API key with this value, if any."""
    for key in list(records.keys.values()):
        if key.value == value and key.enabled:
            return key
    return None


def _method(api: Any, path: str, http_method: str, method: Any) -> Method:
    validator = api.request_validators.get(method.request_validator_id or "")
    models: dict[str, Mapping[str, Any]] = {}
    if validator is not None and validator.validate_request_body:
        models = {
            kind: _schema(api, name)
            for kind, name in (method.request_models or {}).items()
        }
    integration = method.method_integration
    parameters = method.request_parameters or {}
    required: tuple[str, ...] = ()
    if validator is not None and validator.validate_request_parameters:
        required = tuple(
            re.sub(r"method\.request\.(querystring|header)\.", _place, name)
            for name, needed in parameters.items()
            if needed is True and ".path." not in name
        )
    return Method(
        resource_path=path,
        http_method=http_method,
        integration=integration.to_json() if integration is not None else {},
        authorization=method.authorization_type or "NONE",
        api_key_required=bool(method.api_key_required),
        models=models or None,
        body_required=bool(models),
        required_parameters=required,
    )


def _place(match: re.Match[str]) -> str:
    return "query:" if match[1] == "querystring" else "header:"


def _schema(api: Any, name: str) -> Mapping[str, Any]:
    import json

    for model in api.models.values():
        if model.name == name:
            schema: Mapping[str, Any] = json.loads(model.schema or "{}")
            return schema
    return {}
