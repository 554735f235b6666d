"""CodePipeline: states, histories and decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from delivery.aws.pipelines import CodePipelines
from delivery.errors import AlreadyDecided, NotPermitted
from delivery.model import Override

NAME = "MedicalRecordAnalysisPipeline"
ID = "11111111-2222-3333-4444-555555555555"
TOKEN = "66666666-7777-8888-9999-000000000000"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def pipelines(clients):
    clients.stub("codepipeline")
    return CodePipelines(clients)


@pytest.fixture
def api(clients, pipelines):
    return clients.stub("codepipeline")


def test_a_state_is_read_with_tokens_and_closed_doors(pipelines, api) -> None:
    api.add_response(
        "get_pipeline_state",
        {
            "pipelineName": NAME,
            "pipelineVersion": 3,
            "stageStates": [
                {
                    "stageName": "ApproveStaging",
                    "inboundTransitionState": {
                        "enabled": False,
                        "disabledReason": "frozen",
                    },
                    "latestExecution": {
                        "pipelineExecutionId": ID,
                        "status": "InProgress",
                    },
                    "actionStates": [
                        {
                            "actionName": "Approve",
                            "latestExecution": {
                                "status": "InProgress",
                                "token": TOKEN,
                                "lastStatusChange": NOW,
                            },
                        }
                    ],
                },
                {
                    "stageName": "DeployStaging",
                    "actionStates": [{"actionName": "CreateChangeSet"}],
                },
            ],
        },
        {"name": NAME},
    )
    state = pipelines.state(NAME)
    waiting, later = state.stages
    assert state.version == 3
    assert waiting.actions[0].awaits_approval
    assert not waiting.inbound_enabled
    assert waiting.inbound_reason == "frozen"
    assert later.status == "NotStarted"
    assert later.actions[0].status == "NotStarted"


def test_an_error_of_an_action_is_its_summary(pipelines, api) -> None:
    latest = {
        "status": "Failed",
        "summary": "short",
        "errorDetails": {"code": "JobFailed", "message": "long"},
    }
    api.add_response(
        "get_pipeline_state",
        {
            "stageStates": [
                {
                    "stageName": "Build",
                    "actionStates": [
                        {"actionName": "Build", "latestExecution": latest}
                    ],
                }
            ]
        },
        {"name": NAME},
    )
    (action,) = pipelines.state(NAME).stages[0].actions
    assert (action.summary, action.error_code) == ("long", "JobFailed")


def test_only_not_found_means_that_there_is_no_pipeline(pipelines, api) -> None:
    api.add_client_error("get_pipeline_state", "PipelineNotFoundException", "no")
    assert pipelines.state(NAME) is None
    api.add_client_error("get_pipeline_state", "AccessDeniedException", "no")
    with pytest.raises(NotPermitted):
        pipelines.state(NAME)


def test_executions_are_listed_with_commit_and_trigger(pipelines, api) -> None:
    api.add_response(
        "list_pipeline_executions",
        {
            "pipelineExecutionSummaries": [
                {
                    "pipelineExecutionId": ID,
                    "status": "Superseded",
                    "startTime": NOW,
                    "sourceRevisions": [
                        {
                            "actionName": "GitHub",
                            "revisionId": "c0ffee",
                            "revisionSummary": "Mend it",
                        }
                    ],
                    "trigger": {"triggerType": "Webhook"},
                }
            ]
        },
        {"pipelineName": NAME, "maxResults": 5},
    )
    (execution,) = pipelines.executions(NAME, limit=5)
    assert execution.status == "Superseded"
    assert execution.commit == "c0ffee"
    assert execution.trigger == "Webhook"


def _promoted(pipelines, api, **more) -> str:
    """Read an execution of a place by its id, and return its commit."""
    data = {
        "pipelineExecutionId": ID,
        "status": "InProgress",
        "artifactRevisions": [
            {"name": "BuildOutput", "revisionId": "version-of-a-zip"}
        ],
        **more,
    }
    api.add_response("get_pipeline_execution", {"pipelineExecution": data})
    return str(pipelines.execution(NAME, ID).commit)


def test_the_commit_of_a_promoted_execution_is_its_variable(pipelines, api) -> None:
    def told(value: str) -> str:
        variables = [{"name": "CommitId", "resolvedValue": value}]
        return _promoted(pipelines, api, variables=variables)

    assert told("c0ffee") == "c0ffee"
    # Nobody handed it over: the execution that a new pipeline begins with.
    assert told("none") == ""


def test_a_list_of_promoted_executions_names_no_commit(pipelines, api) -> None:
    api.add_response(
        "list_pipeline_executions",
        {
            "pipelineExecutionSummaries": [
                {
                    "pipelineExecutionId": ID,
                    "status": "InProgress",
                    "sourceRevisions": [
                        {"actionName": "Promotion", "revisionId": "version-of-a-zip"}
                    ],
                }
            ]
        },
    )
    (execution,) = pipelines.executions(NAME, limit=5)
    assert execution.commit == ""


def test_one_execution_is_read(pipelines, api) -> None:
    api.add_response(
        "get_pipeline_execution",
        {
            "pipelineExecution": {
                "pipelineExecutionId": ID,
                "status": "Failed",
                "statusSummary": "why",
                "artifactRevisions": [
                    {"revisionId": "c0ffee", "revisionSummary": "Mend", "created": NOW}
                ],
            }
        },
        {"pipelineName": NAME, "pipelineExecutionId": ID},
    )
    execution = pipelines.execution(NAME, ID)
    assert execution.status_summary == "why"
    assert execution.started_at == NOW


@pytest.mark.parametrize(
    ("trigger", "starter"),
    [("StartPipelineExecution", "arn:aws:iam::1:user/dana"), ("WebhookV2", "")],
)
def test_an_execution_tells_its_variables_and_who_started_it(
    pipelines, api, trigger, starter
) -> None:
    api.add_response(
        "get_pipeline_execution",
        {
            "pipelineExecution": {
                "pipelineExecutionId": ID,
                "status": "InProgress",
                "variables": [
                    {"name": "ShiftAlarms", "resolvedValue": "ignored"},
                    {"name": "OverrideReason", "resolvedValue": "mends it"},
                ],
                "trigger": {
                    "triggerType": trigger,
                    "triggerDetail": "arn:aws:iam::1:user/dana",
                },
            }
        },
    )
    execution = pipelines.execution(NAME, ID)
    assert execution.override == Override("mends it", starter)


def test_an_unknown_execution_is_none(pipelines, api) -> None:
    api.add_client_error(
        "get_pipeline_execution", "PipelineExecutionNotFoundException", "no"
    )
    assert pipelines.execution(NAME, ID) is None


def _detail(name: str, status: str, minute: int):
    return {
        "pipelineExecutionId": ID,
        "actionExecutionId": ID,
        "stageName": "Build",
        "actionName": name,
        "startTime": NOW + timedelta(minutes=minute),
        "lastUpdateTime": NOW + timedelta(minutes=minute + 1),
        "status": status,
        "input": {
            "actionTypeId": {
                "category": "Build",
                "owner": "AWS",
                "provider": "CodeBuild",
                "version": "1",
            },
            "configuration": {"ProjectName": "P"},
        },
        "output": {
            "outputVariables": {"Commit": "c0ffee"},
            "executionResult": {
                "externalExecutionId": "P:1",
                "externalExecutionSummary": "done",
            },
        },
    }


def test_a_retried_action_counts_by_its_last_run(pipelines, api) -> None:
    asked = {"pipelineName": NAME, "filter": {"pipelineExecutionId": ID}}
    api.add_response(
        "list_action_executions",
        {
            "actionExecutionDetails": [_detail("Build", "Succeeded", 9)],
            "nextToken": "older",
        },
        asked,
    )
    api.add_response(
        "list_action_executions",
        {"actionExecutionDetails": [_detail("Build", "Failed", 1)]},
        {**asked, "nextToken": "older"},
    )
    (action,) = pipelines.actions(NAME, ID)["Build"]
    assert action.status == "Succeeded"
    assert action.provider == "CodeBuild"
    assert action.external_id == "P:1"
    assert action.configuration == {"ProjectName": "P"}
    assert action.outputs == {"Commit": "c0ffee"}


def test_a_start_carries_its_token(pipelines, api) -> None:
    api.add_response(
        "start_pipeline_execution",
        {"pipelineExecutionId": ID},
        {"name": NAME, "clientRequestToken": "start-1"},
    )
    assert pipelines.start(NAME, token="start-1") == ID


@pytest.mark.parametrize(
    ("approved", "word"), [(True, "Approved"), (False, "Rejected")]
)
def test_a_decision_carries_token_word_and_comment(
    pipelines, api, approved, word
) -> None:
    api.add_response(
        "put_approval_result",
        {"approvedAt": NOW},
        {
            "pipelineName": NAME,
            "stageName": "ApproveStaging",
            "actionName": "Approve",
            "token": TOKEN,
            "result": {"summary": "x" * 512, "status": word},
        },
    )
    _decide(pipelines, approved=approved, comment="x" * 600)


@pytest.mark.parametrize(
    "code", ["InvalidApprovalTokenException", "ApprovalAlreadyCompletedException"]
)
def test_a_decision_that_came_too_late_says_so(pipelines, api, code) -> None:
    api.add_client_error("put_approval_result", code, "no")
    with pytest.raises(AlreadyDecided):
        _decide(pipelines, approved=True, comment="yes")


def _decide(pipelines, *, approved: bool, comment: str) -> None:
    pipelines.decide(
        pipeline=NAME,
        stage="ApproveStaging",
        action="Approve",
        token=TOKEN,
        approved=approved,
        comment=comment,
    )
