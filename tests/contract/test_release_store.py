"""The adapters of ledger and review against the services' models."""

from __future__ import annotations

import io
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from delivery.aws.clients import Clients
from delivery.aws.deployed import StackReader
from delivery.aws.release_store import BucketReleaseStore
from delivery.aws.review import BuildReports, ThrowawayChangeSets
from delivery.errors import NotPermitted
from delivery.model import ChangeSet, ReportSummary, StackRequest, StoredObject

BUCKET = "mra-releases"
KEY = "ledger/123456789012/us-east-1/production/00000001.json"
STACK_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/app/1"
CHANGE_SET_ID = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/review-1/2"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/CloudFormation"


@contextmanager
def stubbed(service: str):
    """Yield clients of ``Clients`` whose ``service`` answers from a script."""
    client = boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",  # nosec B106 no secret
    )
    clients = Clients("us-east-1")
    clients._made[service] = client
    with Stubber(client) as stub:
        yield clients, stub
        stub.assert_no_pending_responses()


def body(content: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(content), len(content))


def test_a_new_object_is_put_only_where_nothing_is() -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_response(
            "put_object",
            {"VersionId": "v1"},
            {
                "Bucket": BUCKET,
                "Key": KEY,
                "Body": b"{}",
                "ContentType": "application/json",
                "IfNoneMatch": "*",
            },
        )
        stored = BucketReleaseStore(clients, BUCKET).put_new(KEY, b"{}")
    assert stored == StoredObject(BUCKET, KEY, "v1")


@pytest.mark.parametrize(
    ("code", "status"),
    [("PreconditionFailed", 412), ("ConditionalRequestConflict", 409)],
)
def test_an_object_that_is_there_is_not_put_again(code, status) -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_client_error("put_object", code, http_status_code=status)
        assert BucketReleaseStore(clients, BUCKET).put_new(KEY, b"{}") is None


def test_a_denied_put_is_no_conflict() -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_client_error("put_object", "AccessDenied", http_status_code=403)
        with pytest.raises(NotPermitted, match="put ledger/"):
            BucketReleaseStore(clients, BUCKET).put_new(KEY, b"{}")


def test_a_review_is_put_whether_or_not_something_is_there() -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_response(
            "put_object",
            {"VersionId": "v2"},
            {
                "Bucket": BUCKET,
                "Key": "reviews/1/staging.txt",
                "Body": b"text",
                "ContentType": "text/plain; charset=utf-8",
            },
        )
        store = BucketReleaseStore(clients, BUCKET)
        assert store.put("reviews/1/staging.txt", b"text").version_id == "v2"


def test_keys_are_listed_over_all_pages() -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_response(
            "list_objects_v2",
            {"Contents": [{"Key": "ledger/1"}], "NextContinuationToken": "more"},
            {"Bucket": BUCKET, "Prefix": "ledger/"},
        )
        stub.add_response(
            "list_objects_v2",
            {"Contents": [{"Key": "ledger/2"}]},
            {"Bucket": BUCKET, "Prefix": "ledger/", "ContinuationToken": "more"},
        )
        found = BucketReleaseStore(clients, BUCKET).keys("ledger/")
    assert found == ["ledger/1", "ledger/2"]


def test_an_empty_prefix_has_no_keys_and_nothing_is_read() -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_response("list_objects_v2", {}, {"Bucket": BUCKET, "Prefix": "x/"})
        store = BucketReleaseStore(clients, BUCKET)
        assert store.keys("x/") == []
        assert store.read([]) == []


