"""What the events say about releases, and which of them is the last known good one."""

from __future__ import annotations

import pytest
from release_fakes import LedgerBuilder, make_deployed

from delivery.ledger.events import (
    AliasMove,
    Failed,
    Kind,
    Pinned,
    Reconciled,
    RolledBack,
    TrafficComplete,
    Verified,
)
from delivery.ledger.releases import (
    last_known_good,
    live_release,
    open_pins,
    protected_releases,
    releases_of,
)

MOVE = AliasMove("live", "8", "7")


@pytest.fixture
def ledger() -> LedgerBuilder:
    return LedgerBuilder()


def good(ledger: LedgerBuilder, **options) -> int | None:
    found = last_known_good(releases_of(ledger.events), **options)
    return found.number if found else None


def test_releases_come_newest_first(ledger) -> None:
    first, second = ledger.release("one"), ledger.release("two")
    assert [each.number for each in releases_of(ledger.events)] == [second, first]


def test_nothing_is_known_good_in_an_empty_ledger(ledger) -> None:
    assert good(ledger) is None
    assert live_release(ledger.events) is None


def test_last_known_good_is_the_last_verified_one_not_the_newest(ledger) -> None:
    verified = ledger.release("one")
    ledger.release("two", good=False)
    assert good(ledger) == verified


def test_a_release_without_all_traffic_is_not_good(ledger) -> None:
    verified = ledger.release("one")
    ledger.release("two", traffic=False)
    assert good(ledger) == verified


def test_a_release_that_nobody_verified_is_not_good(ledger) -> None:
    ledger.add(make_deployed())
    ledger.add(TrafficComplete({"mra-analyze": "7"}), release=1)
    assert good(ledger) is None
    assert releases_of(ledger.events)[0].state is Kind.TRAFFIC_COMPLETE


def test_a_repeated_verification_that_passes_makes_up_for_one_that_failed(
    ledger,
) -> None:
    number = ledger.release("one", good=False)
    ledger.add(Verified(), release=number)
    release = releases_of(ledger.events)[0]
    assert (release.verdict, release.reason, release.good) == (Kind.VERIFIED, "", True)


def test_a_verdict_that_turns_to_failed_counts(ledger) -> None:
    number = ledger.release("one")
    ledger.add(Failed("operator", "errors"), release=number)
    assert good(ledger) is None
    assert releases_of(ledger.events)[0].reason == "errors"


def test_a_release_that_was_rolled_back_is_not_good_though_it_was_verified(
    ledger,
) -> None:
    first = ledger.release("one")
    second = ledger.release("two")
    ledger.add(RolledBack(second, first, "errors", 3.0), release=second)
    ledger.release("three", good=False)
    assert good(ledger) == first
    assert releases_of(ledger.events)[1].state is Kind.ROLLED_BACK


def test_a_release_that_traffic_came_back_to_is_good_again(ledger) -> None:
    first, second = ledger.release("one"), ledger.release("two")
    ledger.add(RolledBack(second, first, "drill", 3.0), release=second)
    ledger.add(RolledBack(first, second, "drill", 3.0), release=first)
    assert good(ledger) == second


def test_the_release_to_be_taken_back_can_be_left_out(ledger) -> None:
    first, second = ledger.release("one"), ledger.release("two")
    assert good(ledger) == second
    assert good(ledger, other_than=second) == first


def test_events_about_a_release_outside_of_the_window_are_passed_over(ledger) -> None:
    ledger.release("one")
    second = ledger.release("two")
    assert [each.number for each in releases_of(ledger.events[1:])] == [second]


def test_what_serves_is_the_deployment_or_the_rollbacks_target(ledger) -> None:
    first, second = ledger.release("one"), ledger.release("two")
    assert live_release(ledger.events) == second
    ledger.add(RolledBack(second, first, "errors", 3.0), release=second)
    assert live_release(ledger.events) == first


def test_a_pin_stays_open_until_it_is_reconciled(ledger) -> None:
    ledger.add(Pinned("mra-analyze", MOVE, "8", "errors"))
    ledger.add(Pinned("mra-health", MOVE, "8", "errors"))
    assert set(open_pins(ledger.events)) == {"mra-analyze", "mra-health"}
    ledger.add(Reconciled(("mra-analyze", "mra-records")))
    assert set(open_pins(ledger.events)) == {"mra-health"}


def test_clean_up_spares_the_newest_and_the_last_known_good_however_old(
    ledger,
) -> None:
    ledger.release("older")
    ledger.release("old")
    ledger.release("good")
    for number in range(5):
        ledger.release(f"bad-{number}", good=False)
    assert _kept(ledger, newest=2) == ["bad-4", "bad-3", "good", "old"]


def test_clean_up_spares_the_way_back_past_releases_of_the_same_content(ledger) -> None:
    ledger.release("back")
    for _ in range(4):
        ledger.release("same")
    assert _kept(ledger, newest=2) == ["same"] * 4 + ["back"]


def test_clean_up_spares_what_serves_however_old_and_bad(ledger) -> None:
    first = ledger.release("first", good=False)
    for number in range(5):
        ledger.release(f"good-{number}")
    assert "first" not in _kept(ledger, newest=2)
    assert "first" in _kept(ledger, newest=2, live=first)


def test_clean_up_of_an_empty_ledger_protects_nothing(ledger) -> None:
    assert _kept(ledger, newest=5) == []


def _kept(ledger, *, newest: int, live: int | None = None) -> list[str]:
    releases = releases_of(ledger.events)
    kept = protected_releases(releases, newest=newest, live=live)
    return [each.deployed.commit.id for each in kept]


def test_a_new_release_is_only_deployed(ledger) -> None:
    ledger.add(make_deployed())
    assert releases_of(ledger.events)[0].state is Kind.DEPLOYED


def test_a_pin_about_a_release_does_not_change_it(ledger) -> None:
    number = ledger.release("one")
    before = releases_of(ledger.events)
    ledger.add(Pinned("mra-analyze", MOVE, "8", "errors"), release=number)
    assert releases_of(ledger.events) == before
