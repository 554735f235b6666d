"""The adapters of the verification against the services' models."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

from botocore.response import StreamingBody
from botocore.stub import ANY

from delivery.aws.verification import (
    CloudTrailEvents,
    CloudWatchLogs,
    CloudWatchStates,
    GatewayStages,
    LambdaInvocations,
    SignedEndpoints,
)
from delivery.model import Answered, LoggedErrors, VersionFacts

SINCE = datetime(2026, 11, 23, 14, 2, 30, tzinfo=UTC)


class StillClock:
    def now(self) -> datetime:
        return SINCE

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0.5


def _payload(document: object) -> StreamingBody:
    content = json.dumps(document).encode()
    return StreamingBody(io.BytesIO(content), len(content))


def test_an_answer_is_its_version_and_status(clients) -> None:
    clients.stub("lambda").add_response(
        "invoke",
        {"ExecutedVersion": "7", "Payload": _payload({"statusCode": 200})},
        {
            "FunctionName": "mra-analyze",
            "Qualifier": "live",
            "InvocationType": "RequestResponse",
            "Payload": b"{}",
        },
    )
    answer = LambdaInvocations(clients).invoke("mra-analyze", "live", {})
    assert answer == Answered("7", 200)


def test_an_error_is_its_class_and_never_its_message(clients) -> None:
    clients.stub("lambda").add_response(
        "invoke",
        {
            "ExecutedVersion": "7",
            "FunctionError": "Unhandled",
            "Payload": _payload({"errorType": "KeyError", "errorMessage": "Ann Bee"}),
        },
        {"FunctionName": ANY, "Qualifier": ANY, "InvocationType": ANY, "Payload": ANY},
    )
    answer = LambdaInvocations(clients).invoke("mra-analyze", "live", {})
    assert answer == Answered("7", None, "KeyError")


def test_a_version_tells_where_it_logs(clients) -> None:
    clients.stub("lambda").add_response(
        "get_function_configuration",
        {"CodeSha256": "code-7", "LoggingConfig": {"LogGroup": "/own"}},
        {"FunctionName": "mra-analyze", "Qualifier": "7"},
    )
    facts = LambdaInvocations(clients).facts("mra-analyze", "7")
    assert facts == VersionFacts("code-7", "/own")


def test_errors_of_other_versions_are_not_counted(clients) -> None:
    logs = clients.stub("logs")
    events = [
        {"eventId": "1", "logStreamName": "2026/11/23/[7]aa", "message": "ERROR"},
        {"eventId": "2", "logStreamName": "2026/11/23/[8]bb", "message": "ERROR"},
    ]
    for found in (events, events[:1], []):
        request = {"logGroupName": "/g", "startTime": ANY, "filterPattern": ANY}
        logs.add_response("filter_log_events", {"events": found}, request)
    assert CloudWatchLogs(clients).errors("/g", "7", SINCE) == LoggedErrors(1, ("1",))


def test_a_log_group_that_is_not_there_holds_no_errors(clients) -> None:
    for _ in range(3):
        clients.stub("logs").add_client_error(
            "filter_log_events", "ResourceNotFoundException", http_status_code=400
        )
    assert CloudWatchLogs(clients).errors("/g", "7", SINCE).count == 0


def test_alarms_are_read_by_name(clients) -> None:
    clients.stub("cloudwatch").add_response(
        "describe_alarms",
        {"MetricAlarms": [{"AlarmName": "a", "StateValue": "OK"}]},
        {"AlarmNames": ["a", "b"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
    )
    states = CloudWatchStates(clients, StillClock()).states(["a", "b"])
    assert states == {"a": "OK"}


def test_the_newest_minute_counts(clients) -> None:
    clients.stub("cloudwatch").add_response(
        "get_metric_data",
        {"MetricDataResults": [{"Id": "errors", "Values": [2.0, 0.0]}]},
        {
            "MetricDataQueries": ANY,
            "StartTime": SINCE.replace(second=0),
            "EndTime": ANY,
            "ScanBy": "TimestampDescending",
        },
    )
    states = CloudWatchStates(clients, StillClock())
    assert states.newest_errors("mra-analyze", "live", SINCE) == 2


def test_moves_are_read_over_all_pages(clients) -> None:
    trail = clients.stub("cloudtrail")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:mra-health"
    by_parameters = {
        "EventName": "UpdateAlias20150331",
        "EventTime": SINCE,
        "CloudTrailEvent": json.dumps({"requestParameters": {"functionName": arn}}),
    }
    by_resource = {
        "EventName": "UpdateAlias20150331",
        "EventTime": SINCE,
        "Resources": [
            {"ResourceType": "AWS::Lambda::Function", "ResourceName": "mra-analyze"}
        ],
    }
    other = {"EventName": "CreateAlias20150331", "EventTime": SINCE}
    request = {"LookupAttributes": ANY, "StartTime": SINCE}
    trail.add_response(
        "lookup_events", {"Events": [by_parameters, other], "NextToken": "n"}, request
    )
    trail.add_response(
        "lookup_events", {"Events": [by_resource]}, {**request, "NextToken": "n"}
    )
    moves = CloudTrailEvents(clients, StillClock()).alias_moves(SINCE)
    assert [each.functions for each in moves] == [("mra-health",), ("mra-analyze",)]


def test_a_stage_names_its_deployment(clients) -> None:
    clients.stub("apigateway").add_response(
        "get_stage", {"deploymentId": "d1"}, {"restApiId": "api1", "stageName": "v1"}
    )
    assert GatewayStages(clients).deployment("api1", "v1") == "d1"


def test_an_endpoint_is_asked_where_the_clients_are_sent(clients, monkeypatch) -> None:
    """A build in rehearsal is told by the variable that AWS's clients read."""
    seen: list[tuple[str, str, str]] = []

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers["Host"], self.headers["x-api-key"]))
            self.send_response(429)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "synthetic")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "synthetic")
    clients.stub("apigateway").add_response(
        "get_api_key", {"value": "k1"}, {"apiKey": "id1", "includeValue": True}
    )
    request = {"method": "GET", "path": "/analyses", "query": {"limit": "1"}}
    endpoints = SignedEndpoints(clients)
    url = "https://api1.execute-api.us-east-1.amazonaws.com/v1"
    try:
        assert endpoints.status(url, request, api_key_id="id1") == 429
    finally:
        server.shutdown()
        server.server_close()
    host = "api1.execute-api.us-east-1.amazonaws.com"
    assert seen == [("/v1/analyses?limit=1", host, "k1")]
    assert endpoints.status(url, request) == 0
