"""Put the second release of a rehearsal to the test: traffic, faults, a clock to fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from awsrules.statuses import ExecutionStatus, StackStatus
from delivery.flows.traffic import Loader, Measured, Pace
from delivery.errors import BadInput
from delivery.model import APPLICATION_STACK_PREFIX, Injection, Outcome
from delivery.operate.status import Status
from delivery.ports import Alarms, Clock, Controls, Screen, Stacks

# Real seconds of a shift after which an alarm that has not fired will not, and the plane's
# clock runs on at its own speed: so many, and so many of the alarm's periods.
_PATIENCE_SECONDS = 45.0
_PATIENCE_PERIODS = 4
_SETTLES_WITHIN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Strained:
    """What became of a release that was put to the test."""

    injections: tuple[Injection, ...]
    pace: Pace
    measured: Measured | None
    stack: str
    stack_status: StackStatus | None

    def outcome(self, release: Outcome) -> Outcome:
        """Return failed when users were hurt, or when what is broken went on its way."""
        failed = self.measured.requests.failed if self.measured else 0
        if self.injections or failed:
            return Outcome.FAILED
        return release

    def verdict(self, release: Outcome) -> str:
        """Say in sentences what the test showed."""
        sent = self._requests()
        if not self.injections:
            return f"The release {release.value} under traffic: {sent}."
        what = ", ".join(str(each) for each in self.injections)
        if release is Outcome.PASSED:
            return (
                f"The release passed with {what} in its new versions: no hook failed and "
                f"no alarm stopped it, and {sent}."
            )
        if self.measured is None:
            return (
                f"The release failed before it was deployed here, so {what} met nothing, and "
                "nothing is shown of it."
            )
        if not self.measured.met:
            return f"The release failed, but {what} met nothing; {sent}."
        return (
            f"The fault did what it should: with {what} in its new versions the release "
            f"failed{self._by_alarm()}, {self._stack()}, and {sent}."
        )

    def as_data(self, release: Outcome) -> dict[str, Any]:
        """Return plain data for JSON."""
        measured = self.measured.as_data() if self.measured else {}
        return {
            "requests": {"sent": 0, "failed": 0},
            "alarms": [],
            **measured,
            "clock_speed": self.pace.speed,
            "pace": self.pace.sentences(),
            "stack": {"name": self.stack, "status": self.stack_status},
            "verdict": self.verdict(release),
        }

    def _requests(self) -> str:
        if self.measured is None:
            return "no request was sent"
        requests = self.measured.requests
        return f"{requests.failed} of {requests.sent} requests failed"

    def _by_alarm(self) -> str:
        alarms = self.measured.alarms if self.measured else ()
        names = list(dict.fromkeys(self._short(each.name) for each in alarms))
        if not names:
            return ""
        return f" when {', '.join(names)} fired"

    def _short(self, alarm: str) -> str:
        """Return an alarm's logical id, where its name was generated from it."""
        return alarm.removeprefix(f"{self.stack}-").partition("-")[0]

    def _stack(self) -> str:
        return f"{self.stack} is in {self.stack_status or 'no state that is known'}"


@dataclass
class Strain:
    """Acts while the second release passes through ``environment``."""

    controls: Controls
    stacks: Stacks
    clock: Clock
    screen: Screen
    environment: str
    injections: tuple[Injection, ...]
    choose: Callable[[float], Pace]
    loader: Callable[[Pace], Loader]
    _loading: Loader | None = None
    _pace: Pace | None = None
    _speed: float = 0.0
    _shift_began: float | None = None
    _slowed: bool = False
    _ended: bool = False
    _measured: Measured | None = field(default=None)

    def prepare(self) -> None:
        """Break what is published from now on, and say what will be sent."""
        self._speed = self.controls.time().speed
        self._pace = self.choose(self._speed)
        self._loading = self.loader(self._pace)
        refuse_unknown_alarms(self.injections, self._loading.alarms)
        for injection in self.injections:
            self.controls.inject(injection)
            self.screen.say(f"Injected into versions from now on: {injection}.")
        for sentence in self._pace.sentences():
            self.screen.say(sentence)

    def watch(self, status: Status, *, shifting: bool) -> None:
        """Send traffic while the environment is deployed to; call it at each look."""
        match self._stage(status):
            case ExecutionStatus.NOT_STARTED:
                return
            case stage if stage.settled:
                self._end()
            case _:
                self._begin()
                self._be_patient(shifting)

    def finish(self) -> Strained:
        """End it, and return what it showed."""
        if self._pace is None:
            raise RuntimeError("a strain is prepared before it is finished")
        self._end()
        name = f"{APPLICATION_STACK_PREFIX}{self.environment}"
        return Strained(
            self.injections, self._pace, self._measured, name, self._settled(name)
        )

    def _stage(self, status: Status) -> ExecutionStatus:
        name = f"Deploy{self.environment.capitalize()}"
        found = [each.status for each in status.stages if each.name == name]
        return next(iter(found), ExecutionStatus.NOT_STARTED)

    def _begin(self) -> None:
        if self._loading is None or self._ended or self._slowed:
            return
        self._loading.start()
        if self._pace is not None and self._pace.speed is not None:
            self.controls.set_speed(self._pace.speed)
            self._slowed = True

    def _be_patient(self, shifting: bool) -> None:
        """Let the clock run on when no alarm fired in good time."""
        if not self._slowed or not shifting or self._ended:
            return
        now = self.clock.monotonic()
        if self._shift_began is None:
            self._shift_began = now
        if now - self._shift_began > self._patience():
            self.screen.say("No alarm has stopped the shift; the clock runs on.")
            self.controls.set_speed(self._speed)
            self._shift_began = float("inf")

    def _patience(self) -> float:
        pace = self._pace
        if pace is None or pace.evidence is None or not pace.speed:
            return _PATIENCE_SECONDS
        period = pace.evidence.alarm.period_seconds / pace.speed
        return max(_PATIENCE_SECONDS, _PATIENCE_PERIODS * period)

    def _end(self) -> None:
        if self._ended or self._loading is None:
            return
        self._ended = True
        self._measured = self._loading.stop()
        if self._slowed:
            self.controls.set_speed(self._speed)

    def _settled(self, name: str) -> StackStatus | None:
        """Return the status that the stack ends in."""
        deadline = self.clock.monotonic() + _SETTLES_WITHIN_SECONDS
        while True:
            stack = self.stacks.find(name)
            late = self.clock.monotonic() > deadline
            if stack is None or stack.status.settled or late:
                return stack.status if stack else None
            self.clock.sleep(0.5)


def refuse_unknown_alarms(injections: Sequence[Injection], alarms: Alarms) -> None:
    """Refuse a fault of an alarm that is not there: it would do nothing.

    An alarm may be named by its logical id, which is a part of its generated name.

    Raises:
        BadInput: with the names that there are.
    """
    wanted = [each for each in injections if each.kind == "alarm"]
    if not wanted:
        return
    known = alarms.names()
    for injection in wanted:
        name, place = str(injection.settings["name"]), injection.environment
        mine = [each for each in known if place in each.split("-")]
        if not any(name == each or name in each.split("-") for each in mine):
            raise BadInput(
                f"There is no alarm {name} in {place}.",
                why="It is neither a name nor a logical id of " + ", ".join(mine) + ".",
                next_step="Give one of these.",
            )
