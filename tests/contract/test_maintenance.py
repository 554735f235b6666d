"""The adapters of maintenance against the services' models."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from delivery.aws.guards import AccountGuards, AccountRoles
from delivery.aws.leftovers import BucketPackages, OldVersions
from delivery.aws.secrets import ManagedSecrets
from delivery.errors import DeliveryError, NotPermitted, Refused
from delivery.model import (
    AliasRoute,
    BucketGuards,
    HeldRole,
    StoredPackage,
    TrailGuards,
)

BUCKET = "mra-releases"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LATER = datetime(2026, 11, 24, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/r"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "a"}}]}
OWN = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}


def test_every_alias_is_read_over_all_pages_with_its_weights(clients) -> None:
    stub = clients.stub("lambda")
    stub.add_response(
        "list_aliases",
        {
            "Aliases": [{"Name": "live", "FunctionVersion": "7"}],
            "NextMarker": "more",
        },
        {"FunctionName": "f"},
    )
    routing = {"AdditionalVersionWeights": {"9": 0.1}}
    stub.add_response(
        "list_aliases",
        {
            "Aliases": [
                {"Name": "hand", "FunctionVersion": "8", "RoutingConfig": routing}
            ]
        },
        {"FunctionName": "f", "Marker": "more"},
    )
    assert OldVersions(clients).routes("f") == [
        AliasRoute("f", "live", "7"),
        AliasRoute("f", "hand", "8", {"9": 0.1}),
    ]


def test_a_deletion_names_its_version(clients) -> None:
    asked = {"FunctionName": "f", "Qualifier": "7"}
    clients.stub("lambda").add_response("delete_function", {}, asked)
    OldVersions(clients).delete("f", "7")


@pytest.mark.parametrize("version", ["", "$LATEST", "live"])
def test_without_a_number_nothing_is_deleted(clients, version) -> None:
    with pytest.raises(ValueError, match="is no version"):
        OldVersions(clients).delete("f", version)


def test_a_version_that_is_gone_already_is_no_failure(clients) -> None:
    clients.stub("lambda").add_client_error(
        "delete_function", "ResourceNotFoundException"
    )
    OldVersions(clients).delete("f", "7")


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ResourceConflictException", Refused), ("AccessDeniedException", NotPermitted)],
)
def test_a_version_that_an_alias_leads_to_or_that_one_may_not_delete_stays(
    clients, code, kind
) -> None:
    clients.stub("lambda").add_client_error("delete_function", code)
    with pytest.raises(kind):
        OldVersions(clients).delete("f", "7")


def _version(key: str, id: str, at: datetime, **more):
    return {"Key": key, "VersionId": id, "LastModified": at, **more}


def test_packages_are_keys_with_all_their_versions_and_markers(clients) -> None:
    stub = clients.stub("s3")
    stub.add_response(
        "list_object_versions",
        {
            "Versions": [_version("packages/b", "1", NOW, Size=5)],
            "IsTruncated": True,
            "NextKeyMarker": "packages/b",
            "NextVersionIdMarker": "1",
        },
        {"Bucket": BUCKET, "Prefix": "packages/"},
    )
    stub.add_response(
        "list_object_versions",
        {
            "Versions": [_version("packages/a", "2", NOW, Size=3)],
            "DeleteMarkers": [_version("packages/b", "3", LATER)],
            "IsTruncated": False,
        },
        {
            "Bucket": BUCKET,
            "Prefix": "packages/",
            "KeyMarker": "packages/b",
            "VersionIdMarker": "1",
        },
    )
    assert BucketPackages(clients, BUCKET).all() == [
        StoredPackage("packages/a", 3, NOW, ("2",)),
        StoredPackage("packages/b", 5, LATER, ("1", "3")),
    ]


PACKAGE = StoredPackage("packages/a", 3, NOW, ("1", "2"))


def _asked(*ids: str):
    objects = [{"Key": "packages/a", "VersionId": each} for each in ids]
    return {"Bucket": BUCKET, "Delete": {"Objects": objects, "Quiet": True}}


def test_a_package_is_deleted_by_its_versions_for_good(clients) -> None:
    clients.stub("s3").add_response("delete_objects", {}, _asked("1", "2"))
    BucketPackages(clients, BUCKET).delete(PACKAGE)


def test_more_versions_than_s3_takes_go_in_parts(clients) -> None:
    ids = tuple(str(number) for number in range(1001))
    stub = clients.stub("s3")
    stub.add_response("delete_objects", {}, _asked(*ids[:1000]))
    stub.add_response("delete_objects", {}, _asked(ids[1000]))
    package = StoredPackage("packages/a", 3, NOW, ids)
    BucketPackages(clients, BUCKET).delete(package)


def _left(code: str):
    return {"Errors": [{"Key": "packages/a", "Code": code, "Message": "no"}]}


@pytest.mark.parametrize(
    ("code", "kind"), [("AccessDenied", NotPermitted), ("SlowDown", DeliveryError)]
)
def test_an_object_that_stayed_is_no_success(clients, code, kind) -> None:
    clients.stub("s3").add_response("delete_objects", _left(code))
    with pytest.raises(kind, match="could not delete packages/a"):
        BucketPackages(clients, BUCKET).delete(PACKAGE)


def test_an_object_version_that_is_gone_is_no_failure(clients) -> None:
    clients.stub("s3").add_response("delete_objects", _left("NoSuchVersion"))
    BucketPackages(clients, BUCKET).delete(PACKAGE)


@pytest.mark.parametrize("key", ["ledger/1.json", "releases/a/packaged.yaml", ""])
def test_what_is_no_package_is_never_deleted(clients, key) -> None:
    with pytest.raises(ValueError, match="is no package"):
        BucketPackages(clients, BUCKET).delete(StoredPackage(key, 1, NOW, ("1",)))


def test_a_keys_rotation_is_read(clients) -> None:
    clients.stub("kms").add_response(
        "get_key_rotation_status", {"KeyRotationEnabled": True}, {"KeyId": "k"}
    )
    assert AccountGuards(clients).key_rotates("k")


def test_a_buckets_settings_are_read(clients) -> None:
    stub, asked = clients.stub("s3"), {"Bucket": "b"}
    stub.add_response("get_bucket_versioning", {"Status": "Enabled"}, asked)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    encryption = {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
    stub.add_response("get_bucket_encryption", encryption, asked)
    blocks = dict.fromkeys(
        (
            "BlockPublicAcls",
            "IgnorePublicAcls",
            "BlockPublicPolicy",
            "RestrictPublicBuckets",
        ),
        True,
    )
    answer = {"PublicAccessBlockConfiguration": blocks}
    stub.add_response("get_public_access_block", answer, asked)
    assert AccountGuards(clients).bucket("b") == BucketGuards(True, "aws:kms", True)


def test_settings_that_a_bucket_does_not_have_are_none(clients) -> None:
    stub = clients.stub("s3")
    stub.add_response("get_bucket_versioning", {})
    stub.add_client_error(
        "get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError"
    )
    stub.add_client_error(
        "get_public_access_block", "NoSuchPublicAccessBlockConfiguration"
    )
    assert AccountGuards(clients).bucket("b") == BucketGuards(False, "", False)


def test_settings_that_one_may_not_read_are_not_none(clients) -> None:
    stub = clients.stub("s3")
    stub.add_response("get_bucket_versioning", {})
    stub.add_client_error("get_bucket_encryption", "AccessDenied")
    with pytest.raises(NotPermitted):
        AccountGuards(clients).bucket("b")


def test_a_trail_is_read(clients) -> None:
    stub, asked = clients.stub("cloudtrail"), {"Name": "arn:trail"}
    trail = {"LogFileValidationEnabled": True, "IsMultiRegionTrail": False}
    stub.add_response("get_trail", {"Trail": trail}, asked)
    stub.add_response("get_trail_status", {"IsLogging": True}, asked)
    assert AccountGuards(clients).trail("arn:trail") == TrailGuards(True, True, False)


def test_a_role_is_read_with_its_own_attached_and_awss_policies(clients) -> None:
    stub, own = clients.stub("iam"), "arn:aws:iam::123456789012:policy/guard"
    by_aws = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    role = {
        "Path": "/",
        "RoleName": "r",
        "RoleId": "AROAEXAMPLEEXAMPLE",
        "Arn": ROLE,
        "CreateDate": NOW,
        "AssumeRolePolicyDocument": json.dumps(TRUST),
        "RoleLastUsed": {"LastUsedDate": LATER, "Region": "us-east-1"},
    }
    stub.add_response("get_role", {"Role": role}, {"RoleName": "r"})
    stub.add_response(
        "list_attached_role_policies",
        {"AttachedPolicies": [{"PolicyArn": own}, {"PolicyArn": by_aws}]},
        {"RoleName": "r"},
    )
    stub.add_response("list_role_policies", {"PolicyNames": ["own"]}, {"RoleName": "r"})
    stub.add_response(
        "get_role_policy",
        {"RoleName": "r", "PolicyName": "own", "PolicyDocument": json.dumps(OWN)},
        {"RoleName": "r", "PolicyName": "own"},
    )
    stub.add_response(
        "get_policy", {"Policy": {"DefaultVersionId": "v2"}}, {"PolicyArn": own}
    )
    stub.add_response(
        "get_policy_version",
        {"PolicyVersion": {"Document": json.dumps(OWN)}},
        {"PolicyArn": own, "VersionId": "v2"},
    )
    found = AccountRoles(clients).role("r")
    assert found == HeldRole("r", (OWN, OWN), (by_aws,), TRUST, LATER)


def test_only_a_role_that_does_not_exist_is_none(clients) -> None:
    stub = clients.stub("iam")
    stub.add_client_error("get_role", "NoSuchEntity")
    stub.add_client_error("get_role", "AccessDenied")
    assert AccountRoles(clients).role("r") is None
    with pytest.raises(NotPermitted):
        AccountRoles(clients).role("r")


def test_when_the_token_was_stored_is_known_without_reading_it(clients) -> None:
    stub = clients.stub("secretsmanager")
    pending = {
        "VersionId": "2" * 32,
        "VersionStages": ["AWSPENDING"],
        "CreatedDate": LATER,
    }
    current = {
        "VersionId": "1" * 32,
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": NOW,
    }
    stub.add_response(
        "list_secret_version_ids",
        {"Versions": [pending], "NextToken": "more"},
        {"SecretId": "arn:secret"},
    )
    stub.add_response(
        "list_secret_version_ids",
        {"Versions": [current]},
        {"SecretId": "arn:secret", "NextToken": "more"},
    )
    assert ManagedSecrets(clients).stored_at("arn:secret") == NOW


def test_a_secret_without_a_current_version_has_no_age(clients) -> None:
    stub = clients.stub("secretsmanager")
    stub.add_response("list_secret_version_ids", {"Versions": []})
    assert ManagedSecrets(clients).stored_at("arn:secret") is None
