"""A ledger that was tampered with says where."""

from __future__ import annotations

import json

import pytest
from release_fakes import SCOPE, FakeReleaseStore, LedgerBuilder, make_deployed

from delivery.ledger.book import Book
from delivery.ledger.events import Scope, Verified

STAGING = Scope(SCOPE.account, SCOPE.region, "staging")


@pytest.fixture
def ledger() -> LedgerBuilder:
    builder = LedgerBuilder()
    builder.release("one")
    builder.release("two", "8")
    return builder


def problems(store: FakeReleaseStore) -> list[str]:
    book = Book(store, SCOPE)
    return [str(each) for each in book.problems(book.links())]


def rewrite(store: FakeReleaseStore, sequence: int, **changes) -> None:
    data = json.loads(store.objects[SCOPE.key(sequence)][-1]) | changes
    text = json.dumps(data, sort_keys=True, indent=1, ensure_ascii=False)
    store.objects[SCOPE.key(sequence)] = [f"{text}\n".encode()]


def test_an_untouched_ledger_is_whole(ledger) -> None:
    assert problems(ledger.store) == []


def test_an_empty_ledger_is_whole() -> None:
    assert problems(FakeReleaseStore()) == []


def test_a_changed_event_shows_at_the_one_after_it(ledger) -> None:
    rewrite(ledger.store, 3, actor="somebody else")
    (problem,) = problems(ledger.store)
    assert problem.startswith(SCOPE.key(4))
    assert "not the one that it was written after" in problem


def test_a_single_changed_byte_shows(ledger) -> None:
    content = ledger.store.objects[SCOPE.key(2)][-1]
    ledger.store.objects[SCOPE.key(2)] = [content.replace(b"\n", b"\n ", 1)]
    assert len(problems(ledger.store)) == 1


def test_a_removed_event_is_missing(ledger) -> None:
    del ledger.store.objects[SCOPE.key(2)]
    found = problems(ledger.store)
    assert any("event 2 is missing before it" in each for each in found)


def test_several_removed_events_are_missing(ledger) -> None:
    del ledger.store.objects[SCOPE.key(1)], ledger.store.objects[SCOPE.key(2)]
    found = problems(ledger.store)
    assert any("event from 1 is missing" in each for each in found)
    assert any("there is no release 1 before it" in each for each in found)


def test_an_event_moved_from_another_environment_shows(ledger) -> None:
    other = LedgerBuilder(scope=STAGING)
    other.release("one")
    ledger.store.objects[SCOPE.key(1)] = other.store.objects[STAGING.key(1)]
    found = problems(ledger.store)
    assert any("written for ledger/123456789012/us-east-1/staging/" in e for e in found)


def test_an_event_under_another_number_shows(ledger) -> None:
    ledger.store.objects[SCOPE.key(7)] = ledger.store.objects[SCOPE.key(6)]
    assert any("it says that it is event 6" in e for e in problems(ledger.store))


def test_what_is_no_event_shows_and_the_rest_is_still_checked(ledger) -> None:
    ledger.store.objects[SCOPE.key(2)] = [b"not an event"]
    found = problems(ledger.store)
    assert "is not JSON" in found[0]
    assert any(each.startswith(SCOPE.key(3)) for each in found)


def test_an_object_that_does_not_belong_there_shows(ledger) -> None:
    ledger.store.objects[f"{SCOPE.prefix}notes.txt"] = [b"hello"]
    assert any("does not belong into the ledger" in e for e in problems(ledger.store))


def test_an_event_far_older_than_the_one_before_shows(ledger) -> None:
    rewrite(ledger.store, 6, at="2026-11-23T13:00:00Z")
    assert any("minutes older than" in each for each in problems(ledger.store))


def test_a_verdict_about_no_release_shows() -> None:
    builder = LedgerBuilder()
    builder.add(Verified(), release=1)
    assert any("there is no release 1" in each for each in problems(builder.store))


def test_a_release_that_calls_itself_another_shows() -> None:
    builder = LedgerBuilder()
    builder.add(make_deployed())
    rewrite(builder.store, 1, release=4)
    assert any("calls itself release 4" in each for each in problems(builder.store))


def test_the_newest_event_cannot_be_replaced_unseen(ledger) -> None:
    key = SCOPE.key(6)
    content = ledger.store.objects[key][-1].replace(b"operator", b"somebody")
    ledger.store.put(key, content)
    assert problems(ledger.store) == [
        f"{key}: it was overwritten or deleted after it was written"
    ]
