"""Draw on stderr: plain lines for logs and pipes, a live view for a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from delivery.cli.fitting import echo

if TYPE_CHECKING:
    from delivery.model import ResourceChange, StackEvent
    from delivery.ports import Live, Screen

_MOST_WIDENED = 12
_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": ">", "Dynamic": "?"}


def make_screen(*, yes: bool, brief: bool = False) -> Screen:
    """Return the live screen on a terminal, else the plain one.

    A brief one leaves out what went well with single resources.
    """
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from delivery.cli.live import TerminalScreen

        return TerminalScreen(yes=yes, brief=brief)
    return PlainScreen(yes=yes, brief=brief)


@dataclass(frozen=True, slots=True)
class PlainScreen:
    """One line a thing, as ``ports.Screen``."""

    yes: bool = False
    brief: bool = False

    def say(self, text: str = "") -> None:
        echo(text, err=True)

    def warn(self, text: str) -> None:
        echo(f"Warning: {text}", err=True)

    def changes(
        self,
        title: str,
        changes: Sequence[ResourceChange],
        *,
        widened: Sequence[str] = (),
    ) -> None:
        for _, line in change_lines(title, changes, widened, brief=self.brief):
            self.say(line)

    def confirm(self, question: str) -> bool:
        from delivery.cli.ask import confirm

        return confirm(question, yes=self.yes)

    def choose(self, question: str, options: Sequence[str], *, default: str) -> str:
        from delivery.cli.ask import decide

        return decide(question, options, default=default)

    @contextmanager
    def watch(self, title: str) -> Iterator[Live]:
        self.say(title)
        yield PlainLive(self.brief)


@dataclass
class PlainLive:
    """Prints each event once, with the time since the view opened."""

    brief: bool = False
    began: float = field(default_factory=time.monotonic)
    last_note: str = ""
    last_status: dict[str, str] = field(default_factory=dict)

    def expect(self, seconds: float | None, resources: Mapping[str, float]) -> None:
        if seconds is not None:
            echo(f"  it took {seconds:.0f} s before", err=True)

    def event(self, event: StackEvent) -> None:
        # CloudFormation says IN_PROGRESS again once it knows the physical id.
        repeated = self.last_status.get(event.logical_id) == event.status
        self.last_status[event.logical_id] = event.status
        small = not (event.failed or event.of_the_stack_itself)
        if small and (self.brief or repeated):
            return
        echo(f"  {self._elapsed()}  {event_line(event)}", err=True)

    def note(self, text: str) -> None:
        if text != self.last_note:
            echo(f"  {self._elapsed()}  {text}", err=True)
        self.last_note = text

    def tick(self) -> None:
        """Nothing moves between two lines."""

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self.began:5.0f}s"


def event_line(event: StackEvent) -> str:
    """Return one line for an event: status, resource, and the reason if it failed."""
    name = "the stack" if event.of_the_stack_itself else event.logical_id
    reason = f"  {event.reason}" if event.reason and event.failed else ""
    return f"{event.status:<28} {name}  {event.type}{reason}"


def change_lines(
    title: str,
    changes: Sequence[ResourceChange],
    widened: Sequence[str],
    *,
    brief: bool,
) -> Iterator[tuple[str, str]]:
    """Yield a change set as lines, each after the style that it has in colour."""
    yield "bold", title
    for change in worth_showing(changes, brief=brief):
        yield _change_style(change), f"  {change_line(change)}"
    for line in widened_lines(widened):
        yield "bold red", f"  {line}"
    yield "default", f"  {summary_line(changes)}"


def _change_style(change: ResourceChange) -> str:
    if danger_of(change).isupper() or change.deletes or change.replaces:
        return "bold red"
    return {"Add": "green", "Modify": "yellow"}.get(change.action, "default")


def change_line(change: ResourceChange) -> str:
    """Return one line for a change; what replaces or deletes says so in capitals."""
    sign = _SIGNS.get(change.action, "?")
    parts = [f"{sign} {change.logical_id}  {change.type}"]
    if change.properties and change.action == "Modify":
        parts.append(f"({', '.join(change.properties)})")
    if danger := danger_of(change):
        parts.append(f"  {danger}")
    return " ".join(parts)


def widened_lines(widened: Sequence[str]) -> list[str]:
    """Return what would be allowed that was not, as far as somebody reads it."""
    lines = [f"! ALLOWS MORE: {each}" for each in widened[:_MOST_WIDENED]]
    if more := len(widened) - len(lines):
        lines.append(f"! ALLOWS MORE: and {more} others; diff shows all of them")
    return lines


def worth_showing(
    changes: Sequence[ResourceChange], *, brief: bool
) -> Sequence[ResourceChange]:
    """Return the changes to show one by one; a brief screen shows the dangerous ones."""
    return [each for each in changes if danger_of(each) or not brief]


def danger_of(change: ResourceChange) -> str:
    """Return what makes a change dangerous, or nothing."""
    if change.action == "Remove":
        return "DELETES IT" if change.deletes else "leaves it behind, unmanaged"
    if not change.replaces:
        return ""
    word = "REPLACES IT" if change.replacement == "True" else "MAY REPLACE IT"
    return f"{word}, DELETES THE OLD ONE" if change.deletes else word


def summary_line(changes: Sequence[ResourceChange]) -> str:
    """Count the changes by kind."""
    if not changes:
        return "No resource changes; outputs or settings of the stack do."
    words = {"Add": "added", "Modify": "changed", "Remove": "removed"}
    counts = [
        f"{count} {word}"
        for action, word in words.items()
        if (count := sum(each.action == action for each in changes))
    ]
    others = sum(each.action not in words for each in changes)
    if others:
        counts.append(f"{others} other")
    dangerous = sum(bool(danger_of(each)) for each in changes)
    tail = f"; {dangerous} of them need a second look" if dangerous else ""
    return f"{', '.join(counts)}{tail}."


def print_result(data: Any) -> None:
    """Write one JSON document to stdout."""
    import json

    click.echo(json.dumps(data, indent=2))


def print_dry_run(*would: str, as_json: bool) -> None:
    """Say on stdout what would be done: sentences without their end."""
    if as_json:
        print_result({"dry_run": True, "would": list(would)})
        return
    for each in would:
        echo(f"Dry run: {each}.")