def test_what_was_overwritten_or_deleted_shows_in_the_versions() -> None:
    one, two = {"Key": "ledger/1", "VersionId": "a"}, {"Key": "ledger/2"}
    with stubbed("s3") as (clients, stub):
        stub.add_response(
            "list_object_versions",
            {
                "Versions": [one, two],
                "IsTruncated": True,
                "NextKeyMarker": "ledger/2",
                "NextVersionIdMarker": "b",
            },
            {"Bucket": BUCKET, "Prefix": "ledger/"},
        )
        stub.add_response(
            "list_object_versions",
            {"Versions": [two], "DeleteMarkers": [{"Key": "ledger/3"}]},
            {
                "Bucket": BUCKET,
                "Prefix": "ledger/",
                "KeyMarker": "ledger/2",
                "VersionIdMarker": "b",
            },
        )
        found = BucketReleaseStore(clients, BUCKET).touched("ledger/")
    assert found == ["ledger/2", "ledger/3"]


def test_contents_are_read() -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_response(
            "get_object", {"Body": body(b"{}")}, {"Bucket": BUCKET, "Key": KEY}
        )
        assert BucketReleaseStore(clients, BUCKET).read([KEY]) == [b"{}"]


def test_the_newest_version_is_found() -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_response("head_object", {"VersionId": "v3"}, ANY_OBJECT)
        found = BucketReleaseStore(clients, BUCKET).find(KEY)
    assert found == StoredObject(BUCKET, KEY, "v3")


ANY_OBJECT = {"Bucket": ANY, "Key": ANY}


def test_absence_is_told_by_404_only() -> None:
    with stubbed("s3") as (clients, stub):
        stub.add_client_error("head_object", "404", http_status_code=404)
        stub.add_client_error("head_object", "403", http_status_code=403)
        store = BucketReleaseStore(clients, BUCKET)
        assert store.find(KEY) is None
        with pytest.raises(NotPermitted):
            store.find(KEY)


def test_links_lead_to_the_object() -> None:
    store = BucketReleaseStore(Clients("us-east-1"), BUCKET)
    stored = StoredObject(BUCKET, "reviews/1/packaged.yaml", "v1")
    assert store.url(stored) == (
        "https://mra-releases.s3.us-east-1.amazonaws.com/reviews/1/packaged.yaml"
    )
    assert store.page("reviews/1/staging.txt") == (
        "https://us-east-1.console.aws.amazon.com/s3/object/mra-releases"
        "?region=us-east-1&prefix=reviews/1/staging.txt"
    )


def described(**more):
    stack = {
        "StackName": "app",
        "StackId": STACK_ID,
        "StackStatus": "UPDATE_COMPLETE",
        "CreationTime": NOW,
        **more,
    }
    return {"Stacks": [stack]}


def summary(logical_id: str, status: str = "CREATE_COMPLETE"):
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": f"physical-{logical_id}",
        "ResourceType": "AWS::S3::Bucket",
        "LastUpdatedTimestamp": NOW,
        "ResourceStatus": status,
    }


@pytest.mark.parametrize("template", ["Resources: {}", '{"Resources": {}}'])
def test_a_stack_is_read_with_template_tags_role_and_all_resources(template) -> None:
    with stubbed("cloudformation") as (clients, stub):
        stub.add_response(
            "describe_stacks",
            described(RoleARN=ROLE, Tags=[{"Key": "team", "Value": "records"}]),
            {"StackName": "app"},
        )
        stub.add_response(
            "get_template",
            {"TemplateBody": template},
            {"StackName": STACK_ID, "TemplateStage": "Original"},
        )
        stub.add_response(
            "list_stack_resources",
            {"StackResourceSummaries": [summary("One")], "NextToken": "more"},
            {"StackName": STACK_ID},
        )
        stub.add_response(
            "list_stack_resources",
            {
                "StackResourceSummaries": [
                    summary("Two"),
                    summary("Gone", "DELETE_COMPLETE"),
                ]
            },
            {"StackName": STACK_ID, "NextToken": "more"},
        )
        contents = StackReader(clients).contents("app")
    assert contents is not None
    assert [each.logical_id for each in contents.resources] == ["One", "Two"]
    assert contents.tags == {"team": "records"}
    assert contents.role_arn == ROLE
    assert "Resources" in contents.template


