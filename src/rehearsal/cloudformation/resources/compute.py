"""Lambda functions, versions, aliases and who may call them."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

from rehearsal.cloudformation.resources.base import (
    Ask,
    Calls,
    Kind,
    Made,
    SaysItself,
    arguments,
    call,
)
from rehearsal.cloudformation.resources.shifting import shift

_GONE = frozenset({"ResourceNotFoundException"})
_CODE = {"Architectures", "Code"}
_APART = {"ReservedConcurrentExecutions", "RecursiveLoop", "RuntimeManagementConfig"}
_STABLE_WITHIN_SECONDS = 120.0


class CodeSigningConfig(Kind):
    """AWS::Lambda::CodeSigningConfig: refused, since a stand-in would let all code in."""

    def create(self, ask: Ask) -> Made:
        raise SaysItself(
            f"{ask.type} is not rehearsed: the plane verifies no signature, and Lambda "
            "would refuse code that has none."
        )


class Function(Kind):
    """AWS::Lambda::Function."""

    def create(self, ask: Ask) -> Made:
        client, name = ask.client("lambda"), ask.name("FunctionName")
        model = client.meta.service_model.operation_model("CreateFunction")
        wanted = {k: v for k, v in ask.properties.items() if k not in _APART}
        wanted |= {"FunctionName": name, "Code": _code(ask)}
        arn = client.create_function(**arguments(model, wanted, ask))["FunctionArn"]
        ask.claimed.append(name)
        _settle(client, name)
        self._reserve(ask, name)
        return Made(name, {"Arn": arn}, not_rehearsed=_left_out(ask))

    def update(self, ask: Ask) -> Made:
        client, name = ask.client("lambda"), ask.physical_id
        if "CodeSigningConfigArn" in ask.properties:
            # The plane's Lambda refuses it by name, as it does for a new function.
            client.put_function_code_signing_config(
                FunctionName=name,
                CodeSigningConfigArn=ask.properties["CodeSigningConfigArn"],
            )
        if any(ask.changed(key) for key in _CODE):
            architectures = ask.properties.get("Architectures")
            given = {"Architectures": architectures} if architectures else {}
            client.update_function_code(FunctionName=name, **_code(ask), **given)
            _settle(client, name)
        model = client.meta.service_model.operation_model("UpdateFunctionConfiguration")
        rest = set(ask.properties) | set(ask.previous)
        if any(ask.changed(key) for key in rest - _CODE - _APART - {"Tags"}):
            wanted = {
                key: value
                for key, value in {**_cleared(ask), **ask.properties}.items()
                if key not in _CODE | _APART | {"Tags"}
            }
            client.update_function_configuration(
                **{**arguments(model, wanted, ask), "FunctionName": name}
            )
            _settle(client, name)
        self._reserve(ask, name)
        return Made(name, ask.attributes, not_rehearsed=_left_out(ask))

    def delete(self, ask: Ask) -> None:
        key = {"FunctionName": ask.physical_id}
        call(ask.client("lambda"), "DeleteFunction", key, gone=_GONE)

    def _reserve(self, ask: Ask, name: str) -> None:
        if not ask.changed("ReservedConcurrentExecutions"):
            return
        client, number = ask.client("lambda"), ask.properties.get(
            "ReservedConcurrentExecutions"
        )
        if number is not None:
            client.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=int(number)
            )
        else:
            client.delete_function_concurrency(FunctionName=name)


class Version(Kind):
    """AWS::Lambda::Version: what was published never changes."""

    def create(self, ask: Ask) -> Made:
        client, function = ask.client("lambda"), ask.properties["FunctionName"]
        wanted = {
            key: ask.properties[key]
            for key in ("CodeSha256", "Description")
            if key in ask.properties
        }
        before = _versions(client, function)
        made = client.publish_version(FunctionName=function, **wanted)
        if made["Version"] in before:
            # Lambda answers the newest version when nothing has changed since.
            raise VersionExists(
                f"A version for this Lambda function exists ( {made['Version']} ). "
                "Modify the function to create a new version."
            )
        arn = made["FunctionArn"]
        return Made(arn, {"Version": made["Version"], "FunctionArn": arn})

    def update(self, ask: Ask) -> Made:
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        function, _, version = ask.physical_id.rpartition(":")
        key = {"FunctionName": function, "Qualifier": version}
        call(ask.client("lambda"), "DeleteFunction", key, gone=_GONE)


class VersionExists(Exception):
    """There is nothing new to publish."""


class Alias(Kind):
    """AWS::Lambda::Alias, shifted by CodeDeploy where its UpdatePolicy says so."""

    def create(self, ask: Ask) -> Made:
        made = ask.client("lambda").create_alias(
            FunctionName=ask.properties["FunctionName"],
            Name=ask.properties["Name"],
            FunctionVersion=ask.properties["FunctionVersion"],
            **self._settings(ask),
        )
        arn = made["AliasArn"]
        self._provision(ask)
        return Made(arn, {"AliasArn": arn})

    def update(self, ask: Ask) -> Made:
        by_codedeploy = ask.shift.get("CodeDeployLambdaAliasUpdate")
        shifted = by_codedeploy is not None and shift(ask, by_codedeploy)
        # After a shift the alias is where it should be; the rest is set without moving it.
        version = (
            {} if shifted else {"FunctionVersion": ask.properties["FunctionVersion"]}
        )
        settings = self._settings(ask)
        if not shifted:
            settings.setdefault("RoutingConfig", {"AdditionalVersionWeights": {}})
        if not shifted or ask.changed("Description"):
            ask.client("lambda").update_alias(
                FunctionName=ask.properties["FunctionName"],
                Name=ask.properties["Name"],
                **version,
                **settings,
            )
        self._provision(ask)
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        key = {
            "FunctionName": ask.properties["FunctionName"],
            "Name": ask.properties["Name"],
        }
        call(ask.client("lambda"), "DeleteAlias", key, gone=_GONE)

    def _settings(self, ask: Ask) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "Description": ask.properties.get("Description", "")
        }
        weights = ask.properties.get("RoutingConfig", {}).get(
            "AdditionalVersionWeights"
        )
        if weights:
            by_version = {
                w["FunctionVersion"]: float(w["FunctionWeight"]) for w in weights
            }
            settings["RoutingConfig"] = {"AdditionalVersionWeights": by_version}
        return settings

    def _provision(self, ask: Ask) -> None:
        if not ask.changed("ProvisionedConcurrencyConfig"):
            return
        key = {
            "FunctionName": ask.properties["FunctionName"],
            "Qualifier": ask.properties["Name"],
        }
        wanted = ask.properties.get("ProvisionedConcurrencyConfig")
        if wanted:
            number = int(wanted["ProvisionedConcurrentExecutions"])
            ask.client("lambda").put_provisioned_concurrency_config(
                **key, ProvisionedConcurrentExecutions=number
            )
        elif ask.physical_id and "ProvisionedConcurrencyConfig" in ask.previous:
            ask.client("lambda").delete_provisioned_concurrency_config(**key)


class Permission(Kind):
    """AWS::Lambda::Permission, on a function or on one of its aliases."""

    def create(self, ask: Ask) -> Made:
        client = ask.client("lambda")
        model = client.meta.service_model.operation_model("AddPermission")
        statement = ask.name("Id", limit=100)
        # The function may be given by an ARN that ends with the alias.
        wanted = {**ask.properties, "StatementId": statement, **_qualified(ask)}
        client.add_permission(**arguments(model, wanted, ask))
        return Made(statement, {"Id": statement})

    def update(self, ask: Ask) -> Made:
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        key = {"StatementId": ask.physical_id, **_qualified(ask)}
        call(ask.client("lambda"), "RemovePermission", key, gone=_GONE)


def _invoked(ask: Ask) -> dict[str, Any]:
    return {key: ask.properties[key] for key in ("FunctionName", "Qualifier")}


def _qualified(ask: Ask) -> dict[str, str]:
    given = str(ask.properties["FunctionName"])
    parts = given.split(":")
    if given.startswith("arn:") and len(parts) == 8:
        return {"FunctionName": ":".join(parts[:7]), "Qualifier": parts[7]}
    return {"FunctionName": given}


def _code(ask: Ask) -> dict[str, Any]:
    code = dict(ask.properties["Code"])
    if "ZipFile" not in code:
        return code
    suffix = "js" if "node" in str(ask.properties.get("Runtime", "")) else "py"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # Of no moment: the same text has the same hash whenever it is packed.
        archive.writestr(zipfile.ZipInfo(f"index.{suffix}"), code["ZipFile"])
    return {"ZipFile": packed.getvalue()}


def _cleared(ask: Ask) -> dict[str, Any]:
    """Give the empty value for what the template no longer sets."""
    empty = {
        "DeadLetterConfig": {"TargetArn": ""},
        "Description": "",
        "Environment": {"Variables": {}},
        "KmsKeyArn": "",
        "Layers": [],
        "MemorySize": 128,
        "Timeout": 3,
        "TracingConfig": {"Mode": "PassThrough"},
    }
    return {key: value for key, value in empty.items() if key in ask.previous}


def _left_out(ask: Ask) -> str:
    left = sorted(set(ask.properties) & {"RecursiveLoop", "RuntimeManagementConfig"})
    return ", ".join(left)


def _versions(client: Any, function: str) -> set[str]:
    pages = client.get_paginator("list_versions_by_function").paginate(
        FunctionName=function
    )
    return {each["Version"] for page in pages for each in page["Versions"]}


def _settle(client: Any, name: str) -> None:
    """Wait until Lambda has taken the change in: the next one would be refused before."""
    deadline = time.monotonic() + _STABLE_WITHIN_SECONDS
    while time.monotonic() < deadline:
        found = client.get_function_configuration(FunctionName=name)
        pending = "Pending" in (found.get("State"), found.get("LastUpdateStatus"))
        if not pending and found.get("LastUpdateStatus") != "InProgress":
            break
        time.sleep(0.05)
    if "Failed" in (found.get("State"), found.get("LastUpdateStatus")):
        reason = found.get("LastUpdateStatusReason") or found.get("StateReason")
        raise FunctionFailed(f"Function {name} did not stabilize: {reason}")


class FunctionFailed(Exception):
    """Lambda could not take the code or the configuration."""


KINDS: dict[str, Kind] = {
    "AWS::Lambda::Alias": Alias(),
    "AWS::Lambda::CodeSigningConfig": CodeSigningConfig(),
    "AWS::Lambda::EventInvokeConfig": Calls(
        service="lambda",
        creates="PutFunctionEventInvokeConfig",
        updates="PutFunctionEventInvokeConfig",
        deletes="DeleteFunctionEventInvokeConfig",
        key=_invoked,
        identity=lambda ask, sent, answer: f"{sent['FunctionName']}|{sent['Qualifier']}",
        gone=_GONE,
    ),
    "AWS::Lambda::Function": Function(),
    "AWS::Lambda::Permission": Permission(),
    "AWS::Lambda::Version": Version(),
}
