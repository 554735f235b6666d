"""API Gateway's REST APIs with their stages, plans and keys; web ACLs in front of them."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.cloudformation.resources.base import (
    Ask,
    Calls,
    Kind,
    Made,
    NotRehearsed,
    arguments,
    call,
    text_of,
)
from rehearsal.cloudformation.resources.tagging import as_map

_GONE = frozenset({"NotFoundException", "WAFNonexistentItemException"})
_METHOD_SETTINGS = {
    "LoggingLevel": "logging/loglevel",
    "DataTraceEnabled": "logging/dataTrace",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
    "CachingEnabled": "caching/enabled",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CacheDataEncrypted": "caching/dataEncrypted",
}


class Account(Kind):
    """AWS::ApiGateway::Account: one a region, changed and never removed."""

    def create(self, ask: Ask) -> Made:
        role = ask.properties.get("CloudWatchRoleArn", "")
        ask.client("apigateway").update_account(
            patchOperations=[_patch("replace", "/cloudwatchRoleArn", role)]
        )
        return Made(ask.physical_id or ask.name("Id"))


class RestApi(Kind):
    """AWS::ApiGateway::RestApi, its methods from an OpenAPI body."""

    changes = frozenset(
        {"Body", "Description", "FailOnWarnings", "Mode", "Name", "Policy"}
    )

    _APART = {"Body", "FailOnWarnings", "Mode", "Parameters", "Tags"}

    def create(self, ask: Ask) -> Made:
        client = ask.client("apigateway")
        wanted = self._settings(ask)
        # Without a name the body's title is the name.
        title = (ask.properties.get("Body") or {}).get("info", {}).get("title")
        wanted["Name"] = wanted.get("Name") or title or ask.name("Name")
        model = client.meta.service_model.operation_model("CreateRestApi")
        api = client.create_rest_api(**arguments(model, wanted, ask))
        ask.claimed.append(api["id"])
        self._import(ask, api["id"])
        return Made(api["id"], self._attributes(client, api["id"]))

    def update(self, ask: Ask) -> Made:
        client, api = ask.client("apigateway"), ask.physical_id
        paths = {"Name": "/name", "Description": "/description", "Policy": "/policy"}
        patches = [
            _patch("replace", path, ask.properties[key])
            for key, path in paths.items()
            if ask.changed(key) and key in ask.properties
        ]
        if patches:
            client.update_rest_api(restApiId=api, patchOperations=patches)
        self._import(ask, api)
        return Made(api, self._attributes(client, api))

    def delete(self, ask: Ask) -> None:
        key = {"restApiId": ask.physical_id}
        call(ask.client("apigateway"), "DeleteRestApi", key, gone=_GONE)

    def _settings(self, ask: Ask) -> dict[str, Any]:
        if "BodyS3Location" in ask.properties or "CloneFrom" in ask.properties:
            raise NotRehearsed("REST APIs from S3 or from another API")
        wanted = {k: v for k, v in ask.properties.items() if k not in self._APART}
        return {**wanted, "tags": as_map(ask.properties.get("Tags"))}

    def _import(self, ask: Ask, api: str) -> None:
        if ask.changed("Body") and "Body" in ask.properties:
            ask.client("apigateway").put_rest_api(
                restApiId=api,
                mode=ask.properties.get("Mode", "overwrite"),
                failOnWarnings=bool(ask.properties.get("FailOnWarnings", False)),
                body=json.dumps(ask.properties["Body"]).encode(),
            )

    def _attributes(self, client: Any, api: str) -> dict[str, str]:
        found = client.get_resources(restApiId=api)["items"]
        root = next((each["id"] for each in found if each["path"] == "/"), "")
        return {"RestApiId": api, "RootResourceId": root}


class Stage(Kind):
    """AWS::ApiGateway::Stage."""

    changes = frozenset(
        {
            "AccessLogSetting",
            "DeploymentId",
            "Description",
            "MethodSettings",
            "TracingEnabled",
            "Variables",
        }
    )

    _APART = {"AccessLogSetting", "MethodSettings", "Tags"}

    def create(self, ask: Ask) -> Made:
        client = ask.client("apigateway")
        model = client.meta.service_model.operation_model("CreateStage")
        wanted = {k: v for k, v in ask.properties.items() if k not in self._APART}
        wanted["tags"] = as_map(ask.properties.get("Tags"))
        client.create_stage(**arguments(model, wanted, ask))
        ask.claimed.append(ask.properties["StageName"])
        self._patch(ask, self._logging(ask))
        return Made(ask.properties["StageName"])

    def update(self, ask: Ask) -> Made:
        patches = [
            _patch("replace", path, ask.properties[key])
            for key, path in (
                ("DeploymentId", "/deploymentId"),
                ("Description", "/description"),
                ("TracingEnabled", "/tracingEnabled"),
            )
            if ask.changed(key) and key in ask.properties
        ]
        wanted = ask.properties.get("Variables", {})
        before = ask.previous.get("Variables", {})
        patches += [_patch("replace", f"/variables/{k}", v) for k, v in wanted.items()]
        patches += [
            _patch("remove", f"/variables/{k}") for k in before.keys() - wanted.keys()
        ]
        self._patch(ask, patches + self._logging(ask))
        return Made(ask.physical_id)

    def delete(self, ask: Ask) -> None:
        key = {"restApiId": ask.properties["RestApiId"], "stageName": ask.physical_id}
        call(ask.client("apigateway"), "DeleteStage", key, gone=_GONE)

    def _logging(self, ask: Ask) -> list[dict[str, str]]:
        patches = []
        if ask.changed("AccessLogSetting"):
            setting = ask.properties.get("AccessLogSetting", {})
            for key, path in (
                ("DestinationArn", "destinationArn"),
                ("Format", "format"),
            ):
                if key in setting:
                    where = f"/accessLogSettings/{path}"
                    patches.append(_patch("replace", where, setting[key]))
        if ask.changed("MethodSettings"):
            for each in ask.properties.get("MethodSettings", []):
                resource = each.get("ResourcePath", "/*").strip("/").replace("/", "~1")
                prefix = f"/{resource}/{each.get('HttpMethod', '*')}"
                patches += [
                    _patch("replace", f"{prefix}/{path}", each[key])
                    for key, path in _METHOD_SETTINGS.items()
                    if key in each
                ]
        return patches

    def _patch(self, ask: Ask, patches: list[dict[str, str]]) -> None:
        if patches:
            ask.client("apigateway").update_stage(
                restApiId=ask.properties["RestApiId"],
                stageName=ask.properties["StageName"],
                patchOperations=patches,
            )


class UsagePlan(Kind):
    """AWS::ApiGateway::UsagePlan."""

    changes = frozenset({"ApiStages", "Description", "Quota", "Throttle"})

    def create(self, ask: Ask) -> Made:
        client = ask.client("apigateway")
        model = client.meta.service_model.operation_model("CreateUsagePlan")
        wanted = {
            k: v
            for k, v in ask.properties.items()
            if k not in ("UsagePlanName", "Tags")
        }
        wanted["Name"] = ask.name("UsagePlanName", limit=128)
        made = client.create_usage_plan(**arguments(model, wanted, ask))
        return Made(made["id"], {"Id": made["id"]})

    def update(self, ask: Ask) -> Made:
        patches = []
        if ask.changed("Description"):
            text = ask.properties.get("Description", "")
            patches.append(_patch("replace", "/description", text))
        for part, names in (
            ("Quota", {"Limit": "limit", "Period": "period", "Offset": "offset"}),
            ("Throttle", {"BurstLimit": "burstLimit", "RateLimit": "rateLimit"}),
        ):
            wanted = ask.properties.get(part, {})
            if ask.changed(part):
                patches += [
                    _patch("replace", f"/{part.lower()}/{names[key]}", value)
                    for key, value in wanted.items()
                ]
        old, new = _stages(ask.previous), _stages(ask.properties)
        patches += [_patch("remove", "/apiStages", each) for each in sorted(old - new)]
        patches += [_patch("add", "/apiStages", each) for each in sorted(new - old)]
        if patches:
            ask.client("apigateway").update_usage_plan(
                usagePlanId=ask.physical_id, patchOperations=patches
            )
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        client, plan = ask.client("apigateway"), ask.physical_id
        # A plan with stages cannot be deleted.
        patches = [
            _patch("remove", "/apiStages", each) for each in _stages(ask.properties)
        ]
        if patches:
            sent = {"usagePlanId": plan, "patchOperations": patches}
            call(client, "UpdateUsagePlan", sent, gone=_GONE)
        call(client, "DeleteUsagePlan", {"usagePlanId": plan}, gone=_GONE)


class WebAcl(Kind):
    """AWS::WAFv2::WebACL."""

    def create(self, ask: Ask) -> Made:
        client, name = ask.client("wafv2"), ask.name("Name", limit=128)
        model = client.meta.service_model.operation_model("CreateWebACL")
        wanted = {**ask.properties, "Name": name}
        if not wanted.get("Tags"):
            wanted.pop("Tags", None)
        made = client.create_web_acl(**arguments(model, wanted, ask))["Summary"]
        found = {"Arn": made["ARN"], "Id": made["Id"], "Capacity": 0}
        return Made(f"{name}|{made['Id']}|{ask.properties['Scope']}", found)

    def update(self, ask: Ask) -> Made:
        client, key = ask.client("wafv2"), self._key(ask)
        model = client.meta.service_model.operation_model("UpdateWebACL")
        wanted = arguments(model, ask.properties, ask)
        token = client.get_web_acl(**key)["LockToken"]
        client.update_web_acl(**{**wanted, **key, "LockToken": token})
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        client, key = ask.client("wafv2"), self._key(ask)
        token = call(client, "GetWebACL", key, gone=_GONE).get("LockToken")
        if token:
            client.delete_web_acl(**key, LockToken=token)

    def _key(self, ask: Ask) -> dict[str, str]:
        name, identity, scope = ask.physical_id.split("|")
        return {"Name": name, "Id": identity, "Scope": scope}


def _patch(operation: str, path: str, value: Any = None) -> dict[str, str]:
    patch = {"op": operation, "path": path}
    if value is not None:
        patch["value"] = text_of(value)
    return patch


def _stages(properties: Any) -> set[str]:
    return {
        f"{each['ApiId']}:{each['Stage']}" for each in properties.get("ApiStages", [])
    }


KINDS: dict[str, Kind] = {
    "AWS::ApiGateway::Account": Account(),
    "AWS::ApiGateway::ApiKey": Calls(
        service="apigateway",
        creates="CreateApiKey",
        updates="",
        deletes="DeleteApiKey",
        name="Name",
        limit=255,
        key=lambda ask: {"apiKey": ask.physical_id},
        identity=lambda ask, sent, answer: str(answer["id"]),
        attributes=lambda ask, key_id, answer: {"APIKeyId": key_id},
        gone=_GONE,
    ),
    "AWS::ApiGateway::Deployment": Calls(
        service="apigateway",
        creates="CreateDeployment",
        updates="",
        deletes="DeleteDeployment",
        key=lambda ask: {
            "restApiId": ask.properties["RestApiId"],
            "deploymentId": ask.physical_id,
        },
        identity=lambda ask, sent, answer: str(answer["id"]),
        attributes=lambda ask, deployment, answer: {"DeploymentId": deployment},
        gone=_GONE,
    ),
    "AWS::ApiGateway::RestApi": RestApi(),
    "AWS::ApiGateway::Stage": Stage(),
    "AWS::ApiGateway::UsagePlan": UsagePlan(),
    "AWS::ApiGateway::UsagePlanKey": Calls(
        service="apigateway",
        creates="CreateUsagePlanKey",
        updates="",
        deletes="DeleteUsagePlanKey",
        key=lambda ask: {
            "usagePlanId": ask.properties["UsagePlanId"],
            "keyId": ask.properties["KeyId"],
        },
        identity=lambda ask, sent, answer: f"{sent['keyId']}:{sent['usagePlanId']}",
        gone=_GONE,
    ),
    "AWS::WAFv2::WebACL": WebAcl(),
    "AWS::WAFv2::WebACLAssociation": Calls(
        service="wafv2",
        creates="AssociateWebACL",
        updates="",
        deletes="DisassociateWebACL",
        key=lambda ask: {"ResourceArn": ask.properties["ResourceArn"]},
        identity=lambda ask, sent, answer: f"{sent['WebACLArn']}|{sent['ResourceArn']}",
        gone=_GONE,
    ),
}
