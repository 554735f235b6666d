"""A verdict is as good as its worst check."""

from __future__ import annotations

import pytest

from delivery.model.values import Outcome
from delivery.model.verification import CheckResult, Verdict


def _verdict(*outcomes: Outcome) -> Verdict:
    checks = (CheckResult(f"check-{each}", each, "It is so.") for each in outcomes)
    return Verdict("staging", tuple(checks))


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([Outcome.PASSED, Outcome.PASSED], Outcome.PASSED),
        ([Outcome.PASSED, Outcome.INCONCLUSIVE], Outcome.INCONCLUSIVE),
        ([Outcome.INCONCLUSIVE, Outcome.FAILED, Outcome.PASSED], Outcome.FAILED),
        ([Outcome.PASSED, Outcome.NOT_REHEARSED], Outcome.NOT_REHEARSED),
    ],
)
def test_a_verdict_is_the_worst_of_its_checks(
    outcomes: list[Outcome], whole: Outcome
) -> None:
    assert _verdict(*outcomes).outcome is whole


def test_no_check_at_all_did_not_run() -> None:
    assert _verdict().outcome is Outcome.NOT_RUN


def test_as_data_names_each_check() -> None:
    data = _verdict(Outcome.PASSED).as_data()
    assert [each["name"] for each in data["checks"]] == ["check-passed"]
