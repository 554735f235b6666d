"""Deciding: wait for the question, answer the execution that was seen."""

from __future__ import annotations

import pytest
from delivery_fakes import make_execution, make_stage, make_state, waiting_stage

from delivery.errors import AlreadyDecided, BadInput
from delivery.flows.approve import Decider
from delivery.operate.approve import NothingAwaitsApproval

NOT_YET = make_state(make_stage("ApproveStaging"))
WAITING = make_state(waiting_stage())
OTHER = make_state(waiting_stage(execution="execution-2"))


@pytest.fixture
def decider(pipelines, clock):
    return Decider(pipelines, clock, "MedicalRecordAnalysisPipeline")


def test_it_waits_until_an_execution_arrives(decider, pipelines, clock) -> None:
    pipelines.states = [NOT_YET, NOT_YET, WAITING]
    assert decider.wait_for("ApproveStaging", wait_seconds=30).stage == "ApproveStaging"
    assert clock.seconds == 4


def test_it_gives_up_with_the_reason(decider, pipelines, clock) -> None:
    pipelines.states = [NOT_YET]
    with pytest.raises(NothingAwaitsApproval):
        decider.wait_for("ApproveStaging", wait_seconds=10)
    assert clock.seconds == 10


def test_it_does_not_wait_when_no_execution_is_on_its_way(
    decider, pipelines, clock
) -> None:
    pipelines.states = [NOT_YET]
    pipelines.runs = [make_execution(status="Failed")]
    with pytest.raises(NothingAwaitsApproval) as caught:
        decider.wait_for("ApproveStaging", wait_seconds=600)
    assert "execution-1 is Failed" in caught.value.why
    assert clock.seconds < 10


def test_an_execution_on_its_way_is_waited_for(decider, pipelines, clock) -> None:
    pipelines.states = [NOT_YET] * 20 + [WAITING]
    pipelines.runs = [make_execution()]
    assert decider.wait_for("ApproveStaging", wait_seconds=600).execution_id
    assert clock.seconds == 40


def test_an_unknown_stage_is_not_waited_for(decider, pipelines, clock) -> None:
    pipelines.states = [NOT_YET]
    with pytest.raises(BadInput):
        decider.wait_for("Approve", wait_seconds=30)
    assert clock.seconds == 0


def test_the_decision_carries_token_and_comment(decider, pipelines) -> None:
    pipelines.states = [WAITING]
    seen = decider.wait_for("ApproveStaging")
    decider.decide(seen, approved=False, comment="dosage is wrong")
    assert pipelines.decisions == [
        ("ApproveStaging", "token-execution-1", False, "dosage is wrong")
    ]


def test_an_execution_that_superseded_the_seen_one_is_not_approved(
    decider, pipelines
) -> None:
    pipelines.states = [WAITING, OTHER]
    seen = decider.wait_for("ApproveStaging")
    with pytest.raises(NothingAwaitsApproval):
        decider.decide(seen, approved=True, comment="")
    assert pipelines.decisions == []


def test_a_lost_answer_is_tried_again_and_counts_when_it_had_arrived(
    decider, pipelines
) -> None:
    pipelines.states = [WAITING]
    pipelines.lose_answers = 1
    seen = decider.wait_for("ApproveStaging")
    assert decider.decide(seen, approved=True, comment="yes") == seen
    assert len(pipelines.decisions) == 1


def test_somebody_elses_decision_is_said(decider, pipelines) -> None:
    pipelines.states = [WAITING]
    seen = decider.wait_for("ApproveStaging")
    decider.decide(seen, approved=True, comment="first")
    with pytest.raises(AlreadyDecided):
        decider.decide(seen, approved=True, comment="second")


def test_without_a_pipeline_it_says_how_to_get_one(decider) -> None:
    with pytest.raises(BadInput, match="There is no pipeline"):
        decider.wait_for("ApproveStaging")
