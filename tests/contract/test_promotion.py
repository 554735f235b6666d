"""Promotion against the services' models, and against moto's S3, STS and CloudFormation."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import ANY
from moto import mock_aws
from promotion_fakes import ACCOUNT, CODE, KEY, role_of, sha

from delivery.aws.clients import Clients
from delivery.aws.promotion import BucketHomePackages, ReceivingPlace, RolePlaces
from delivery.errors import (
    NotPermitted,
    OperationFailed,
    Refused,
    Unreachable,
)
from delivery.model import PlaceStores

# moto begins anew for each test.
pytestmark = pytest.mark.thorough

REGION = "eu-west-1"
RELEASES, ARTIFACTS = "place-releases", "place-artifacts"
ROLE = role_of(REGION)
SESSION = "promote-0d9f4f4e"
STORES = {
    "Resources": {
        "Releases": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": RELEASES},
        },
        "Artifacts": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": ARTIFACTS},
        },
    },
    "Outputs": {
        "ReleaseBucketName": {"Value": {"Ref": "Releases"}},
        "ArtifactBucketName": {"Value": {"Ref": "Artifacts"}},
    },
}


@pytest.fixture
def aws(monkeypatch) -> Iterator[None]:
    """An account in moto, whose keys are in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "synthetic")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield


def reach_place() -> ReceivingPlace:
    """Return a place in an account of its own, seen from home."""
    return RolePlaces(Clients("us-east-1")).at(ROLE, region=REGION, session=SESSION)


def make_foundation(place: ReceivingPlace, template: dict = STORES) -> None:
    place.clients.get("cloudformation").create_stack(
        StackName="medical-record-analysis-foundation",
        TemplateBody=json.dumps(template),
    )


@pytest.fixture
def place(aws) -> ReceivingPlace:
    found = reach_place()
    make_foundation(found)
    for bucket in (RELEASES, ARTIFACTS):
        # moto's CloudFormation leaves it out.
        found.clients.get("s3").put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    return found


def test_a_place_is_reached_as_its_role_in_its_region(place) -> None:
    assert place.clients.region == REGION
    who = place.clients.get("sts").get_caller_identity()["Arn"]
    assert who.endswith(
        f"assumed-role/medical-record-analysis-receiver-{REGION}/{SESSION}"
    )
    for service in ("s3", "cloudformation", "codepipeline"):
        assert REGION in place.clients.get(service).meta.endpoint_url


def test_the_role_is_asked_for_in_its_own_region(aws, monkeypatch) -> None:
    asked = []
    made = Clients._make

    def remember(clients: Clients, service: str):
        client = made(clients, service)
        asked.append((service, client.meta.endpoint_url))
        return client

    monkeypatch.setattr(Clients, "_make", remember)
    Clients("us-east-1").acting_as(ROLE, region=REGION, session=SESSION)
    assert asked == [("sts", f"https://sts.{REGION}.amazonaws.com")]


def test_its_foundation_names_its_stores(place) -> None:
    assert place.stores() == PlaceStores(RELEASES, ARTIFACTS)


def test_a_package_is_put_once_and_known_again_by_its_hash(place) -> None:
    assert not place.has_package(KEY, sha(CODE))
    place.put_package(KEY, CODE)
    assert place.has_package(KEY, sha(CODE))
    place.put_package(KEY, CODE)
    listed = place.clients.get("s3").list_object_versions(Bucket=RELEASES)
    assert len(listed["Versions"]) == 1


def test_a_package_without_a_kept_hash_is_read_and_hashed(place) -> None:
    place.clients.get("s3").put_object(Bucket=RELEASES, Key=KEY, Body=CODE)
    assert place.has_package(KEY, sha(CODE))


@pytest.mark.parametrize("kept", [{}, {"ChecksumAlgorithm": "SHA256"}])
def test_another_package_under_the_key_is_an_error_and_stays(place, kept) -> None:
    api = place.clients.get("s3")
    api.put_object(Bucket=RELEASES, Key=KEY, Body=b"other", **kept)
    for act in (
        lambda: place.has_package(KEY, sha(CODE)),
        lambda: place.put_package(KEY, CODE),
    ):
        with pytest.raises(OperationFailed, match="not the package that was built"):
            act()
    assert api.get_object(Bucket=RELEASES, Key=KEY)["Body"].read() == b"other"


def test_each_release_is_a_version_of_one_object(place) -> None:
    first, second = place.put_release(b"one"), place.put_release(b"two")
    stored = place.clients.get("s3").get_object(
        Bucket=ARTIFACTS, Key="promoted/release.zip", VersionId=first
    )
    assert stored["Body"].read() == b"one" and first != second


def test_the_same_release_is_put_once(place) -> None:
    first = place.put_release(b"one")
    assert place.put_release(b"one") == first
    assert place.put_release(b"two") != first


