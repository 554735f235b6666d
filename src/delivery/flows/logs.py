"""Read what builds, functions and hooks log, once or as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.errors import BadInput, Unreachable
from delivery.model import LogLine, LogSource, StackContents
from delivery.names import APPLICATION_STACK_PREFIX, PIPELINE_STACK
from delivery.operate.logs import BUILD, KINDS, Writer, pick_writers, writers_of
from delivery.ports import Clock, DeployedStacks, Logs, Screen
from delivery.watch.rhythm import Rhythm

# Lines of one group and look; more than that is a file to search, not a log to read.
MOST_LINES = 10_000

Told = tuple[LogSource, LogLine]


@dataclass(frozen=True, slots=True)
class LogReader:
    """Finds who logs by what the stacks hold, and reads it.

    ``late`` is how long after its time a line may still arrive.
    """

    stacks: DeployedStacks
    logs: Logs
    clock: Clock
    screen: Screen
    late: timedelta = timedelta(seconds=30)

    def sources(self, word: str, environment: str) -> list[LogSource]:
        """Return the logs that ``word`` means: of a kind, or of one by its name.

        Raises:
            BadInput: when the stack is not there, or holds nothing of that name.
        """
        return [
            LogSource(each.name, group)
            for each in self._writers(word, environment)
            if (group := self._group(each))
        ]

    def read(self, sources: list[LogSource], since: datetime) -> Iterator[Told]:
        """Yield what was logged since then, the oldest first."""
        tail = Tail(self, sources, since)
        yield from tail.look()
        for source in tail.silent:
            self.screen.say(
                f"{source.name} has no log yet: there is no group {source.group}."
            )

    def follow(
        self, sources: list[LogSource], since: datetime, rhythm: Rhythm
    ) -> Iterator[Told]:
        """Yield what was logged since then, and each line that comes; never ends.

        A look that fails is said, and tried again.
        """
        tail = Tail(self, sources, since)
        trouble = ""
        while True:
            fresh: list[Told] = []
            try:
                fresh = tail.look()
                trouble = ""
            except Unreachable as error:
                if trouble != error.what:
                    self.screen.warn(f"{error.what} Trying again.")
                trouble = error.what
            yield from fresh
            self.clock.sleep(rhythm.wait(news=bool(fresh)))

    def _writers(self, word: str, environment: str) -> list[Writer]:
        """Look into the pipeline's stack, the application's, or both for a name."""
        application = f"{APPLICATION_STACK_PREFIX}{environment}"
        names = {BUILD: [PIPELINE_STACK]}.get(word, [application])
        held = [self.stacks.contents(name) for name in names]
        if word not in KINDS:
            held.append(self.stacks.contents(PIPELINE_STACK))
        there = [each for each in held if each is not None]
        if not there or (word in KINDS and held[0] is None):
            raise _no_stack(names[0], word, environment)
        return pick_writers(_all_writers(there), word)

    def _group(self, writer: Writer) -> str:
        if writer.kind == BUILD:
            return self.logs.group_of_project(writer.physical_id)
        return self.logs.group_of_function(writer.physical_id)


class Tail:
    """The end of some logs: each look returns what is new since the one before."""

    def __init__(
        self, reader: LogReader, sources: list[LogSource], since: datetime
    ) -> None:
        self._reader = reader
        # Several functions may share a group; its lines are told once.
        self._sources = list({each.group: each for each in sources}.values())
        self._since = {each.group: since for each in self._sources}
        self._told: dict[str, dict[str, datetime]] = {
            each.group: {} for each in self._sources
        }
        self.silent: list[LogSource] = []

    def look(self) -> list[Told]:
        """Return the lines that were not returned before, in the order of their times."""
        self.silent = []
        fresh = [
            (source, line) for source in self._sources for line in self._new(source)
        ]
        return sorted(fresh, key=lambda told: told[1].at)

    def _new(self, source: LogSource) -> list[LogLine]:
        group = source.group
        found = self._reader.logs.lines(group, self._since[group], limit=MOST_LINES)
        if found is None:
            self.silent.append(source)
            return []
        if len(found) >= MOST_LINES:
            self._reader.screen.warn(
                f"{group} holds more than {MOST_LINES} lines of this time; these are "
                "the first. Give a shorter --since."
            )
        fresh = [each for each in found if each.id not in self._told[group]]
        self._remember(group, fresh)
        return fresh

    def _remember(self, group: str, fresh: list[LogLine]) -> None:
        """Look again where lines may still arrive, and know those that were told."""
        if not fresh:
            return
        told = self._told[group] | {each.id: each.at for each in fresh}
        newest = max(told.values())
        again = max(self._since[group], newest - self._reader.late)
        self._since[group] = again
        self._told[group] = {key: at for key, at in told.items() if at >= again}


def _all_writers(held: list[StackContents]) -> list[Writer]:
    return [writer for contents in held for writer in writers_of(contents)]


def _no_stack(name: str, word: str, environment: str) -> BadInput:
    if word == BUILD:
        return BadInput(
            f"There is no stack {name}, so nothing was built.",
            next_step="./deploy_pipeline.py creates the pipeline.",
        )
    return BadInput(
        f"There is no stack {name}, so nothing logs in {environment}.",
        why="No release has reached this environment.",
        next_step="./deploy_pipeline.py status shows how far it came; --environment "
        "names another one, and `build` means the pipeline's builds.",
    )
