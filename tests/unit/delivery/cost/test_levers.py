"""What keeps the amount low: seen in the templates, and what it saves."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from cost_facts import assumptions, shipped_facts

from delivery.cost.facts import Facts, Holds, Pushes
from delivery.cost.levers import find_levers
from delivery.cost.model import Lever
from delivery.cost.prices import load_prices
from delivery.cost.report import estimate_of

pytestmark = pytest.mark.thorough

SHIPPED = shipped_facts()


def _costs(facts: Facts) -> Decimal:
    return estimate_of(facts, assumptions(), load_prices()).after


def _levers(facts: Facts = SHIPPED) -> dict[str, Lever]:
    return {each.key: each for each in find_levers(facts, _costs)}


def _pipeline(**changes: object) -> Facts:
    return replace(SHIPPED, pipeline=replace(SHIPPED.pipeline, **changes))


def _artifacts(**changes: object) -> Facts:
    buckets = tuple(
        replace(b, **changes) if b.holds is Holds.ARTIFACTS else b
        for b in SHIPPED.foundation.buckets
    )
    return replace(SHIPPED, foundation=replace(SHIPPED.foundation, buckets=buckets))


@pytest.mark.parametrize("key", sorted(_levers()))
def test_the_shipped_templates_have_every_lever(key: str) -> None:
    lever = _levers()[key]
    assert lever.held, lever.evidence
    assert lever.saves is not None and lever.saves >= 0


@pytest.mark.parametrize(
    "key", ["dependency-cache", "artifact-lifecycle", "one-branch", "small-builds"]
)
def test_what_a_lever_saves_is_more_than_a_dollar(key: str) -> None:
    saves = _levers()[key].saves
    assert saves is not None and saves > 1


def test_a_saving_is_the_difference_that_its_absence_makes() -> None:
    anyone = _pipeline(pushes=Pushes((), "a trigger"))
    assert _levers()["one-branch"].saves == _costs(anyone) - _costs(SHIPPED)


def test_one_action_without_its_cache_is_told() -> None:
    actions = list(SHIPPED.pipeline.actions)
    which = next(n for n, each in enumerate(actions) if each.cached)
    actions[which] = replace(actions[which], cached=False, installs=True)
    lever = _levers(_pipeline(actions=tuple(actions)))["dependency-cache"]
    assert not lever.held
    assert lever.evidence == "9 of 10 actions that install have a cache"


@pytest.mark.parametrize(
    ("days", "held", "told"),
    [
        (30, True, "after 30 days"),
        (7, True, "after 7 days"),
        (31, False, "after 31 days"),
        (None, False, "for ever"),
    ],
)
def test_artifacts_may_live_thirty_days(
    days: int | None, held: bool, told: str
) -> None:
    lever = _levers(_artifacts(expires_days=days))["artifact-lifecycle"]
    assert lever.held is held
    assert told in lever.evidence


def test_a_pipeline_that_any_branch_starts_is_told_with_what_one_would_save() -> None:
    lever = _levers(_pipeline(pushes=Pushes((), "a trigger")))["one-branch"]
    assert (lever.held, lever.evidence) == (
        False,
        "a trigger lets every branch start it",
    )
    assert lever.saves == _levers()["one-branch"].saves


def test_a_second_branch_is_told() -> None:
    two = Pushes(("main", "next"), "a trigger")
    lever = _levers(_pipeline(pushes=two))["one-branch"]
    assert (lever.held, lever.evidence) == (False, "a trigger lets main, next start it")


def test_a_larger_machine_is_told() -> None:
    actions = tuple(
        replace(e, compute="BUILD_GENERAL1_LARGE") if e.compute else e
        for e in SHIPPED.pipeline.actions
    )
    lever = _levers(_pipeline(actions=actions))["small-builds"]
    assert (lever.held, lever.evidence) == (False, "BUILD_GENERAL1_LARGE")


def test_memory_that_is_the_same_everywhere_is_told() -> None:
    same = tuple(
        replace(
            e, functions=tuple(replace(f, memory_megabytes=512) for f in e.functions)
        )
        for e in SHIPPED.environments
    )
    lever = _levers(replace(SHIPPED, environments=same))["memory-by-environment"]
    assert (lever.held, lever.saves) == (False, 0)


def test_a_bucket_without_a_bucket_key_is_told() -> None:
    lever = _levers(_artifacts(bucket_key=False))["bucket-keys"]
    assert not lever.held
    assert lever.evidence.startswith("5 of 6 ")