def test_a_bucket_without_versions_takes_no_release(place) -> None:
    place._stores = PlaceStores(RELEASES, "plain")
    place.clients.get("s3").create_bucket(
        Bucket="plain", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    with pytest.raises(OperationFailed, match="plain keeps no versions"):
        place.put_release(b"one")


def test_a_place_without_a_foundation_says_how_it_gets_one(aws) -> None:
    with pytest.raises(OperationFailed) as caught:
        reach_place().stores()
    assert caught.value.what == f"There is no foundation in {REGION}."
    assert caught.value.next_step.startswith(
        f"./deploy_pipeline.py deploy --region {REGION} (with credentials of account "
        f"{ACCOUNT})"
    )


def test_a_foundation_that_is_not_whole_is_none_yet(aws) -> None:
    place = reach_place()
    make_foundation(place, {**STORES, "Outputs": {}})
    with pytest.raises(OperationFailed, match="no foundation") as caught:
        place.stores()
    assert "ReleaseBucketName" in caught.value.why


def test_home_reads_its_packages(aws) -> None:
    api = boto3.client("s3", "us-east-1")
    api.create_bucket(Bucket="home")
    api.put_object(Bucket="home", Key=KEY, Body=CODE)
    assert BucketHomePackages(Clients("us-east-1")).read("home", KEY) == CODE


# Refusals, and what moto does not have: by scripted answers that fit the models.


@pytest.fixture
def scripted(clients) -> ReceivingPlace:
    return ReceivingPlace(clients, ACCOUNT, PlaceStores(RELEASES, ARTIFACTS))


def start(place: ReceivingPlace) -> str:
    return place.start("v7", variables={"ArtifactSha256": "abc"}, token=SESSION)


def test_the_pipeline_is_started_with_one_version_and_a_token(
    clients, scripted
) -> None:
    clients.stub("codepipeline").add_response(
        "start_pipeline_execution",
        {"pipelineExecutionId": "e-1"},
        {
            "name": "MedicalRecordAnalysisPipeline",
            "clientRequestToken": SESSION,
            "sourceRevisions": [
                {
                    "actionName": "Promotion",
                    "revisionType": "S3_OBJECT_VERSION_ID",
                    "revisionValue": "v7",
                }
            ],
            "variables": [{"name": "ArtifactSha256", "value": "abc"}],
        },
    )
    assert start(scripted) == "e-1"


@pytest.mark.parametrize("code", ["PipelineNotFoundException", "ValidationException"])
def test_a_pipeline_that_takes_nothing_in_has_to_be_deployed(
    clients, scripted, code
) -> None:
    clients.stub("codepipeline").add_client_error(
        "start_pipeline_execution", code, "no action Promotion"
    )
    with pytest.raises(OperationFailed) as caught:
        start(scripted)
    assert caught.value.why == "no action Promotion"
    assert "./deploy_pipeline.py deploy --region us-east-1" in caught.value.next_step


def test_a_start_that_is_denied_or_too_many_is_told_as_such(clients, scripted) -> None:
    api = clients.stub("codepipeline")
    api.add_client_error("start_pipeline_execution", "AccessDeniedException", "no")
    with pytest.raises(NotPermitted):
        start(scripted)
    api.add_client_error("start_pipeline_execution", "ConflictException", "busy")
    with pytest.raises(Refused):
        start(scripted)


def test_a_package_that_may_not_be_looked_for_is_not_absent(clients, scripted) -> None:
    clients.stub("s3").add_client_error("head_object", "403", http_status_code=403)
    with pytest.raises(NotPermitted):
        scripted.has_package(KEY, sha(CODE))


def test_a_hash_of_parts_is_no_hash_of_the_content(clients, scripted) -> None:
    api = clients.stub("s3")
    api.add_response(
        "head_object",
        {"ChecksumSHA256": "AAAA-2", "ChecksumType": "COMPOSITE"},
        {"Bucket": RELEASES, "Key": KEY, "ChecksumMode": "ENABLED"},
    )
    api.add_client_error("get_object", "AccessDenied", http_status_code=403)
    with pytest.raises(NotPermitted):
        scripted.has_package(KEY, sha(CODE))


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDenied", 403, NotPermitted),
        ("ConditionalRequestConflict", 409, Unreachable),
    ],
)
def test_a_package_that_may_not_be_put_or_is_being_put_is_told(
    clients, scripted, code, status, error
) -> None:
    clients.stub("s3").add_client_error(
        "put_object",
        code,
        http_status_code=status,
        expected_params={
            "Bucket": RELEASES,
            "Key": KEY,
            "Body": CODE,
            "ChecksumAlgorithm": "SHA256",
            "IfNoneMatch": "*",
        },
    )
    with pytest.raises(error, match=KEY):
        scripted.put_package(KEY, CODE)


def test_a_foundation_that_may_not_be_read_is_not_absent(clients) -> None:
    clients.stub("cloudformation").add_client_error(
        "describe_stacks", "AccessDenied", "no"
    )
    with pytest.raises(NotPermitted):
        ReceivingPlace(clients, ACCOUNT).stores()


@pytest.mark.parametrize(
    ("code", "says"),
    [("AccessDenied", "deploy --region"), ("ExpiredToken", "aws sso login")],
)
def test_a_role_that_cannot_be_taken_says_what_would_help(
    clients, monkeypatch, code, says
) -> None:
    clients.stub("sts").add_client_error(
        "assume_role",
        code,
        expected_params={"RoleArn": ROLE, "RoleSessionName": ANY},
    )
    # The clients that ask STS in the other region answer from the same script.
    monkeypatch.setattr(Clients, "get", lambda self, service: clients._made[service])
    with pytest.raises(NotPermitted) as caught:
        RolePlaces(clients).at(ROLE, region=REGION, session=SESSION)
    assert says in caught.value.next_step
