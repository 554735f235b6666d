"""Quantities: what follows from facts and assumptions, and in which direction."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from cost_facts import assumptions, shipped_facts
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.cost.assumptions import ASSUMPTIONS, DAYS_A_MONTH, SECONDS_A_MONTH
from delivery.cost.facts import (
    Action,
    Bucket,
    Does,
    Facts,
    Function,
    Holds,
    Pushes,
    StackFacts,
)
from delivery.cost.prices import load_prices
from delivery.cost.report import estimate_of
from delivery.cost.usage import traces, usages

STORE = Bucket("Store", Holds.ARTIFACTS, 30, 30, True, True, True)
ACTIONS = (
    Action("Source", "GitHub", Does.OTHER),
    Action("Build", "Build", Does.BUILD, "BUILD_GENERAL1_SMALL", "Build", cached=True),
    Action("Ask", "Ask", Does.APPROVE),
    Action("Deploy", "Execute", Does.DEPLOY, environment="production"),
)
SERVES = Function("Serves", 1024, arm=False, traced=False, routes=1, hook_of=0)
ONLY = ("production",)


def _facts(**production: object) -> Facts:
    return Facts(
        StackFacts("foundation", (), buckets=(STORE,)),
        StackFacts("pipeline", (), actions=ACTIONS, pushes=Pushes(("main",), "it")),
        (replace(StackFacts("production", ()), **production),),
    )


def _quantity(facts: Facts, price: str, what: str = "", **given_: int | str) -> Decimal:
    used = usages(facts, assumptions(environments=ONLY, **given_))
    found = [u for u in used if u.price == price and what in u.what]
    return sum((each.quantity for each in found), Decimal(0))


def test_actions_are_charged_by_whole_minutes_and_approvals_not_at_all() -> None:
    given_ = {"releases": 10, "failed_builds": 0, "build_minutes": "7.1"}
    assert _quantity(_facts(), "pipeline-minutes", **given_) == 10 * (1 + 8 + 3)


def test_an_action_waits_for_the_shift_of_its_environment() -> None:
    facts = _facts(shift_minutes=90)
    minutes = _quantity(facts, "pipeline-minutes", "shift in production", releases=10)
    assert minutes == 900


def test_a_failed_build_runs_nothing_after_the_build() -> None:
    given_ = {"releases": 0, "failed_builds": 5, "build_minutes": 8}
    assert _quantity(_facts(), "pipeline-minutes", **given_) == 5 * (1 + 8)
    assert _quantity(_facts(), "build-small", **given_) == 5 * 8


def test_pushes_to_other_branches_cost_where_they_start_something() -> None:
    facts = _facts()
    free = replace(facts, pipeline=replace(facts.pipeline, pushes=Pushes((), "it")))
    given_ = {"releases": 0, "failed_builds": 0, "branch_pushes": 7}
    assert _quantity(facts, "build-small", **given_) == 0
    assert _quantity(free, "build-small", **given_) == 7 * 8


def test_a_run_without_cache_takes_longer() -> None:
    facts = _facts()
    bare = tuple(replace(e, cached=False, installs=e.cached) for e in ACTIONS)
    slow = replace(facts, pipeline=replace(facts.pipeline, actions=bare))
    given_ = {"releases": 1, "failed_builds": 0, "install_minutes": 2}
    assert _quantity(facts, "build-small", **given_) == 8
    assert _quantity(slow, "build-small", **given_) == 10


@pytest.mark.parametrize(
    ("month", "rotated"), [(1, 0), (12, 0), (13, 1), (25, 2), (99, 2)]
)
def test_rotated_key_material_is_charged_twice_at_most(
    month: int, rotated: int
) -> None:
    facts = _facts(keys=1, rotating_keys=1)
    assert _quantity(facts, "kms-rotated", month=month) == rotated


def test_artifacts_are_stored_as_long_as_a_version_of_them_is_kept() -> None:
    given_ = {"releases": 10, "failed_builds": 0, "cache_megabytes": 0}
    stored = _quantity(_facts(), "s3-storage", **given_)
    assert stored == pytest.approx(10 * Decimal("0.03") * 60 / DAYS_A_MONTH)


def test_nothing_is_stored_for_longer_than_it_has_run() -> None:
    given_ = {"releases": 10, "failed_builds": 0, "cache_megabytes": 0, "month": 1}
    assert _quantity(_facts(), "s3-storage", **given_) == Decimal("0.3")


def test_calls_are_shared_by_routes_and_each_function_has_its_memory() -> None:
    small = replace(SERVES, memory_megabytes=256, routes=3, arm=True)
    facts = _facts(functions=(SERVES, small))
    used = usages(facts, assumptions({"production": Decimal(4000)}, ONLY))
    compute = {u.price: u.quantity for u in used if u.what == "compute"}
    seconds = Decimal("0.2")
    assert compute["lambda-x86"] == 1000 * seconds
    assert compute["lambda-arm"] == 3000 * seconds * 256 / 1024


def test_a_hook_is_called_once_a_release_for_each_function_that_shifts() -> None:
    hook = replace(SERVES, routes=0, hook_of=3)
    assert _quantity(_facts(functions=(hook,)), "lambda-requests", releases=10) == 30


def test_detailed_metrics_are_five_for_each_method_of_the_api() -> None:
    facts = _facts(
        apis=1, functions=(replace(SERVES, routes=4),), detailed_metrics=True
    )
    assert _quantity(facts, "metric", "by method") == 20
    plain = _facts(apis=1, functions=(replace(SERVES, routes=4),))
    assert _quantity(plain, "metric", "by method") == 0


def test_a_bucket_key_asks_kms_a_hundredth() -> None:
    facts = _facts(buckets=(replace(STORE, holds=Holds.OBJECTS, bucket_key=False),))
    keyed = _facts(buckets=(replace(STORE, holds=Holds.OBJECTS),))
    asked = _quantity(facts, "kms-requests", "objects")
    assert asked > 0
    assert _quantity(keyed, "kms-requests", "objects") == asked / 100


def test_traces_are_the_first_of_each_second_and_a_twentieth_of_the_others() -> None:
    assert traces(Decimal(1000)) == 1000
    assert traces(SECONDS_A_MONTH * 21) == SECONDS_A_MONTH * 2


def test_events_of_objects_cost_only_where_a_trail_of_ours_records_them() -> None:
    facts = _facts()
    assert _quantity(facts, "trail-data-events") == 0
    trail = replace(facts.foundation, records_data_events=True)
    assert _quantity(replace(facts, foundation=trail), "trail-data-events") > 0


def test_mails_go_to_each_address_for_each_approval_and_failure() -> None:
    facts = _facts()
    told = replace(facts.pipeline, topics=1, emails=2)
    given_ = {"releases": 10, "failed_builds": 3}
    assert _quantity(replace(facts, pipeline=told), "sns-emails", **given_) == 26


@pytest.mark.thorough
@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([each.name for each in ASSUMPTIONS if each.name != "month"]),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_more_of_anything_never_costs_less(name: str, some: int, more: int) -> None:
    low, high = sorted((some, more))
    key = name.replace("-", "_")
    costs = [
        estimate_of(shipped_facts(), assumptions(**{key: n}), load_prices()).after
        for n in (low, high)
    ]
    assert costs[0] <= costs[1]


@pytest.mark.thorough
@settings(max_examples=30, deadline=None)
@given(st.integers(1, 120), st.integers(0, 120))
def test_time_never_makes_it_cheaper(month: int, later: int) -> None:
    costs = [
        estimate_of(shipped_facts(), assumptions(month=n), load_prices()).after
        for n in (month, month + later)
    ]
    assert costs[0] <= costs[1]


@pytest.mark.thorough
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_requests_never_cost_less(some: int, more: int) -> None:
    low, high = sorted((some, more))
    costs = [
        estimate_of(
            shipped_facts(), assumptions({"production": Decimal(n)}), load_prices()
        ).after
        for n in (low, high)
    ]
    assert costs[0] <= costs[1]


def test_a_price_is_used_only_for_a_type_that_has_it() -> None:
    table, facts = load_prices(), shipped_facts()
    types = {each.section: set(each.types) for each in facts.stacks}
    # What artifacts' and records' requests ask of KMS and of the trail, the bucket causes.
    caused = {"kms-requests", "trail-data-events"}
    for usage in usages(facts, assumptions()):
        having = {t for t, keys in table.priced.items() if usage.price in keys}
        assert having & types[usage.section] or usage.price in caused, usage
