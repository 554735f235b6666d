"""The live view of a terminal, drawn by rich."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from delivery.cli.ask import confirm, decide
from delivery.cli.screen import (
    change_line,
    danger_of,
    event_line,
    summary_line,
    widened_lines,
    worth_showing,
)
from delivery.model import ResourceChange, StackEvent
from delivery.ports import Live

if TYPE_CHECKING:
    from rich.console import Console

_IN_PROGRESS_ROWS = 8


@dataclass
class TerminalScreen:
    """Colours, and a live view, as ``ports.Screen``."""

    yes: bool = False
    brief: bool = False
    console: Console = field(default_factory=lambda: _console())

    def say(self, text: str = "") -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        self.console.print(
            f"Warning: {text}", style="yellow", markup=False, highlight=False
        )

    def changes(
        self,
        title: str,
        changes: Sequence[ResourceChange],
        *,
        widened: Sequence[str] = (),
    ) -> None:
        self.console.print(title, style="bold", markup=False, highlight=False)
        for change in worth_showing(changes, brief=self.brief):
            self.console.print(
                f"  {change_line(change)}",
                style=_change_style(change),
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        for line in widened_lines(widened):
            self.console.print(
                f"  {line}",
                style="bold red",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        self.say(f"  {summary_line(changes)}")

    def confirm(self, question: str) -> bool:
        return confirm(question, yes=self.yes)

    def choose(self, question: str, options: Sequence[str], *, default: str) -> str:
        return decide(question, options, default=default)

    @contextmanager
    def watch(self, title: str) -> Iterator[Live]:
        from rich.live import Live as RichLive

        view = TerminalLive(title, brief=self.brief)
        with RichLive(
            view, console=self.console, refresh_per_second=4, transient=True
        ) as live:
            view.console = live.console
            yield view
        self.say(f"{title}: {view.elapsed:.0f} s")


@dataclass
class TerminalLive:
    """What is in progress now, below the lines of what has happened."""

    title: str
    brief: bool = False
    console: Any = None
    began: float = field(default_factory=time.monotonic)
    running: dict[str, float] = field(default_factory=dict)
    done: int = 0
    last_note: str = ""
    whole: float | None = None
    usual: Mapping[str, float] = field(default_factory=dict)

    @property
    def elapsed(self) -> float:
        """Seconds since the view opened."""
        return time.monotonic() - self.began

    def expect(self, seconds: float | None, resources: Mapping[str, float]) -> None:
        self.whole, self.usual = seconds, resources

    def event(self, event: StackEvent) -> None:
        if event.of_the_stack_itself:
            self._line(event_line(event), "bold")
        elif event.status.endswith("_IN_PROGRESS"):
            self.running.setdefault(event.logical_id, self.elapsed)
        else:
            self.running.pop(event.logical_id, None)
            self.done += 1
            if self.brief and not event.failed:
                return
            self._line(
                event_line(event),
                "red" if event.failed else "green",
                cut=not event.failed,
            )

    def note(self, text: str) -> None:
        if text != self.last_note:
            self._line(text, "yellow")
        self.last_note = text

    def tick(self) -> None:
        """Rich redraws by itself; the elapsed time is read while it does."""

    def __rich__(self) -> Any:
        from rich.text import Text

        elapsed = self.elapsed
        lines = [f"{self.title}  {_so_far(elapsed, self.whole)}  {self.done} done"]
        for name, began in list(self.running.items())[:_IN_PROGRESS_ROWS]:
            taken = _so_far(elapsed - began, self.usual.get(name))
            lines.append(f"  {name}  {taken}")
        if (more := len(self.running) - _IN_PROGRESS_ROWS) > 0:
            lines.append(f"  and {more} more")
        return Text("\n".join(lines), style="cyan", no_wrap=True, overflow="ellipsis")

    def _line(self, text: str, style: str, *, cut: bool = False) -> None:
        """Print a line; what only says that it goes well never takes a second one."""
        wide = {"no_wrap": True, "overflow": "ellipsis"} if cut else {"soft_wrap": True}
        self.console.print(
            f"  {self.elapsed:5.0f}s  {text}",
            style=style,
            markup=False,
            highlight=False,
            **wide,
        )


def _so_far(seconds: float, usual: float | None) -> str:
    before = f" of {usual:.0f} s before" if usual is not None else ""
    return f"{seconds:.0f} s{before}"


def _change_style(change: ResourceChange) -> str:
    if danger_of(change).isupper() or change.deletes or change.replaces:
        return "bold red"
    return {"Add": "green", "Modify": "yellow"}.get(change.action, "default")


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, file=click.get_text_stream("stderr"))
