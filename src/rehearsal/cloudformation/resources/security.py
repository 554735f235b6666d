"""KMS keys and aliases; secrets; IAM roles and policies."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.cloudformation.resources.base import (
    Ask,
    Calls,
    Kind,
    Made,
    NotRehearsed,
    call,
    generated_name,
)

_NO_ENTITY = frozenset({"NoSuchEntity"})
_VERSIONS_A_POLICY_CAN_HAVE = 5


class Key(Kind):
    """AWS::KMS::Key."""

    changes = frozenset(
        {
            "Description",
            "EnableKeyRotation",
            "Enabled",
            "KeyPolicy",
            "PendingWindowInDays",
            "RotationPeriodInDays",
        }
    )

    _PLACED = {
        "Description",
        "Enabled",
        "EnableKeyRotation",
        "KeyPolicy",
        "KeySpec",
        "KeyUsage",
        "MultiRegion",
        "Origin",
        "PendingWindowInDays",
        "RotationPeriodInDays",
        "Tags",
    }

    def create(self, ask: Ask) -> Made:
        if unplaced := set(ask.properties) - self._PLACED:
            raise NotRehearsed(f"keys with {', '.join(sorted(unplaced))}")
        optional = {
            key: ask.properties[key]
            for key in ("Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin")
            if key in ask.properties
        }
        if "KeyPolicy" in ask.properties:
            optional["Policy"] = json.dumps(ask.properties["KeyPolicy"])
        made = ask.client("kms").create_key(Tags=_kms_tags(ask), **optional)
        key_id = made["KeyMetadata"]["KeyId"]
        ask.claimed.append(key_id)
        self._switch(ask, key_id)
        return Made(key_id, {"KeyId": key_id, "Arn": made["KeyMetadata"]["Arn"]})

    def update(self, ask: Ask) -> Made:
        kms, key_id = ask.client("kms"), ask.physical_id
        if ask.changed("KeyPolicy") and "KeyPolicy" in ask.properties:
            policy = json.dumps(ask.properties["KeyPolicy"])
            kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=policy)
        if ask.changed("Description"):
            text = ask.properties.get("Description", "")
            kms.update_key_description(KeyId=key_id, Description=text)
        self._switch(ask, key_id)
        return Made(key_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        days = int(ask.properties.get("PendingWindowInDays", 30))
        ask.client("kms").schedule_key_deletion(
            KeyId=ask.physical_id, PendingWindowInDays=days
        )

    def _switch(self, ask: Ask, key_id: str) -> None:
        kms = ask.client("kms")
        if ask.changed("Enabled"):
            enabled = ask.properties.get("Enabled", True)
            (kms.enable_key if enabled else kms.disable_key)(KeyId=key_id)
        if not ask.changed("EnableKeyRotation"):
            return
        if ask.properties.get("EnableKeyRotation"):
            days = ask.properties.get("RotationPeriodInDays")
            period = {"RotationPeriodInDays": int(days)} if days else {}
            kms.enable_key_rotation(KeyId=key_id, **period)
        else:
            kms.disable_key_rotation(KeyId=key_id)


class Secret(Kind):
    """AWS::SecretsManager::Secret."""

    changes = frozenset(
        {"Description", "GenerateSecretString", "KmsKeyId", "SecretString"}
    )

    def create(self, ask: Ask) -> Made:
        # AWS makes this one's name without the stack.
        name = ask.properties.get("Name") or generated_name(
            "", ask.logical_id, limit=512, lower=False
        )
        wanted = {
            key: ask.properties[key]
            for key in ("Description", "KmsKeyId", "Tags")
            if key in ask.properties
        }
        arn = ask.client("secretsmanager").create_secret(
            Name=name, **wanted, **self._value(ask)
        )["ARN"]
        return Made(arn, {"Id": arn})

    def update(self, ask: Ask) -> Made:
        manager = ask.client("secretsmanager")
        wanted = {
            key: ask.properties[key]
            for key in ("Description", "KmsKeyId")
            if key in ask.properties
        }
        value = (
            self._value(ask)
            if ask.changed("SecretString") or ask.changed("GenerateSecretString")
            else {}
        )
        manager.update_secret(SecretId=ask.physical_id, **wanted, **value)
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        ask.client("secretsmanager").delete_secret(SecretId=ask.physical_id)

    def _value(self, ask: Ask) -> dict[str, str]:
        """Give the secret's first value; a secret without one is made empty."""
        if "SecretString" in ask.properties:
            return {"SecretString": str(ask.properties["SecretString"])}
        wanted = ask.properties.get("GenerateSecretString")
        if wanted is None:
            return {}
        settings = {
            key: value
            for key, value in wanted.items()
            if key not in ("SecretStringTemplate", "GenerateStringKey")
        }
        manager = ask.client("secretsmanager")
        password = manager.get_random_password(**settings)["RandomPassword"]
        if "GenerateStringKey" not in wanted:
            return {"SecretString": password}
        whole = json.loads(wanted["SecretStringTemplate"])
        whole[wanted["GenerateStringKey"]] = password
        return {"SecretString": json.dumps(whole)}


