"""Steering executions: the parameters CodePipeline is sent, and what it may refuse."""

from __future__ import annotations

import pytest

from delivery.aws.steering import PipelineSteering
from delivery.errors import BadInput, NotPermitted, Refused

NAME = "MedicalRecordAnalysisPipeline"
ID = "11111111-2222-3333-4444-555555555555"
COMMIT = "c0ffee0123456789c0ffee0123456789c0ffee01"


@pytest.fixture
def api(clients):
    return clients.stub("codepipeline")


@pytest.fixture
def steering(clients, api):
    return PipelineSteering(clients)


def _stop(steering):
    return steering.stop(NAME, ID, abandon=True, reason="x" * 300)


def test_a_stop_sends_its_reason_cut_to_the_limit(steering, api) -> None:
    sent = {"pipelineName": NAME, "pipelineExecutionId": ID, "abandon": True}
    api.add_response(
        "stop_pipeline_execution",
        {"pipelineExecutionId": ID},
        {**sent, "reason": "x" * 200},
    )
    assert _stop(steering)


@pytest.mark.parametrize(
    "code",
    ["PipelineExecutionNotStoppableException", "DuplicatedStopRequestException"],
)
def test_an_execution_that_ended_is_an_answer(steering, api, code) -> None:
    api.add_client_error("stop_pipeline_execution", code, "no")
    assert not _stop(steering)


def test_a_stop_without_permission_is_no_ended_execution(steering, api) -> None:
    api.add_client_error("stop_pipeline_execution", "AccessDeniedException", "no")
    with pytest.raises(NotPermitted):
        _stop(steering)


@pytest.mark.parametrize(
    ("all_actions", "mode"), [(False, "FAILED_ACTIONS"), (True, "ALL_ACTIONS")]
)
def test_a_retry_says_which_actions(steering, api, all_actions, mode) -> None:
    api.add_response(
        "retry_stage_execution",
        {"pipelineExecutionId": ID},
        {
            "pipelineName": NAME,
            "stageName": "Build",
            "pipelineExecutionId": ID,
            "retryMode": mode,
        },
    )
    steering.retry(NAME, "Build", ID, all_actions=all_actions)
    api.assert_no_pending_responses()


@pytest.mark.parametrize(
    "code", ["NotLatestPipelineExecutionException", "StageNotRetryableException"]
)
def test_a_retry_that_cannot_be_is_refused(steering, api, code) -> None:
    api.add_client_error("retry_stage_execution", code, "newer one is there")
    with pytest.raises(Refused, match="cannot be retried"):
        steering.retry(NAME, "Build", ID, all_actions=False)


def test_a_start_names_the_commit(steering, api) -> None:
    revision = {
        "actionName": "GitHub",
        "revisionType": "COMMIT_ID",
        "revisionValue": COMMIT,
    }
    api.add_response(
        "start_pipeline_execution",
        {"pipelineExecutionId": ID},
        {"name": NAME, "clientRequestToken": "t-1", "sourceRevisions": [revision]},
    )
    assert (
        steering.start_with(
            NAME, token="t-1", revisions={"GitHub": COMMIT}, variables={}
        )
        == ID
    )


def test_a_commit_that_is_refused_is_bad_input(steering, api) -> None:
    api.add_client_error("start_pipeline_execution", "ValidationException", "unknown")
    with pytest.raises(BadInput):
        steering.start_with(NAME, token="t-1", revisions={"G": COMMIT}, variables={})


def test_a_start_sends_its_variables_and_no_commit(steering, api) -> None:
    api.add_response(
        "start_pipeline_execution",
        {"pipelineExecutionId": ID},
        {
            "name": NAME,
            "clientRequestToken": "t-1",
            "variables": [{"name": "ShiftAlarms", "value": "ignored"}],
        },
    )
    made = steering.start_with(
        NAME, token="t-1", revisions={}, variables={"ShiftAlarms": "ignored"}
    )
    assert made == ID


def test_a_pipeline_without_the_variable_is_bad_input(steering, api) -> None:
    api.add_client_error("start_pipeline_execution", "ValidationException", "unknown")
    with pytest.raises(BadInput) as refused:
        steering.start_with(
            NAME, token="t-1", revisions={}, variables={"ShiftAlarms": "ignored"}
        )
    assert "bring the pipeline up to date" in refused.value.next_step
