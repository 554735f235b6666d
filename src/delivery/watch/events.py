"""Follow one operation of a stack, event by event, until the stack settles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from delivery.errors import Detached, Unreachable
from delivery.model import Stack, StackEvent
from delivery.ports import Clock, Stacks

POLL_SECONDS = 5.0
# A stack whose polls fail for this long is left alone: it goes on without us.
PATIENCE_SECONDS = 900.0


@dataclass
class Follower:
    """The events of the operation that carries ``token`` on one stack.

    A poll that fails is said and tried again; it never ends the operation. ``token`` may
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
    seen: list[StackEvent] = field(default_factory=list)
    stack: Stack | None = None

    def __iter__(self) -> Iterator[StackEvent]:
        """Yield events until the stack settles; ``stack`` then holds how it ended."""
        lost_since: float | None = None
        while True:
            try:
                fresh, settled = self._poll()
                lost_since = None
            except Unreachable as error:
                now = self.clock.monotonic()
                lost_since = now if lost_since is None else lost_since
                if now - lost_since > PATIENCE_SECONDS:
                    raise self._lost(error) from error
                self.on_trouble(f"{error.what} The operation goes on; trying again.")
                fresh, settled = [], False
            yield from fresh
            if settled:
                return
            self.on_wait()
            self.clock.sleep(self.poll_seconds)

    def _poll(self) -> tuple[list[StackEvent], bool]:
        """Read the status before the events, so that no last event is missed."""
        stack = self.stacks.find(self.stack_id)
        events = self.stacks.events(self.stack_id, since=self.since)
        if events:
            self.since = events[-1].id
        fresh = [each for each in events if self._belongs(each)]
        self.seen.extend(fresh)
        self.stack = stack
        return fresh, self._ended(stack)

    def _belongs(self, event: StackEvent) -> bool:
        return not self.token or event.token == self.token

    def _ended(self, stack: Stack | None) -> bool:
        """Tell whether the operation is over.

        Right after the start CloudFormation may still describe the stack as it was, so a
        settled status counts once an event says that the operation began.
        """
        if stack is None:
            return True
        if not stack.status.settled or stack.status.is_shell:
            return False
        return not self.token or any(each.of_the_stack_itself for each in self.seen)

    def _lost(self, error: Unreachable) -> Detached:
        return Detached(
            "AWS has not answered for fifteen minutes; the operation goes on without us.",
            why=str(error.why or error.what),
            next_step="Run the same command again: it finds the operation and follows it.",
        )
