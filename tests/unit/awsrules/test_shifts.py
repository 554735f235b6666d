"""The steps of CodeDeploy's configurations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsrules.shifts import PREDEFINED, BadShift, Shift, ShiftKind, predefined_shift


def weights(shift: Shift) -> list[float]:
    return [step.weight for step in shift.steps]


def test_linear_moves_the_first_step_at_once_and_the_last_after_ninety_minutes() -> (
    None
):
    shift = predefined_shift("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes")
    assert shift is not None
    assert weights(shift) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert shift.steps[0].at_seconds == 0
    assert shift.duration_seconds == 90 * 60


def test_canary_moves_its_share_and_then_the_rest() -> None:
    shift = predefined_shift("CodeDeployDefault.LambdaCanary10Percent5Minutes")
    assert shift is not None
    steps = [(step.at_seconds, step.weight) for step in shift.steps]
    assert steps == [(0, 0.1), (300, 1)]


def test_all_at_once_is_one_step() -> None:
    shift = predefined_shift("CodeDeployDefault.LambdaAllAtOnce")
    assert shift is not None
    assert (weights(shift), shift.duration_seconds) == ([1.0], 0)


def test_every_predefined_name_has_steps_and_no_other_name_has() -> None:
    assert len(PREDEFINED) == 9
    assert all(predefined_shift(name) is not None for name in PREDEFINED)
    assert predefined_shift("CodeDeployDefault.LambdaCanary50Percent1Minute") is None


def test_a_linear_step_that_does_not_divide_a_hundred_ends_with_the_rest() -> None:
    assert weights(Shift(ShiftKind.LINEAR, 30, 1)) == [0.3, 0.6, 0.9, 1.0]


@pytest.mark.parametrize(
    ("kind", "percent", "minutes"),
    [
        (ShiftKind.CANARY, 100, 5),
        (ShiftKind.CANARY, 0, 5),
        (ShiftKind.LINEAR, 10, 0),
        (ShiftKind.CANARY, 10, 2881),
        (ShiftKind.LINEAR, 1, 30),
    ],
)
def test_what_codedeploy_refuses_is_refused(
    kind: ShiftKind, percent: int, minutes: int
) -> None:
    with pytest.raises(BadShift):
        Shift(kind, percent, minutes)


@given(
    kind=st.sampled_from([ShiftKind.LINEAR, ShiftKind.CANARY]),
    percent=st.integers(1, 99),
    minutes=st.integers(1, 29),
)
def test_weights_only_grow_and_end_with_all_traffic(
    kind: ShiftKind, percent: int, minutes: int
) -> None:
    shift = Shift(kind, percent, minutes)
    assert weights(shift) == sorted(set(weights(shift)))
    assert weights(shift)[-1] == 1
