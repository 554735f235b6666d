"""Secrets, connections, builds, aliases, uploads, topics and identity."""

from __future__ import annotations

import json

import pytest
from botocore.stub import ANY

from delivery.aws.account import (
    BucketUploads,
    CallersAccount,
    LambdaAliases,
    LambdaCapacity,
    NoticeTopics,
    TopicSubscriptions,
)
from delivery.aws.builds import CodeBuilds
from delivery.aws.secrets import CodeConnections, ManagedSecrets
from delivery.errors import NotPermitted
from delivery.model import Build, Concurrency, Hidden

VERSION = "11111111-2222-3333-4444-555555555555"
TOPIC = "arn:aws:sns:us-east-1:123456789012:notices"


def test_a_secret_is_read_with_its_version(clients) -> None:
    clients.stub("secretsmanager").add_response(
        "get_secret_value",
        {"VersionId": VERSION, "SecretString": '{"token": "t"}'},
        {"SecretId": "arn:secret"},
    )
    stored = ManagedSecrets(clients).current("arn:secret")
    assert stored.version_id == VERSION
    assert json.loads(stored.text.reveal()) == {"token": "t"}


def test_a_secret_without_a_value_is_none_and_a_refusal_is_not(clients) -> None:
    api = clients.stub("secretsmanager")
    api.add_client_error("get_secret_value", "ResourceNotFoundException", "empty")
    assert ManagedSecrets(clients).current("arn:secret") is None
    api.add_client_error("get_secret_value", "AccessDeniedException", "no")
    with pytest.raises(NotPermitted):
        ManagedSecrets(clients).current("arn:secret")


def test_a_secret_is_stored_as_a_new_version(clients) -> None:
    clients.stub("secretsmanager").add_response(
        "put_secret_value",
        {"VersionId": VERSION},
        {"SecretId": "arn:secret", "SecretString": "x", "ClientRequestToken": ANY},
    )
    assert ManagedSecrets(clients).store("arn:secret", Hidden("x")) == VERSION


def test_a_version_waits_beside_the_current_one_and_takes_its_place(clients) -> None:
    api, secrets = clients.stub("secretsmanager"), ManagedSecrets(clients)
    named = {"SecretId": "arn:secret"}
    api.add_client_error(
        "get_secret_value",
        "ResourceNotFoundException",
        expected_params={**named, "VersionStage": "AWSPENDING"},
    )
    api.add_response(
        "put_secret_value",
        {"VersionId": VERSION},
        {
            **named,
            "SecretString": "x",
            "ClientRequestToken": ANY,
            "VersionStages": ["AWSPENDING"],
        },
    )
    moved = {"MoveToVersionId": VERSION, "RemoveFromVersionId": "0" * 32}
    api.add_response(
        "update_secret_version_stage",
        {},
        {**named, **moved, "VersionStage": "AWSCURRENT"},
    )
    api.add_response(
        "update_secret_version_stage",
        {},
        {**named, "RemoveFromVersionId": VERSION, "VersionStage": "AWSPENDING"},
    )
    assert secrets.pending("arn:secret") is None
    assert secrets.store_pending("arn:secret", Hidden("x")) == VERSION
    secrets.promote("arn:secret", VERSION, replaces="0" * 32)
    secrets.drop_pending("arn:secret", VERSION)


def test_a_refused_secret_is_not_in_the_error(clients) -> None:
    clients.stub("secretsmanager").add_client_error(
        "put_secret_value", "AccessDeniedException", "not authorized"
    )
    with pytest.raises(NotPermitted) as caught:
        ManagedSecrets(clients).store("arn:secret", Hidden("ghp_synthetic"))
    assert "ghp_synthetic" not in str(caught.value)


def test_a_connection_has_a_status(clients) -> None:
    clients.stub("codeconnections").add_response(
        "get_connection",
        {"Connection": {"ConnectionStatus": "PENDING"}},
        {"ConnectionArn": _CONNECTION},
    )
    assert CodeConnections(clients).status(_CONNECTION) == "PENDING"


_CONNECTION = f"arn:aws:codeconnections:us-east-1:123456789012:connection/{VERSION}"


def _build_data(**more):
    return {
        "id": "P:1",
        "buildStatus": "FAILED",
        "phases": [
            {
                "phaseType": "BUILD",
                "phaseStatus": "FAILED",
                "durationInSeconds": 7,
                "contexts": [{"statusCode": "X", "message": "why"}, {"message": ""}],
            },
            {"phaseType": "COMPLETED"},
        ],
        "logs": {"groupName": "/g", "streamName": "s", "deepLink": "https://l"},
        "reportArns": ["arn:report"],
        **more,
    }


def test_a_build_is_read_with_its_finished_phases(clients) -> None:
    clients.stub("codebuild").add_response(
        "batch_get_builds", {"builds": [_build_data()]}, {"ids": ["P:1"]}
    )
    build = CodeBuilds(clients).build("P:1")
    assert [each.name for each in build.phases] == ["BUILD"]
    assert build.phases[0].messages == ("why",)
    assert build.log_url == "https://l"


def test_a_build_that_is_gone_is_none(clients) -> None:
    clients.stub("codebuild").add_response(
        "batch_get_builds", {"buildsNotFound": ["P:1"]}, {"ids": ["P:1"]}
    )
    assert CodeBuilds(clients).build("P:1") is None


