"""A decision is about what waits in the stage now, and about one execution."""

from __future__ import annotations

import pytest
from delivery_fakes import make_stage, make_state, waiting_stage

from delivery.errors import BadInput
from delivery.operate.approve import NothingAwaitsApproval, pick_approval

WAITING = make_state(
    make_stage("Source", "Succeeded"),
    waiting_stage("ApproveStaging", "execution-1"),
    make_stage("ApproveProduction"),
)


def test_the_waiting_approval_is_found_with_its_token() -> None:
    approval = pick_approval(WAITING, "ApproveStaging")
    assert approval.token == "token-execution-1"
    assert approval.execution_id == "execution-1"


def test_the_beginning_of_the_executions_id_binds() -> None:
    found = pick_approval(WAITING, "ApproveStaging", execution_id="execution-")
    assert found.execution_id == "execution-1"


def test_another_execution_in_the_stage_is_not_decided_about() -> None:
    with pytest.raises(NothingAwaitsApproval) as caught:
        pick_approval(WAITING, "ApproveStaging", execution_id="execution-0")
    assert "execution-1 waits there" in caught.value.why


def test_an_unknown_stage_lists_the_known_ones() -> None:
    with pytest.raises(BadInput) as caught:
        pick_approval(WAITING, "ApproveStagin")
    assert "Source, ApproveStaging, ApproveProduction" in caught.value.why


def test_a_stage_that_waits_for_nothing_says_where_one_waits() -> None:
    with pytest.raises(NothingAwaitsApproval) as caught:
        pick_approval(WAITING, "ApproveProduction")
    assert "waits in ApproveStaging" in caught.value.why
    assert caught.value.exit_code == 3


def test_a_stage_not_reached_yet_says_so() -> None:
    state = make_state(make_stage("ApproveProduction"))
    with pytest.raises(NothingAwaitsApproval) as caught:
        pick_approval(state, "ApproveProduction")
    assert "No execution has reached it" in caught.value.why


def test_a_stage_passed_already_says_how() -> None:
    state = make_state(make_stage("ApproveProduction", "Succeeded"))
    with pytest.raises(NothingAwaitsApproval) as caught:
        pick_approval(state, "ApproveProduction")
    assert caught.value.why == "It is Succeeded for execution execution-1."
