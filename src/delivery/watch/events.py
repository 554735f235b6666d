"""Follow one operation of a stack, event by event, until the stack settles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from awsrules.statuses import StackStatus
from delivery.errors import Detached, Unreachable
from delivery.model import Stack, StackEvent
from delivery.ports import Clock, Stacks
from delivery.watch.rhythm import Rhythm

POLL_SECONDS = 5.0
# A stack whose polls fail for this long is left alone: it goes on without us.
PATIENCE_SECONDS = 900.0
# Looks without news after which the stack itself is asked: an event may never come.
DOUBT_AFTER = 6

Answer = TypeVar("Answer")


@dataclass
class Follower:
    """The events of the operation that carries ``token`` on one stack.

    Each look is one call, for events; the stack is asked once they say that it settled.
    The first look also tells ``on_history`` of operations before this one.
    A look that fails is said and tried again; it never ends the operation. ``token`` may
    be empty: then every event after ``since`` belongs, for an operation that somebody
    else started.
    """

    stacks: Stacks
    clock: Clock
    stack_id: str
    token: str = ""
    since: str = ""
    poll_seconds: float = POLL_SECONDS
    on_wait: Callable[[], None] = lambda: None
    on_trouble: Callable[[str], None] = lambda text: None
    on_history: Callable[[list[StackEvent]], None] = lambda events: None
    seen: list[StackEvent] = field(default_factory=list)
    stack: Stack | None = None
    _known: set[str] = field(default_factory=set, repr=False)
    _lost_since: float | None = None
    _looks_without_news: int = 0

    def __iter__(self) -> Iterator[StackEvent]:
        """Yield events until the stack settles; ``stack`` then holds how it ended."""
        rhythm = Rhythm.around(self.poll_seconds)
        # Nobody's operation but ours is known to have begun: it may have ended already.
        doubtful = not self.token
        if not doubtful:
            # It has just begun: a look before the first wait would be a call for nothing.
            self._wait(rhythm, news=True)
        while True:
            nothing: list[StackEvent] = []
            fresh = self._attempt(self._fresh, nothing)
            yield from fresh
            self._looks_without_news = 0 if fresh else self._looks_without_news + 1
            if doubtful or self._may_have_settled():
                if self._attempt(self._settled, False):
                    return
                doubtful = False
            self._wait(rhythm, news=bool(fresh))

    def _wait(self, rhythm: Rhythm, *, news: bool) -> None:
        self.on_wait()
        self.clock.sleep(rhythm.wait(news=news))

    def _fresh(self) -> list[StackEvent]:
        """Return the operation's events that no look has returned yet."""
        events = self.stacks.events(self.stack_id, since=self.since, token=self.token)
        self._lost_since = None
        fresh = [each for each in events if self._belongs(each)]
        if not self.since:
            self.on_history([each for each in events if each not in fresh])
        if events:
            self.since = events[-1].id
        self._known.update(each.id for each in fresh)
        self.seen.extend(fresh)
        return fresh

    def _belongs(self, event: StackEvent) -> bool:
        mine = not self.token or event.token == self.token
        return mine and event.id not in self._known

    def _may_have_settled(self) -> bool:
        """Tell whether events say that the stack settled, or say nothing for long."""
        own = [each.status for each in self.seen if each.of_the_stack_itself]
        if own and StackStatus(own[-1]).settled:
            return True
        return self._looks_without_news % DOUBT_AFTER == DOUBT_AFTER - 1

    def _settled(self) -> bool:
        """Ask the stack itself whether the operation is over.

        Right after the start CloudFormation may still describe the stack as it was, so a
        settled status counts once an event says that the operation began.
        """
        self.stack = self.stacks.find(self.stack_id)
        if self.stack is None:
            return True
        if not self.stack.status.settled or self.stack.status.is_shell:
            return False
        return not self.token or any(each.of_the_stack_itself for each in self.seen)

    def _attempt(self, look: Callable[[], Answer], otherwise: Answer) -> Answer:
        """Look; when AWS does not answer, say so and go on, unless it was silent long."""
        try:
            return look()
        except Unreachable as error:
            now = self.clock.monotonic()
            self._lost_since = now if self._lost_since is None else self._lost_since
            if now - self._lost_since > PATIENCE_SECONDS:
                raise self._lost(error) from error
            self.on_trouble(f"{error.what} The operation goes on; trying again.")
            return otherwise

    def _lost(self, error: Unreachable) -> Detached:
        return Detached(
            "AWS has not answered for fifteen minutes; the operation goes on without us.",
            why=str(error.why or error.what),
            next_step="Run the same command again: it finds the operation and follows it.",
        )
