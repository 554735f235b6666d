"""Follow one operation of a stack with the operator watching, and say why it failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from awsrules.statuses import StackStatus
from delivery.errors import Detached, OperationFailed
from delivery.model import Cause, Stack, StackEvent
from delivery.ports import Clock, Live, Screen, Stacks
from delivery.watch.causes import failed_nested_stack, last_operation, root_cause
from delivery.watch.events import POLL_SECONDS, Follower
from delivery.watch.history import expected_of

MOST_NESTED = 5


@dataclass(frozen=True, slots=True)
class Followed:
    """How an operation ended: the stack, None when it is gone, and the events."""

    stack: Stack | None
    events: list[StackEvent]

    @property
    def gone(self) -> bool:
        """Whether there is no such stack any more."""
        return self.stack is None or self.stack.status is StackStatus.DELETE_COMPLETE


@dataclass(frozen=True, slots=True)
class Watcher:
    """Shows operations of stacks until they end."""

    stacks: Stacks
    clock: Clock
    screen: Screen
    poll_seconds: float = POLL_SECONDS

    def follow(
        self,
        title: str,
        stack_id: str,
        *,
        token: str = "",
        verb: str = "",
    ) -> Followed:
        """Show an operation until the stack settles.

        Without ``token`` it is one that somebody else started: its events so far are not
        shown. With ``verb``, such as UPDATE, it is shown beside how long such took before.
        """
        since = "" if token else newest(self.stacks.recent_events(stack_id))
        with self.screen.watch(title) as live:
            follower = Follower(
                self.stacks,
                self.clock,
                stack_id,
                token=token,
                since=since,
                poll_seconds=self.poll_seconds,
                on_wait=live.tick,
                on_trouble=live.note,
                on_history=lambda events: _expect(live, events, verb),
            )
            for event in follower:
                live.event(event)
        return Followed(follower.stack, follower.seen)

    def failure(self, stack: Stack, events: list[StackEvent]) -> OperationFailed:
        """Say which resource failed first, what that usually means, and what to do."""
        cause = self.cause(events, stack.name)
        if cause is None:
            return OperationFailed(
                f"Stack {stack.name} ended in {stack.status}.",
                why="CloudFormation gave no reason.",
                next_step=f"Look at stack {stack.name}.",
            )
        ended = f"Stack {stack.name} ended in {stack.status}."
        return OperationFailed(
            f"Stack {stack.name} failed at {cause}",
            why="\n".join(filter(None, [cause.meaning, ended])),
            next_step=cause.next_step,
        )

    def cause(self, events: list[StackEvent], name: str) -> Cause | None:
        """Return the first failure, inside of nested stacks too."""
        return find_cause(self.stacks, events, name)


def find_cause(stacks: Stacks, events: list[StackEvent], name: str) -> Cause | None:
    """Go down into nested stacks as far as the first failure leads."""
    for _ in range(MOST_NESTED):
        nested = failed_nested_stack(events)
        deeper = last_operation(stacks.events(nested)) if nested else []
        if not any(each.failed for each in deeper):
            break
        events = deeper
    return root_cause(events, stack_name=name)


def _expect(live: Live, history: Sequence[StackEvent], verb: str) -> None:
    if verb:
        expected = expected_of(history, verb)
        live.expect(expected.seconds, expected.resources)


def newest(events: Sequence[StackEvent]) -> str:
    """Return the id of the newest of events, which are oldest first; or nothing."""
    return events[-1].id if events else ""


def new_token(verb: str) -> str:
    """Return a request token: letters, digits and hyphens, new for each operation."""
    return f"{verb}-{uuid4()}"


def detached(name: str) -> Detached:
    """Say that the operation goes on, and how to come back to it."""
    return Detached(
        f"Stack {name} goes on without us.",
        why="You interrupted the watching, not the operation.",
        next_step="Run the same command again: it waits for the operation and goes on.",
    )