def test_an_absent_stack_has_no_contents() -> None:
    with stubbed("cloudformation") as (clients, stub):
        stub.add_client_error(
            "describe_stacks", "ValidationError", "Stack with id app does not exist"
        )
        assert StackReader(clients).contents("app") is None


def test_a_stack_that_may_not_be_read_is_not_absent() -> None:
    with stubbed("cloudformation") as (clients, stub):
        stub.add_client_error("describe_stacks", "AccessDenied", "no")
        with pytest.raises(NotPermitted):
            StackReader(clients).contents("app")


def test_a_versions_code_is_known_by_its_hash() -> None:
    with stubbed("lambda") as (clients, stub):
        stub.add_response(
            "get_function_configuration",
            {"CodeSha256": "abc="},
            {"FunctionName": "mra-analyze", "Qualifier": "7"},
        )
        assert StackReader(clients).code_sha256("mra-analyze", "7") == "abc="


@pytest.mark.parametrize(("create", "kind"), [(True, "CREATE"), (False, "UPDATE")])
def test_a_review_makes_a_change_set_of_its_name_under_the_service_role(
    create, kind
) -> None:
    request = StackRequest(
        "app", "", {"Stage": "x"}, {"team": "records"}, "https://b.s3.amazonaws.com/t"
    )
    with stubbed("cloudformation") as (clients, stub):
        stub.add_response(
            "create_change_set",
            {"Id": CHANGE_SET_ID, "StackId": STACK_ID},
            {
                "StackName": "app",
                "ChangeSetName": "review-1",
                "ChangeSetType": kind,
                "Description": ANY,
                "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
                "TemplateURL": "https://b.s3.amazonaws.com/t",
                "Parameters": [{"ParameterKey": "Stage", "ParameterValue": "x"}],
                "Tags": [{"Key": "team", "Value": "records"}],
                "RoleARN": ROLE,
            },
        )
        stacks = ThrowawayChangeSets(clients, "review-1", ROLE)
        made = stacks.create_change_set(request, create=create)
    assert made == ChangeSet(CHANGE_SET_ID, STACK_ID, "CREATE_PENDING")


def test_without_a_role_the_stacks_own_applies() -> None:
    request = StackRequest("app", "", {}, {}, "https://b.s3.amazonaws.com/t")
    with stubbed("cloudformation") as (clients, stub):
        stub.add_response(
            "create_change_set", {"Id": CHANGE_SET_ID, "StackId": STACK_ID}
        )
        sent = []
        clients.get("cloudformation").meta.events.register(
            "before-parameter-build.cloudformation.CreateChangeSet",
            lambda params, **_: sent.append(params),
        )
        ThrowawayChangeSets(clients, "review-1").create_change_set(request, create=True)
    assert "RoleARN" not in sent[0]


def test_a_review_executes_nothing() -> None:
    stacks = ThrowawayChangeSets(Clients("us-east-1"), "review-1")
    with pytest.raises(NotImplementedError):
        stacks.execute(ChangeSet(CHANGE_SET_ID, STACK_ID, "CREATE_COMPLETE"), token="x")


def test_change_sets_are_listed_by_name_over_all_pages() -> None:
    def page(name: str, **more):
        data = {
            "ChangeSetName": name,
            "ChangeSetId": f"id-{name}",
            "StackId": STACK_ID,
            "Status": "CREATE_COMPLETE",
        }
        return {"Summaries": [data], **more}

    with stubbed("cloudformation") as (clients, stub):
        stub.add_response(
            "list_change_sets", page("review-1", NextToken="more"), {"StackName": "app"}
        )
        stub.add_response(
            "list_change_sets",
            page("release"),
            {"StackName": "app", "NextToken": "more"},
        )
        found = ThrowawayChangeSets(clients, "review-2").change_sets("app")
    assert set(found) == {"review-1", "release"}


def test_an_absent_stack_has_no_change_sets() -> None:
    with stubbed("cloudformation") as (clients, stub):
        stub.add_client_error(
            "list_change_sets", "ValidationError", "Stack [app] does not exist"
        )
        assert ThrowawayChangeSets(clients, "review-2").change_sets("app") == {}


