"""Reading the newest part of a ledger, and appending against other writers."""

from __future__ import annotations

import pytest
from release_fakes import OPERATOR, SCOPE, FakeReleaseStore, LedgerBuilder
from release_fakes import make_deployed

from delivery.errors import Unreachable
from delivery.ledger.book import Book
from delivery.ledger.codec import encode
from delivery.ledger.events import Verified
from delivery.ledger.plan import Step


def long_ledger(releases: int) -> LedgerBuilder:
    builder = LedgerBuilder()
    builder.release("good")
    for number in range(releases):
        builder.release(f"bad-{number}", good=False)
    return builder


def test_only_the_newest_events_are_read() -> None:
    builder = long_ledger(20)
    view = Book(builder.store, SCOPE, window=6).view()
    assert not view.whole
    assert len(view.releases) == 2
    assert builder.store.reads == 6


def test_the_window_grows_until_it_holds_the_releases_asked_for() -> None:
    view = Book(long_ledger(20).store, SCOPE, window=6).view(releases=5)
    assert len(view.releases) >= 5


def test_the_last_known_good_release_is_found_however_far_back() -> None:
    found = Book(long_ledger(20).store, SCOPE, window=6).last_known_good()
    assert found is not None and found.number == 1


def test_a_ledger_without_a_good_release_has_none() -> None:
    builder = LedgerBuilder()
    builder.release("bad", good=False)
    assert Book(builder.store, SCOPE, window=1).last_known_good() is None


def test_more_releases_than_there_are_gives_those_there_are() -> None:
    view = Book(long_ledger(1).store, SCOPE).view(releases=50)
    assert view.whole and len(view.releases) == 2


def test_what_is_appended_continues_the_chain(clock) -> None:
    builder = long_ledger(1)
    book = Book(builder.store, SCOPE)
    event = book.append(
        book.view(),
        Step(make_deployed("new")),
        execution="execution-9",
        actor=OPERATOR,
        now=clock.now(),
    )
    assert event is not None
    assert (event.sequence, event.release) == (7, 3)
    assert book.problems(book.links()) == []


def test_a_writer_who_lost_the_race_reads_again_and_takes_the_next_number(
    clock,
) -> None:
    builder = long_ledger(1)
    rival = LedgerBuilder(events=list(builder.events))
    event = rival.add(make_deployed("rival"), execution="execution-8")
    builder.store.rivals.append((event.key, encode(event)))
    book = Book(builder.store, SCOPE)
    wanted = [Step(make_deployed("mine"))]
    view, written = book.append_all(
        lambda view: None if view.events[-1].execution == "execution-9" else wanted[0],
        execution="execution-9",
        actor=OPERATOR,
        clock=clock,
    )
    assert [each.sequence for each in written] == [8]
    assert view.events[-1].execution == "execution-9"
    assert book.problems(book.links()) == []


def test_a_put_whose_answer_was_lost_is_not_repeated(clock) -> None:
    store = FakeReleaseStore(lose_answers=1)
    book = Book(store, SCOPE)
    book.append_all(
        lambda view: None if view.events else Step(make_deployed()),
        execution="execution-1",
        actor=OPERATOR,
        clock=clock,
    )
    assert len(store.keys(SCOPE.prefix)) == 1


def test_whoever_always_loses_gives_up_and_says_so(clock) -> None:
    builder = LedgerBuilder()
    builder.release("one")
    store = builder.store
    for number in range(30):
        event = builder.add(Verified(str(number)), release=1)
        del store.objects[event.key]
        store.rivals.append((event.key, encode(event)))
    with pytest.raises(Unreachable, match="could not be written") as error:
        Book(store, SCOPE).append_all(
            lambda view: Step(Verified("me"), 1),
            execution="execution-1",
            actor=OPERATOR,
            clock=clock,
        )
    assert "20 times" in error.value.why


def test_releases_are_numbered_from_one_without_gaps(clock) -> None:
    builder = long_ledger(2)
    numbers = [each.number for each in Book(builder.store, SCOPE).view().releases]
    assert numbers == [3, 2, 1]