class Role(Kind):
    """AWS::IAM::Role."""

    changes = frozenset(
        {
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "PermissionsBoundary",
            "Policies",
        }
    )

    def create(self, ask: Ask) -> Made:
        name = ask.name("RoleName")
        wanted = {
            key: ask.properties[key]
            for key in ("Description", "MaxSessionDuration", "Path", "Tags")
            if key in ask.properties
        }
        if "PermissionsBoundary" in ask.properties:
            wanted["PermissionsBoundary"] = ask.properties["PermissionsBoundary"]
        trust = json.dumps(ask.properties["AssumeRolePolicyDocument"])
        role = ask.client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, **wanted
        )["Role"]
        ask.claimed.append(name)
        self._policies(ask, name)
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, ask: Ask) -> Made:
        iam, name = ask.client("iam"), ask.physical_id
        if ask.changed("AssumeRolePolicyDocument"):
            trust = json.dumps(ask.properties["AssumeRolePolicyDocument"])
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        if ask.changed("Description") or ask.changed("MaxSessionDuration"):
            iam.update_role(
                RoleName=name,
                Description=ask.properties.get("Description", ""),
                MaxSessionDuration=int(ask.properties.get("MaxSessionDuration", 3600)),
            )
        if ask.changed("PermissionsBoundary"):
            self._bound(ask, name)
        self._policies(ask, name)
        return Made(name, ask.attributes)

    def delete(self, ask: Ask) -> None:
        iam, name = ask.client("iam"), ask.physical_id
        attached = call(
            iam, "ListAttachedRolePolicies", {"RoleName": name}, gone=_NO_ENTITY
        )
        for each in attached.get("AttachedPolicies", []):
            iam.detach_role_policy(RoleName=name, PolicyArn=each["PolicyArn"])
        inline = call(iam, "ListRolePolicies", {"RoleName": name}, gone=_NO_ENTITY)
        for policy in inline.get("PolicyNames", []):
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        call(iam, "DeleteRole", {"RoleName": name}, gone=_NO_ENTITY)

    def _bound(self, ask: Ask, name: str) -> None:
        iam, boundary = ask.client("iam"), ask.properties.get("PermissionsBoundary")
        if boundary:
            iam.put_role_permissions_boundary(
                RoleName=name, PermissionsBoundary=boundary
            )
        else:
            iam.delete_role_permissions_boundary(RoleName=name)

    def _policies(self, ask: Ask, name: str) -> None:
        iam = ask.client("iam")
        wanted, before = _by_name(ask.properties), _by_name(ask.previous)
        for policy, document in wanted.items():
            text = json.dumps(document)
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
        for policy in before.keys() - wanted.keys():
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        attach = set(ask.properties.get("ManagedPolicyArns", []))
        attached = set(ask.previous.get("ManagedPolicyArns", []))
        for arn in sorted(attach - attached):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        for arn in sorted(attached - attach):
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)


