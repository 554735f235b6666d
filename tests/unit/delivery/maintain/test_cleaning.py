"""Clean-up deletes what nothing needs, and never what a rollback goes back to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from delivery_fakes import (
    make_action,
    make_execution,
    make_stack,
    make_stage,
    make_state,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from maintenance_fakes import FUNCTION, STACK, Delivery, Killed
from release_fakes import START, FakeReleaseStore, LedgerBuilder

from delivery.errors import NotPermitted, Refused
from delivery.ledger.events import (
    AliasMove,
    Deployment,
    Failed,
    Pinned,
    Reconciled,
    RolledBack,
    Scope,
    TrafficComplete,
    Verified,
)
from delivery.ledger.releases import content_of, live_release, releases_of
from delivery.model import RunningShift
from delivery.rollback.situation import Known, Situation, freeze_reason, pick_release


@pytest.fixture
def delivery() -> Delivery:
    """Six good releases, of which two are kept."""
    made = Delivery()
    for version in range(1, 7):
        made.release(str(version))
    return made


def versions(planned) -> list[str]:
    return [each.version for each in planned.clean_up.versions]


def packages(planned) -> list[str]:
    return [each.key.removeprefix("packages/") for each in planned.clean_up.packages]


def test_old_versions_and_packages_go_oldest_first(delivery) -> None:
    planned = delivery.plan()
    assert versions(planned) == ["1", "2", "3", "4"]
    assert packages(planned) == [f"content-0{each}" for each in range(1, 5)]
    assert planned.clean_up.protected["production"] == (6, 5)
    delivery.cleaner().clean(planned)
    assert delivery.versions.published[FUNCTION] == ["5", "6"]
    assert sorted(delivery.packages.found) == [
        "packages/content-05",
        "packages/content-06",
    ]


def test_after_it_there_is_nothing_to_do(delivery) -> None:
    delivery.cleaner().clean(delivery.plan())
    assert delivery.plan().clean_up.empty


def test_one_that_was_killed_half_way_is_finished_by_the_next(delivery) -> None:
    delivery.versions.dies_at = 2
    with pytest.raises(Killed):
        delivery.cleaner().clean(delivery.plan())
    delivery.versions.dies_at = None
    delivery.cleaner().clean(delivery.plan())
    assert delivery.versions.published[FUNCTION] == ["5", "6"]
    assert len(delivery.packages.found) == 2


def test_the_good_release_before_many_bad_ones_stays_whole(delivery) -> None:
    for version in range(7, 12):
        delivery.release(str(version), good=False)
    planned = delivery.plan()
    assert {"5", "6", "10", "11"}.isdisjoint(versions(planned))
    assert {"content-05", "content-06"}.isdisjoint(packages(planned))


def test_what_an_alias_leads_to_by_weight_stays(delivery) -> None:
    delivery.route("6", v2=0.1)
    assert versions(delivery.plan()) == ["1", "3", "4"]


def test_what_a_pin_came_from_stays(delivery) -> None:
    move = AliasMove("live", "3", "1")
    delivery.ledger.add(Pinned(FUNCTION, move, "4", "errors"))
    assert versions(delivery.plan()) == ["2"]


def test_what_the_stack_holds_stays_whatever_the_ledger_says(delivery) -> None:
    delivery.holds("2", "CodeUri: s3://bucket/packages/content-03")
    planned = delivery.plan()
    assert versions(planned) == ["1", "3", "4"]
    assert "content-03" not in packages(planned)


def test_what_another_environment_needs_stays(delivery) -> None:
    scope = Scope("123456789012", "us-east-1", "staging")
    other = LedgerBuilder(delivery.store, scope)
    other.release("old", template=delivery.ledger.events[0].fact.template)
    assert "content-01" not in packages(delivery.plan())


def test_of_an_environment_that_is_not_configured_everything_stays(delivery) -> None:
    delivery.keep = None
    cleaner = delivery.cleaner()
    cleaner.keep.clear()
    assert cleaner.plan(before=START + timedelta(days=9)).clean_up.empty


def test_a_young_package_stays_because_an_execution_can_be_retried(delivery) -> None:
    delivery.packages.add("nobodys", at=START + timedelta(days=8))
    assert "nobodys" not in packages(delivery.plan(START + timedelta(days=8)))
    assert "nobodys" in packages(delivery.plan(START + timedelta(days=9)))


def test_what_a_template_inside_a_template_names_stays(delivery) -> None:
    inner, code = "packages/inner.template", "packages/content-01"
    delivery.store.put(inner, f"CodeUri: s3://bucket/{code}".encode())
    delivery.store.put("packages/nobodys.template", b"packages/content-02")
    delivery.holds("6", f"Location: s3://bucket/{inner}")
    assert packages(delivery.plan()) == ["content-02", "content-03", "content-04"]


def test_an_old_package_of_a_young_release_stays_for_it_can_be_released_again(
    delivery,
) -> None:
    early = delivery.ledger.events[3].at  # release 2 was deployed then
    for key, each in delivery.packages.found.items():
        delivery.packages.found[key] = replace(
            each, stored_at=START - timedelta(days=9)
        )
    planned = delivery.plan(early)
    assert packages(planned) == ["content-01"]
    assert versions(planned) == ["1", "2", "3", "4"]


# --- when nobody knows --------------------------------------------------------------------


def _waiting(delivery) -> None:
    """An approval that many newer executions came after."""
    action = make_action("Approve", "InProgress", token="x")
    stage = make_stage("ApproveProduction", "InProgress", action)
    delivery.pipelines.states = [make_state(stage)]


def _running(delivery) -> None:
    delivery.pipelines.states = [make_state(make_stage("Source"))]
    delivery.pipelines.runs = [make_execution()]


def _shifting(delivery) -> None:
    delivery.shifts.under_way.append(RunningShift("d-1", "InProgress"))


def _updating(delivery) -> None:
    delivery.stacks.stacks[STACK] = _with_status(delivery, "UPDATE_IN_PROGRESS")


def _stuck(delivery) -> None:
    delivery.stacks.stacks[STACK] = _with_status(delivery, "UPDATE_ROLLBACK_FAILED")


def _with_status(delivery, status: str):
    return make_stack(STACK, status)


def _closed_by_a_rollback(delivery) -> None:
    stage = replace(
        make_stage("DeployProduction"),
        inbound_enabled=False,
        inbound_reason=freeze_reason(5),
    )
    delivery.pipelines.states = [make_state(stage)]


def _half_way_back(delivery) -> None:
    delivery.ledger.add(RolledBack(6, 5, "errors", 3.0), release=6)


def _broken_chain(delivery) -> None:
    del delivery.store.objects[delivery.ledger.events[3].key]


def _overwritten(delivery) -> None:
    delivery.store.put(delivery.ledger.events[-1].key, b"{}")


def _template_gone(delivery) -> None:
    del delivery.store.objects[delivery.ledger.events[0].fact.template.key]


def _foreign_ledger(delivery) -> None:
    delivery.store.put("ledger/999999999999/us-east-1/production/00000001.json", b"{}")


def _lost_ledger(delivery) -> None:
    for event in delivery.ledger.events:
        del delivery.store.objects[event.key]


REASONS = {
    _waiting: "ApproveProduction",
    _running: "execution-1",
    _shifting: "d-1",
    _updating: "UPDATE_IN_PROGRESS",
    _stuck: "UPDATE_ROLLBACK_FAILED",
    _closed_by_a_rollback: "release 5",
    _half_way_back: "release 5",
    _broken_chain: "missing",
    _overwritten: "",
    _template_gone: "template",
    _foreign_ledger: "999999999999",
    _lost_ledger: "no release",
}


@pytest.mark.parametrize("happens", REASONS, ids=lambda each: each.__name__)
def test_nothing_is_planned_while_nobody_knows_what_is_needed(
    delivery, happens
) -> None:
    happens(delivery)
    with pytest.raises(Refused) as refused:
        delivery.plan()
    assert REASONS[happens] in refused.value.why
    assert refused.value.next_step.startswith("./")


@pytest.mark.parametrize(
    "happens", [_waiting, _running, _shifting, _updating, _closed_by_a_rollback]
)
def test_what_begins_after_the_plan_ends_it_before_the_next_deletion(
    delivery, happens
) -> None:
    planned = delivery.plan()
    happens(delivery)
    with pytest.raises(Refused):
        delivery.cleaner().clean(planned)
    assert delivery.versions.deleted == delivery.packages.deleted == []


def test_a_release_that_came_and_went_meanwhile_ends_it(delivery) -> None:
    planned = delivery.plan()
    delivery.release("7", good=False)
    with pytest.raises(Refused, match="ended early"):
        delivery.cleaner().clean(planned)


def test_an_alias_that_was_moved_by_hand_meanwhile_keeps_its_version(delivery) -> None:
    planned = delivery.plan()
    delivery.route("3")
    with pytest.raises(Refused, match="Version 3"):
        delivery.cleaner().clean(planned)
    assert [version for _, version in delivery.versions.deleted] == ["1", "2"]


def test_a_ledger_that_may_not_be_read_is_a_missing_permission(delivery) -> None:
    def denied(keys):
        raise NotPermitted("The tool could not read the ledger.")

    delivery.store.read = denied
    with pytest.raises(NotPermitted):
        delivery.plan()


# --- never a rollback's target --------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["good", "bad", "shifting", "back", "drill", "pin"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=30,
)


def _lived(steps, keep: int) -> Delivery:
    """Let releases come and go; the content of each is one of six."""
    delivery = Delivery(keep=keep)
    for place, (step, choice) in enumerate(steps, start=1):
        content, releases = f"content-{choice}", delivery.ledger.releases
        match step:
            case "good" | "bad":
                delivery.release(str(place), content, good=step == "good")
            case "shifting":
                delivery.release(str(place), content, good=False, traffic=False)
            case "back" | "drill" if releases > 1:
                _go_back(delivery, choice % releases + 1, good=step == "drill")
            case "pin" if releases:
                _pin(delivery, str(choice + 1))
    return delivery


def _go_back(delivery: Delivery, number: int, *, good: bool) -> None:
    """Take the newest release back as a rollback does, to the one of that number."""
    ledger = delivery.ledger
    target = next(e for e in releases_of(ledger.events) if e.number == number)
    live = live_release(ledger.events) or number
    ledger.add(RolledBack(live, number, "errors", 3.0), release=live)
    again = replace(target.deployed, kind=Deployment.ROLLBACK)
    release = ledger.add(again, execution="").release
    version = again.functions[FUNCTION].version
    ledger.add(TrafficComplete({FUNCTION: version}), release=release)
    ledger.add(Reconciled(()), release=release)
    ledger.add(Verified() if good else Failed(), release=release)
    delivery.route(version)
    text = delivery.store.objects[again.template.key][-1].decode()
    delivery.holds(version, text)


def _pin(delivery: Delivery, version: str) -> None:
    if version in delivery.versions.published[FUNCTION]:
        serves = delivery.versions.routes(FUNCTION)[0].version
        move = AliasMove("live", serves, version)
        delivery.ledger.add(Pinned(FUNCTION, move, serves, "errors"))
        delivery.route(version, **{f"v{serves}": 0.5})


def _targets(delivery: Delivery) -> list:
    """Return where a rollback goes from here, and from each release that could serve next."""
    releases = releases_of(delivery.ledger.events)
    known = [
        Known(each.number, each.good, content=content_of(each.deployed))
        for each in releases
    ]
    found = set()
    for live in (live_release(delivery.ledger.events), None):
        target = pick_release(Situation("production", None, (), live, known), None)
        found |= {target.number} if target else set()
    return [each for each in releases if each.number in found]


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(2, 4))
def test_no_target_of_a_rollback_loses_a_version_or_a_package(steps, keep) -> None:
    delivery = _lived(steps, keep)
    if not delivery.ledger.releases:
        return
    targets = _targets(delivery)
    planned = delivery.plan()
    delivery.cleaner().clean(planned)
    there = set(delivery.versions.published[FUNCTION])
    newest = releases_of(delivery.ledger.events)[:keep]
    for each in [*targets, *newest]:
        assert each.deployed.functions[FUNCTION].version in there
        text = delivery.store.objects[each.deployed.template.key][-1].decode()
        assert text.strip().rpartition("/")[2] in {
            key.rpartition("/")[2] for key in delivery.packages.found
        }
    for route in delivery.versions.routes(FUNCTION):
        assert {route.version, *route.weights} <= there
    assert _targets(delivery) == targets
    assert delivery.plan().clean_up.empty


def test_a_stack_that_was_never_made_holds_nothing() -> None:
    delivery = Delivery()
    delivery.stacks.stacks[STACK] = make_stack(STACK, "REVIEW_IN_PROGRESS")
    delivery.deployed.found.clear()
    assert delivery.plan().clean_up.empty


def test_an_empty_store_has_nothing_to_clean_up() -> None:
    delivery = Delivery(store=FakeReleaseStore())
    delivery.stacks.stacks.clear()
    delivery.deployed.found.clear()
    assert delivery.plan().clean_up.empty
