"""The past of CodePipeline and CodeDeploy: by pages, as far back as is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from delivery.aws.history import CodeDeployPast, CodePipelinePast
from delivery.errors import NotPermitted, Unreachable

NAME = "MedicalRecordAnalysisPipeline"
ID = "11111111-2222-3333-4444-555555555555"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SINCE = NOW - timedelta(days=30)
ASKED = {"pipelineName": NAME, "maxResults": 100}


@pytest.fixture
def past(clients):
    clients.stub("codepipeline")
    return CodePipelinePast(clients)


@pytest.fixture
def api(clients, past):
    return clients.stub("codepipeline")


def _summary(day: int, status: str = "Succeeded"):
    return {
        "pipelineExecutionId": ID,
        "status": status,
        "startTime": NOW - timedelta(days=day),
        "lastUpdateTime": NOW - timedelta(days=day) + timedelta(hours=1),
        "sourceRevisions": [{"actionName": "GitHub", "revisionId": f"c{day}"}],
    }


def _detail(day: int, **configuration: str):
    return {
        "pipelineExecutionId": ID,
        "actionExecutionId": ID,
        "stageName": "DeployProduction",
        "actionName": "ExecuteChangeSet",
        "startTime": NOW - timedelta(days=day),
        "lastUpdateTime": NOW - timedelta(days=day) + timedelta(minutes=9),
        "status": "Failed",
        "input": {
            "actionTypeId": {
                "category": "Deploy",
                "owner": "AWS",
                "provider": "CloudFormation",
                "version": "1",
            },
            "configuration": configuration,
        },
        "output": {
            "executionResult": {
                "externalExecutionSummary": "short",
                "errorDetails": {"message": "Deployment failed: no."},
            }
        },
    }


def test_executions_are_read_by_pages_until_one_is_too_old(past, api) -> None:
    api.add_response(
        "list_pipeline_executions",
        {
            "pipelineExecutionSummaries": [_summary(1), _summary(2, "Superseded")],
            "nextToken": "older",
        },
        ASKED,
    )
    api.add_response(
        "list_pipeline_executions",
        {
            "pipelineExecutionSummaries": [_summary(30), _summary(31)],
            "nextToken": "not asked for",
        },
        {**ASKED, "nextToken": "older"},
    )
    found = past.executions_since(NAME, SINCE)
    assert [each.commit for each in found] == ["c1", "c2", "c30"]
    assert found[1].status == "Superseded"
    assert found[0].changed_at - found[0].started_at == timedelta(hours=1)


def test_every_run_of_an_action_is_told_apart(past, api) -> None:
    execute = _detail(1, ActionMode="CHANGE_SET_EXECUTE")
    api.add_response(
        "list_action_executions",
        {"actionExecutionDetails": [execute, execute], "nextToken": "older"},
        ASKED,
    )
    replace = _detail(2, ActionMode="CHANGE_SET_REPLACE")
    api.add_response(
        "list_action_executions",
        {"actionExecutionDetails": [replace]},
        {**ASKED, "nextToken": "older"},
    )
    first, again, other = past.runs_since(NAME, SINCE)
    assert first.executes and again.executes and not other.executes
    assert first.category == "Deploy"
    assert first.summary == "Deployment failed: no."
    assert first.changed_at - first.started_at == timedelta(minutes=9)


def test_only_not_found_means_that_there_is_no_pipeline(past, api) -> None:
    api.add_client_error("list_pipeline_executions", "PipelineNotFoundException", "no")
    assert past.executions_since(NAME, SINCE) is None
    api.add_client_error("list_pipeline_executions", "AccessDeniedException", "no")
    with pytest.raises(NotPermitted):
        past.executions_since(NAME, SINCE)


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDeniedException", NotPermitted), ("ThrottlingException", Unreachable)],
)
def test_runs_that_may_not_be_read_are_no_empty_list(past, api, code, error) -> None:
    api.add_client_error("list_action_executions", code, "no")
    with pytest.raises(error):
        past.runs_since(NAME, SINCE)


STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/app/1"


def _deployment(number: int, **more):
    return {
        "deploymentId": f"d-{number:09}",
        "deploymentGroupName": "mra-production-analyze",
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "status": "Succeeded",
        "createTime": NOW - timedelta(minutes=number),
        **more,
    }


def test_shifts_of_a_stack_are_read_by_batches_oldest_first(clients) -> None:
    api = clients.stub("codedeploy")
    made = [_deployment(number) for number in range(26)]
    ids = [each["deploymentId"] for each in made]
    asked = {"externalId": STACK, "createTimeRange": {"start": SINCE}}
    api.add_response(
        "list_deployments", {"deployments": ids[:20], "nextToken": "older"}, asked
    )
    api.add_response(
        "list_deployments", {"deployments": ids[20:]}, {**asked, "nextToken": "older"}
    )
    for batch in (slice(0, 25), slice(25, 26)):
        api.add_response(
            "batch_get_deployments",
            {"deploymentsInfo": made[batch]},
            {"deploymentIds": ids[batch]},
        )
    found = CodeDeployPast(clients).shifts_since(STACK, SINCE)
    assert [each.id for each in found] == ids[::-1]
    assert found[0].group == "mra-production-analyze"


def test_a_shift_tells_when_it_ended_and_why_or_that_it_goes_on(clients) -> None:
    api = clients.stub("codedeploy")
    stopped = _deployment(
        2,
        status="Stopped",
        startTime=NOW,
        completeTime=NOW + timedelta(minutes=9),
        errorInformation={"code": "ALARM_ACTIVE", "message": "an alarm fired"},
    )
    api.add_response("list_deployments", {"deployments": ["d-2", "d-1"]})
    running = _deployment(1, status="InProgress")
    api.add_response("batch_get_deployments", {"deploymentsInfo": [stopped, running]})
    goes_on, ended = CodeDeployPast(clients).shifts_since(STACK, SINCE)
    assert (goes_on.ended_at, goes_on.error) == (None, "")
    assert ended.ended_at - ended.began_at == timedelta(minutes=9)
    assert (ended.status, ended.error) == ("Stopped", "an alarm fired")


def test_no_shift_asks_for_no_details(clients) -> None:
    api = clients.stub("codedeploy")
    api.add_response("list_deployments", {"deployments": []})
    assert CodeDeployPast(clients).shifts_since(STACK, SINCE) == []


def test_shifts_that_may_not_be_read_are_no_empty_list(clients) -> None:
    clients.stub("codedeploy").add_client_error(
        "list_deployments", "AccessDeniedException", "no"
    )
    with pytest.raises(NotPermitted):
        CodeDeployPast(clients).shifts_since(STACK, SINCE)
