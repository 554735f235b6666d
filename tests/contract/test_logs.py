"""CloudWatch Logs, CodeBuild and Lambda as sources of logs, against the services' models."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from delivery.aws.logs import LogGroups
from delivery.errors import NotPermitted

SINCE = datetime(2026, 11, 23, 14, 2, 30, tzinfo=UTC)
MILLISECONDS = int(SINCE.timestamp() * 1000)
GROUP = "/aws/lambda/mra-staging-analyze"


def _event(id: str) -> dict[str, object]:
    return {
        "eventId": id,
        "timestamp": MILLISECONDS + 1500,
        "logStreamName": "2026/11/23/[7]abc",
        "message": "said\n",
    }


def _page(*ids: str, token: str = "") -> dict[str, object]:
    events = [_event(each) for each in ids]
    return {"events": events, **({"nextToken": token} if token else {})}


def test_all_pages_of_a_group_are_read(clients) -> None:
    asked = {"logGroupName": GROUP, "startTime": MILLISECONDS}
    stub = clients.stub("logs")
    stub.add_response("filter_log_events", _page("1", token="more"), asked)
    stub.add_response("filter_log_events", _page("2"), {**asked, "nextToken": "more"})
    first, second = LogGroups(clients).lines(GROUP, SINCE, limit=100)
    assert (first.id, second.id, first.text) == ("1", "2", "said")
    assert (first.at - SINCE).total_seconds() == 1.5


def test_no_more_pages_are_asked_for_than_wanted(clients) -> None:
    clients.stub("logs").add_response(
        "filter_log_events", _page("1", "2", token="more")
    )
    assert len(LogGroups(clients).lines(GROUP, SINCE, limit=1)) == 1


def test_no_group_is_no_lines_and_a_refusal_is_a_refusal(clients) -> None:
    stub = clients.stub("logs")
    stub.add_client_error("filter_log_events", "ResourceNotFoundException")
    stub.add_client_error("filter_log_events", "AccessDeniedException")
    assert LogGroups(clients).lines(GROUP, SINCE, limit=1) is None
    with pytest.raises(NotPermitted):
        LogGroups(clients).lines(GROUP, SINCE, limit=1)


@pytest.mark.parametrize(
    ("settings", "group"),
    [
        ({}, "/aws/codebuild/Build"),
        ({"status": "ENABLED", "groupName": "/own"}, "/own"),
        ({"status": "DISABLED"}, ""),
    ],
)
def test_a_project_says_where_it_logs(clients, settings, group) -> None:
    logs = {"logsConfig": {"cloudWatchLogs": settings}} if settings else {}
    clients.stub("codebuild").add_response(
        "batch_get_projects",
        {"projects": [{"name": "Build", **logs}]},
        {"names": ["Build"]},
    )
    assert LogGroups(clients).group_of_project("Build") == group


@pytest.mark.parametrize("own", ["/own", ""])
def test_a_function_says_where_it_logs(clients, own) -> None:
    settings = {"LoggingConfig": {"LogGroup": own}} if own else {}
    clients.stub("lambda").add_response(
        "get_function_configuration", settings, {"FunctionName": "mra-analyze"}
    )
    group = LogGroups(clients).group_of_function("mra-analyze")
    assert group == (own or "/aws/lambda/mra-analyze")