def test_change_sets_that_may_not_be_listed_are_not_absent() -> None:
    with stubbed("cloudformation") as (clients, stub):
        stub.add_client_error("list_change_sets", "AccessDenied", "no")
        with pytest.raises(NotPermitted):
            ThrowawayChangeSets(clients, "review-2").change_sets("app")


GROUP = "arn:aws:codebuild:us-east-1:123456789012:report/MedicalRecordAnalysisBuild"


def test_reports_are_summed_up_in_the_order_they_are_asked_for() -> None:
    tests, coverage = f"{GROUP}-unit-tests:1", f"{GROUP}-coverage:2"
    with stubbed("codebuild") as (clients, stub):
        stub.add_response(
            "batch_get_reports",
            {
                "reports": [
                    {
                        "arn": coverage,
                        "type": "CODE_COVERAGE",
                        "codeCoverageSummary": {"lineCoveragePercentage": 91.5},
                    },
                    {
                        "arn": tests,
                        "type": "TEST",
                        "testSummary": {
                            "total": 8,
                            "statusCounts": {
                                "SUCCEEDED": 5,
                                "FAILED": 1,
                                "ERROR": 1,
                                "SKIPPED": 1,
                            },
                            "durationInNanoSeconds": 1,
                        },
                    },
                ]
            },
            {"reportArns": [tests, coverage, f"{GROUP}-gone:3"]},
        )
        found = BuildReports(clients).summaries([tests, coverage, f"{GROUP}-gone:3"])
    assert found == [
        ReportSummary("MedicalRecordAnalysisBuild-unit-tests", 5, 2, 1),
        ReportSummary("MedicalRecordAnalysisBuild-coverage", 0, 0, 0, 91.5),
    ]


def test_a_build_without_reports_asks_for_none() -> None:
    assert BuildReports(Clients("us-east-1")).summaries([]) == []


EARLY = (
    "The following hook(s)/validation failed: "
    "[AWS::EarlyValidation::PropertyValidation]."
)


def finding(logical_id: str, why: str = "Unsupported property [Sise]"):
    return {
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": logical_id,
        "ResourceType": "AWS::SQS::Queue",
        "ValidationStatusReason": why,
        "ValidationPath": "/Resources/It/Properties",
    }


def unpacked(*events, error: str = "", reason: str = EARLY) -> str:
    with stubbed("cloudformation") as (clients, stub):
        stub.add_response(
            "describe_change_set", {"Status": "FAILED", "StatusReason": reason}
        )
        if error:
            stub.add_client_error("describe_events", error)
        elif reason == EARLY:
            stub.add_response(
                "describe_events",
                {"OperationEvents": list(events)},
                {"ChangeSetName": CHANGE_SET_ID, "Filters": {"FailedEvents": True}},
            )
        change_set = ChangeSet(CHANGE_SET_ID, STACK_ID, "CREATE_PENDING")
        return ThrowawayChangeSets(clients, "review-1").change_set(change_set).reason


def test_early_validation_is_unpacked_into_resource_and_reason() -> None:
    assert unpacked(finding("Queue"), {"EventType": "STACK_EVENT"}) == (
        "Queue (AWS::SQS::Queue) at /Resources/It/Properties: "
        "Unsupported property [Sise]"
    )


def test_many_findings_are_counted_and_the_same_is_said_once() -> None:
    found = unpacked(finding("Q0"), *(finding(f"Q{number}") for number in range(7)))
    assert found.count("Q0") == 1
    assert found.endswith("; and 2 more")


def test_whoever_may_not_read_the_findings_gets_the_reason_as_it_is() -> None:
    assert unpacked(error="AccessDenied") == EARLY
    assert unpacked() == EARLY


def test_another_reason_is_left_alone() -> None:
    assert unpacked(reason="No updates are to be performed.") == (
        "No updates are to be performed."
    )
