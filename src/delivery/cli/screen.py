"""Draw on stderr: plain lines for logs and pipes, a live view for a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from delivery.cli.fitting import echo
from delivery.cli.lines import change_lines, event_line
from delivery.errors import BadInput

if TYPE_CHECKING:
    from delivery.model import ResourceChange, StackEvent
    from delivery.ports import Live, Screen


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

    @contextmanager
    def working(self, title: str) -> Iterator[Callable[[str], None]]:
        yield lambda at: None


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

    def at(self, what: str) -> None:
        """A line is written when something ends."""

    def tick(self) -> None:
        """Nothing moves between two lines."""

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self.began:5.0f}s"


def print_result(data: Any) -> None:
    """Write one JSON document to stdout."""
    import json

    click.echo(json.dumps(data, indent=2))


def write_page(path: Path, text: str, *, flag: str = "--html") -> None:
    """Write a page where it is asked for, over what is there, and say so.

    Raises:
        BadInput: when nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written.",
            why=f"{error.strerror}: {error.filename}",
            next_step=f"Name another file with {flag}.",
        ) from error
    echo(f"Wrote {path}.", err=True)


def print_dry_run(*would: str, as_json: bool) -> None:
    """Say on stdout what would be done: sentences without their end."""
    if as_json:
        print_result({"dry_run": True, "would": list(would)})
        return
    for each in would:
        echo(f"Dry run: {each}.")