class RolePolicy(Kind):
    """AWS::IAM::Policy, for roles; users and groups are none of a delivery's business."""

    def create(self, ask: Ask) -> Made:
        if ask.properties.get("Users") or ask.properties.get("Groups"):
            raise NotRehearsed("inline policies of users and groups")
        text = json.dumps(ask.properties["PolicyDocument"])
        name = ask.properties["PolicyName"]
        for role in ask.properties.get("Roles", []):
            ask.client("iam").put_role_policy(
                RoleName=role, PolicyName=name, PolicyDocument=text
            )
        for role in set(ask.previous.get("Roles", [])) - set(
            ask.properties.get("Roles", [])
        ):
            ask.client("iam").delete_role_policy(RoleName=role, PolicyName=name)
        made = generated_name(ask.stack_name, ask.logical_id, limit=128, lower=False)
        return Made(ask.physical_id or made)

    def delete(self, ask: Ask) -> None:
        for role in ask.properties.get("Roles", []):
            key = {"RoleName": role, "PolicyName": ask.properties["PolicyName"]}
            call(ask.client("iam"), "DeleteRolePolicy", key, gone=_NO_ENTITY)


class ManagedPolicy(Kind):
    """AWS::IAM::ManagedPolicy."""

    changes = frozenset({"PolicyDocument", "Roles"})

    def create(self, ask: Ask) -> Made:
        iam = ask.client("iam")
        wanted = {
            key: ask.properties[key]
            for key in ("Description", "Path")
            if key in ask.properties
        }
        arn = iam.create_policy(
            PolicyName=ask.name("ManagedPolicyName", limit=128),
            PolicyDocument=json.dumps(ask.properties["PolicyDocument"]),
            **wanted,
        )["Policy"]["Arn"]
        for role in ask.properties.get("Roles", []):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        return Made(arn, {"PolicyArn": arn})

    def update(self, ask: Ask) -> Made:
        iam, arn = ask.client("iam"), ask.physical_id
        if ask.changed("PolicyDocument"):
            self._make_room(iam, arn)
            text = json.dumps(ask.properties["PolicyDocument"])
            iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=text, SetAsDefault=True
            )
        wanted = set(ask.properties.get("Roles", []))
        before = set(ask.previous.get("Roles", []))
        for role in wanted - before:
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        for role in before - wanted:
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        return Made(arn, ask.attributes)

    def delete(self, ask: Ask) -> None:
        iam, arn = ask.client("iam"), ask.physical_id
        for role in ask.properties.get("Roles", []):
            key = {"RoleName": role, "PolicyArn": arn}
            call(iam, "DetachRolePolicy", key, gone=_NO_ENTITY)
        for each in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not each["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=each["VersionId"])
        iam.delete_policy(PolicyArn=arn)

    def _make_room(self, iam: Any, arn: str) -> None:
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        if len(versions) < _VERSIONS_A_POLICY_CAN_HAVE:
            return
        old = [each for each in versions if not each["IsDefaultVersion"]]
        oldest = min(old, key=lambda each: int(each["VersionId"][1:]))
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])


def _by_name(properties: Any) -> dict[str, Any]:
    return {
        each["PolicyName"]: each["PolicyDocument"]
        for each in properties.get("Policies", [])
    }


def _kms_tags(ask: Ask) -> list[dict[str, str]]:
    return [
        {"TagKey": each["Key"], "TagValue": each["Value"]}
        for each in ask.properties.get("Tags", [])
    ]


KINDS: dict[str, Kind] = {
    "AWS::IAM::ManagedPolicy": ManagedPolicy(),
    "AWS::IAM::Policy": RolePolicy(),
    "AWS::IAM::Role": Role(),
    "AWS::KMS::Alias": Calls(
        service="kms",
        creates="CreateAlias",
        updates="UpdateAlias",
        deletes="DeleteAlias",
        key=lambda ask: {"AliasName": ask.physical_id},
        identity=lambda ask, sent, answer: str(sent["AliasName"]),
        gone=frozenset({"NotFoundException"}),
    ),
    "AWS::KMS::Key": Key(),
    "AWS::SecretsManager::Secret": Secret(),
}
