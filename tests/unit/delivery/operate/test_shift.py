"""Samples of aliases tell whether traffic went over through weights."""

from __future__ import annotations

from delivery.model import AliasRoute
from delivery.operate.shift import Shift, journeys_of


def _route(version: str, weights=None, function: str = "analyze") -> AliasRoute:
    return AliasRoute(function, "live", version, weights or {})


SHIFT = [_route("1"), _route("1", {"2": 0.1}), _route("1", {"2": 0.5}), _route("2")]


def test_a_shift_through_weights_has_passed() -> None:
    shift = Shift(tuple(journeys_of(SHIFT)))
    assert shift.outcome == "passed"
    assert str(shift.journeys[0]) == "1 → 1 +2@10% → 1 +2@50% → 2"


def test_a_jump_without_weights_has_not() -> None:
    (journey,) = journeys_of([_route("1"), _route("2")])
    assert not journey.shifted


def test_a_shift_taken_back_has_not() -> None:
    (journey,) = journeys_of([_route("1"), _route("1", {"2": 0.1}), _route("1")])
    assert not journey.shifted


def test_an_unfinished_shift_has_not() -> None:
    (journey,) = journeys_of([_route("1"), _route("1", {"2": 0.1})])
    assert not journey.shifted


def test_repeated_samples_count_once() -> None:
    (journey,) = journeys_of([_route("1"), _route("1"), _route("2"), _route("2")])
    assert [each.version for each in journey.routes] == ["1", "2"]


def test_one_alias_that_did_not_shift_fails_the_whole() -> None:
    samples = [*SHIFT, _route("7", function="health")]
    shift = Shift(tuple(journeys_of(samples)))
    assert shift.outcome == "failed"
    assert shift.as_data()["aliases"][1] == {
        "function": "health",
        "alias": "live",
        "shifted": False,
        "returned": False,
        "routes": [{"version": "7", "weights": {}}],
    }


def test_no_samples_are_not_run() -> None:
    assert Shift(()).outcome == "not_run"


def test_an_alias_that_tried_another_version_and_serves_the_first_alone_returned() -> (
    None
):
    (journey,) = journeys_of([*SHIFT[:2], SHIFT[0]])
    assert journey.returned and not journey.shifted
    (whole,) = journeys_of(SHIFT)
    assert not whole.returned