BUILD = Build("P:1", "FAILED", log_group="/g", log_stream="s", report_arns=("a", "b"))


def test_the_end_of_a_log_is_read(clients) -> None:
    clients.stub("logs").add_response(
        "get_log_events",
        {"events": [{"message": "one\n"}, {"message": "two\nthree\n"}]},
        {
            "logGroupName": "/g",
            "logStreamName": "s",
            "limit": 2,
            "startFromHead": False,
        },
    )
    assert CodeBuilds(clients).log_tail(BUILD, lines=2) == ["two", "three"]


def test_a_log_that_is_not_there_is_empty(clients) -> None:
    clients.stub("logs").add_client_error(
        "get_log_events", "ResourceNotFoundException", "no"
    )
    assert CodeBuilds(clients).log_tail(BUILD, lines=2) == []
    assert CodeBuilds(clients).log_tail(Build("P:1", "FAILED"), lines=2) == []


def test_failed_tests_come_from_test_reports_and_not_from_coverage(clients) -> None:
    api = clients.stub("codebuild")
    case = {"name": "test_b", "prefix": "tests/a.py", "status": "FAILED"}
    api.add_response(
        "describe_test_cases",
        {"testCases": [case, {"name": "test_c"}]},
        {"reportArn": "a", "filter": {"status": "FAILED"}, "maxResults": 100},
    )
    api.add_client_error("describe_test_cases", "InvalidInputException", "coverage")
    assert CodeBuilds(clients).failed_tests(BUILD) == ["tests/a.py::test_b", "test_c"]


def test_a_log_or_report_that_may_not_be_read_is_said(clients) -> None:
    clients.stub("logs").add_client_error("get_log_events", "AccessDenied", "no")
    clients.stub("codebuild").add_client_error(
        "describe_test_cases", "AccessDenied", "no"
    )
    with pytest.raises(NotPermitted):
        CodeBuilds(clients).log_tail(BUILD, lines=2)
    with pytest.raises(NotPermitted):
        CodeBuilds(clients).failed_tests(BUILD)


def test_an_alias_is_read_with_its_weights(clients) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:mra-production-analyze:live"
    clients.stub("lambda").add_response(
        "get_alias",
        {
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}},
        },
        {"FunctionName": arn.rpartition(":")[0], "Name": "live"},
    )
    route = LambdaAliases(clients).route(arn)
    assert route.function == "mra-production-analyze"
    assert str(route) == "1 +2@10%"


def test_a_template_is_uploaded(clients) -> None:
    clients.stub("s3").add_response(
        "put_object", {}, {"Bucket": "b", "Key": "k", "Body": b"text"}
    )
    url = BucketUploads(clients).put("b", "k", "text")
    assert url == "https://b.s3.us-east-1.amazonaws.com/k"


def test_unconfirmed_subscriptions_are_found_on_all_pages(clients) -> None:
    api = clients.stub("sns")

    def subscription(endpoint: str, arn: str):
        return {"Endpoint": endpoint, "SubscriptionArn": arn}

    api.add_response(
        "list_subscriptions_by_topic",
        {
            "Subscriptions": [subscription("a@example.org", "PendingConfirmation")],
            "NextToken": "more",
        },
        {"TopicArn": TOPIC},
    )
    api.add_response(
        "list_subscriptions_by_topic",
        {"Subscriptions": [subscription("b@example.org", f"{TOPIC}:1")]},
        {"TopicArn": TOPIC, "NextToken": "more"},
    )
    assert TopicSubscriptions(clients).unconfirmed(TOPIC) == ["a@example.org"]


def test_a_notice_is_published_to_its_topic(clients) -> None:
    clients.stub("sns").add_response(
        "publish", {"MessageId": "1"}, {"TopicArn": TOPIC, "Message": "taken back"}
    )
    NoticeTopics(clients).publish(TOPIC, "taken back")


def test_the_caller_is_known(clients) -> None:
    clients.stub("sts").add_response(
        "get_caller_identity",
        {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ann"},
        {},
    )
    assert CallersAccount(clients).identity().account == "123456789012"


def test_an_accounts_concurrency_is_its_limit_and_what_nobody_reserved(clients) -> None:
    limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 800}
    clients.stub("lambda").add_response(
        "get_account_settings", {"AccountLimit": limits}, {}
    )
    assert LambdaCapacity(clients).account() == Concurrency(1000, 800)


def test_a_function_without_a_reservation_has_reserved_nothing(clients) -> None:
    api, asked = clients.stub("lambda"), {"FunctionName": "mra-analyze"}
    answer = {"ReservedConcurrentExecutions": 25}
    api.add_response("get_function_concurrency", answer, asked)
    api.add_response("get_function_concurrency", {}, asked)
    capacity = LambdaCapacity(clients)
    assert [capacity.reserved("mra-analyze") for _ in range(2)] == [25, 0]


def test_a_refused_reading_of_limits_is_no_limit_of_zero(clients) -> None:
    clients.stub("lambda").add_client_error("get_account_settings", "AccessDenied")
    with pytest.raises(NotPermitted):
        LambdaCapacity(clients).account()


def test_a_function_that_is_gone_has_reserved_nothing(clients) -> None:
    clients.stub("lambda").add_client_error(
        "get_function_concurrency", "ResourceNotFoundException"
    )
    assert LambdaCapacity(clients).reserved("mra-analyze") == 0
