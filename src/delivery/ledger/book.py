"""Read and append to one environment's ledger by the release store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from delivery.errors import Unreachable
from delivery.ledger.chain import Link, Problem, problems_of
from delivery.ledger.codec import decode, encode, hash_of
from delivery.ledger.events import Deployed, Event, Scope
from delivery.ledger.plan import Step
from delivery.ledger.releases import Release, last_known_good, releases_of
from delivery.ports import Clock, ReleaseStore

# A release writes three events; a window holds a screenful of releases.
WINDOW = 100
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class View:
    """The newest events, oldest first; ``whole`` when the ledger has no older ones."""

    events: tuple[Event, ...]
    whole: bool
    sequence: int = 0
    sha256: str = ""

    @property
    def releases(self) -> list[Release]:
        """Return the releases within, newest first."""
        return releases_of(self.events)

    def release(self, number: int) -> Release | None:
        """Return the release of that number, or None when it is not within."""
        return next((each for each in self.releases if each.number == number), None)

    def after(self, event: Event) -> View:
        """Return the view with one event more."""
        return replace(
            self,
            events=(*self.events, event),
            sequence=event.sequence,
            sha256=hash_of(encode(event)),
        )


@dataclass(frozen=True, slots=True)
class Book:
    """One environment's ledger."""

    store: ReleaseStore
    scope: Scope
    window: int = WINDOW

    def view(self, *, releases: int = 1) -> View:
        """Return the newest events, with at least that many releases if there are."""
        return self._grown_until(lambda view: len(view.releases) >= releases)

    def whole(self) -> View:
        """Return every event."""
        keys = self.store.keys(self.scope.prefix)
        return self._read(keys, max(len(keys), 1))

    def release(self, number: int) -> Release | None:
        """Return one release, or None when there is none of that number."""
        view = self._grown_until(lambda view: view.release(number) is not None)
        return view.release(number)

    def last_known_good(self, *, other_than: int | None = None) -> Release | None:
        """Return the newest release that was verified under all traffic, or None."""

        def good(view: View) -> Release | None:
            return last_known_good(view.releases, other_than=other_than)

        return good(self._grown_until(lambda view: good(view) is not None))

    def append(
        self,
        view: View,
        step: Step,
        *,
        execution: str,
        actor: str,
        now: datetime,
    ) -> Event | None:
        """Write the event that follows ``view``; None when another writer was first."""
        sequence = view.sequence + 1
        release = step.release
        if isinstance(step.fact, Deployed):
            release = view.releases[0].number + 1 if view.releases else 1
        event = Event(
            scope=self.scope,
            sequence=sequence,
            at=now,
            release=release or 0,
            execution=execution,
            actor=actor,
            previous_sha256=view.sha256,
            fact=step.fact,
        )
        stored = self.store.put_new(event.key, encode(event))
        return None if stored is None else event

    def append_all(
        self,
        next_step: Callable[[View], Step | None],
        *,
        execution: str,
        actor: str,
        clock: Clock,
    ) -> tuple[View, list[Event]]:
        """Write what ``next_step`` asks for until it asks for nothing.

        Whoever lost a race for a sequence number reads again and asks ``next_step``
        again, so that two writers of the same fact record it once.

        Raises:
            Unreachable: when others kept writing first.
        """
        view, written, lost = self.view(), list[Event](), 0
        while (step := next_step(view)) is not None:
            event = self.append(
                view, step, execution=execution, actor=actor, now=clock.now()
            )
            if event is not None:
                written.append(event)
                view = view.after(event)
                continue
            lost += 1
            if lost == ATTEMPTS:
                raise Unreachable(
                    f"The ledger of {self.scope.environment} could not be written.",
                    why=f"Other writers came first {lost} times.",
                    next_step="Run it again; what was recorded is not recorded twice.",
                )
            clock.sleep(0.05 * lost)
            view = self.view()
        return view, written

    def links(self) -> list[Link]:
        """Return every object of the ledger, in order of its keys."""
        keys = self.store.keys(self.scope.prefix)
        return [
            Link(key, content)
            for key, content in zip(keys, self.store.read(keys), strict=True)
        ]

    def problems(self, links: Sequence[Link]) -> list[Problem]:
        """Return what is wrong with the whole ledger, given all its ``links``.

        What the chain cannot show, because nothing comes after the newest event, the
        bucket's versions do.
        """
        touched = [
            Problem(key, "it was overwritten or deleted after it was written")
            for key in self.store.touched(self.scope.prefix)
        ]
        return [*problems_of(self.scope, links), *touched]

    def _grown_until(self, enough: Callable[[View], bool]) -> View:
        """Read the newest events, and twice as many until they are enough or all."""
        keys = self.store.keys(self.scope.prefix)
        window = self.window
        while True:
            view = self._read(keys, window)
            if view.whole or enough(view):
                return view
            window *= 2

    def _read(self, keys: Sequence[str], window: int) -> View:
        newest = list(keys[-window:])
        contents = self.store.read(newest)
        events = tuple(
            decode(content, where=key)
            for key, content in zip(newest, contents, strict=True)
        )
        return View(
            events=events,
            whole=len(newest) == len(keys),
            sequence=self.scope.sequence(newest[-1]) if newest else 0,
            sha256=hash_of(contents[-1]) if contents else "",
        )
