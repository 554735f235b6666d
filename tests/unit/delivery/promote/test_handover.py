"""What goes along with an artifact, in the form that AWS takes."""

from __future__ import annotations

import re

import pytest
from promotion_fakes import COMMIT, EXECUTION

from delivery.errors import BadInput
from delivery.promote import Handover


@pytest.mark.parametrize("execution", [EXECUTION, "a", "e" * 56])
def test_the_token_is_one_that_codepipeline_and_sts_take(execution: str) -> None:
    token = Handover(execution).token
    assert re.fullmatch("[a-zA-Z0-9-]{1,128}", token)
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", token)
    assert execution in token


@pytest.mark.parametrize("execution", ["", "a b", "é", "e" * 57])
def test_what_is_no_executions_id_is_named(execution: str) -> None:
    with pytest.raises(BadInput) as caught:
        Handover(execution)
    assert repr(execution) in caught.value.what


def test_a_place_is_told_hash_commit_alarms_and_reason() -> None:
    told = Handover(EXECUTION, "ignored", "the fix").variables("abc", COMMIT)
    assert told == {
        "ArtifactSha256": "abc",
        "CommitId": COMMIT,
        "ShiftAlarms": "ignored",
        "OverrideReason": "the fix",
    }


@pytest.mark.parametrize("reason", ["", " ", "none"])
def test_no_reason_is_a_word_because_no_variable_may_be_empty(reason: str) -> None:
    told = Handover(EXECUTION, override_reason=reason).variables("abc", COMMIT)
    assert (told["ShiftAlarms"], told["OverrideReason"]) == ("watched", "none")
