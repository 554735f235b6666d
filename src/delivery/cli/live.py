"""The live view of a terminal, drawn by rich."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from delivery.cli.ask import confirm, decide
from delivery.cli.fitting import fit
from delivery.cli.lines import change_lines, event_line
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
        self._print(text)

    def warn(self, text: str) -> None:
        self._print(f"Warning: {text}", "yellow")

    def changes(
        self,
        title: str,
        changes: Sequence[ResourceChange],
        *,
        widened: Sequence[str] = (),
    ) -> None:
        for style, line in change_lines(title, changes, widened, brief=self.brief):
            self._print(line, style)

    def _print(self, text: str, style: str = "default") -> None:
        print_fitted(self.console, text, style)

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

    @contextmanager
    def working(self, title: str) -> Iterator[Callable[[str], None]]:
        from rich.live import Live as RichLive

        view = Working(title)
        with RichLive(view, console=self.console, refresh_per_second=4, transient=True):
            yield view.tell


@dataclass
class Working:
    """One line: what takes time, what it is at, and how long it has."""

    title: str
    at: str = ""
    began: float = field(default_factory=time.monotonic)

    def tell(self, at: str) -> None:
        """Take in what it is at now."""
        self.at = at

    def __rich__(self) -> Any:
        from rich.text import Text

        at = f": {self.at}" if self.at else ""
        shown = f"{self.title}{at}  {time.monotonic() - self.began:.0f} s"
        return Text(shown, style="cyan", no_wrap=True, overflow="ellipsis")


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
    at_now: str = ""
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

    def at(self, what: str) -> None:
        self.at_now = what

    def tick(self) -> None:
        """Rich redraws by itself; the elapsed time is read while it does."""

    def __rich__(self) -> Any:
        from rich.text import Text

        elapsed = self.elapsed
        title = f"{self.title}: {self.at_now}" if self.at_now else self.title
        done = f"  {self.done} done" if self.done else ""
        lines = [f"{title}  {_so_far(elapsed, self.whole)}{done}"]
        for name, began in list(self.running.items())[:_IN_PROGRESS_ROWS]:
            taken = _so_far(elapsed - began, self.usual.get(name))
            lines.append(f"  {name}  {taken}")
        if (more := len(self.running) - _IN_PROGRESS_ROWS) > 0:
            lines.append(f"  and {more} more")
        return Text("\n".join(lines), style="cyan", no_wrap=True, overflow="ellipsis")

    def _line(self, text: str, style: str, *, cut: bool = False) -> None:
        """Print a line; what only says that it goes well never takes a second one."""
        time = f"  {self.elapsed:5.0f}s  "
        room = self.console.width - len(time)
        if cut and len(text) > room:
            text = f"{text[:room - 1]}…"
        lines = fit(text, room).replace("\n", "\n" + " " * len(time))
        print_fitted(self.console, time + lines, style)


def _so_far(seconds: float, usual: float | None) -> str:
    before = f" of {usual:.0f} s before" if usual is not None else ""
    return f"{seconds:.0f} s{before}"


def print_fitted(console: Console, text: str, style: str) -> None:
    """Print lines that break at words; one that is to be copied is left whole."""
    console.print(
        fit(text, console.width),
        style=style,
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, file=click.get_text_stream("stderr"))
