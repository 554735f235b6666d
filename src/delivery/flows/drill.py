"""Practise a rollback: back to the last known good release and forth, under real traffic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awsrules.statuses import ExecutionStatus
from delivery.errors import DeliveryError, Refused
from delivery.flows.traffic import api_of
from delivery.flows.undo import Undoer
from delivery.flows.undone import Undone
from delivery.ledger.events import DRILL
from delivery.model import (
    CheckResult,
    Outcome,
    RequestKind,
    TrafficPlan,
    TrafficReport,
    Verdict,
)
from delivery.ports import Clock, RunningTraffic, Screen, Traffic
from delivery.rollback.options import Choice, Option, Way
from delivery.rollback.situation import Situation, pick_release

# How long requests are sent before the first move and after the last.
LULL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The release that serves and is to serve again, and the one in between."""

    served: int
    back_to: int


@dataclass(frozen=True, slots=True)
class Leg:
    """One way of the two: what was done, what verification found, how long both took."""

    name: str
    done: Undone
    verdict: Verdict
    seconds: float

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "name": self.name,
            **self.done.as_data(),
            "seconds": round(self.seconds, 1),
            "verification": self.verdict.as_data(),
        }


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill did, and what requests met meanwhile."""

    environment: str
    legs: tuple[Leg, ...]
    requests: TrafficReport

    @property
    def outcome(self) -> Outcome:
        """Return passed only when no request failed and both verifications passed."""
        found = {each.verdict.outcome for each in self.legs}
        if self.requests.failed or Outcome.FAILED in found:
            return Outcome.FAILED
        if self.requests.sent and found == {Outcome.PASSED}:
            return Outcome.PASSED
        return Outcome.INCONCLUSIVE

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "environment": self.environment,
            "outcome": self.outcome.value,
            "legs": [each.as_data() for each in self.legs],
            "requests": self.requests.as_data(),
        }


@dataclass(frozen=True, slots=True)
class Drill:
    """Takes an environment back and forth; ``verify`` looks after each of both."""

    undoer: Undoer
    traffic: Traffic
    verify: Callable[[Undone, datetime], Verdict]
    clock: Clock
    screen: Screen
    rate: float
    mix: tuple[RequestKind, ...]

    def plan(self) -> Plan:
        """Return what would be done.

        Raises:
            Refused: when a drill would hide or disturb something else that goes on.
        """
        situation = self.undoer.situation()
        self._refuse_unrest(situation)
        target = pick_release(situation, None)
        if target is None or situation.live is None:
            raise self._refusal("There is no verified release to go back to.")
        self._traffic_first(situation, target.number)
        return Plan(situation.live, target.number)

    def run(self, plan: Plan) -> Drilled:
        """Go back and forth while requests are sent."""
        api_url, key = api_of(self.undoer.stacks, self.undoer.environment)
        sender = self.traffic.start(TrafficPlan(api_url, key, self.rate, self.mix))
        try:
            self.clock.sleep(LULL_SECONDS)
            legs = (
                self._leg("back", plan.back_to, sender),
                self._leg("forward", plan.served, sender),
            )
            self.clock.sleep(LULL_SECONDS)
        finally:
            report = sender.stop()
        return Drilled(self.undoer.environment, legs, report)

    def _leg(self, name: str, release: int, sender: RunningTraffic) -> Leg:
        began, start = self.clock.now(), self.clock.monotonic()
        situation = self.undoer.situation()
        option = self._traffic_first(situation, release)
        done = self.undoer.roll_back(
            situation,
            option,
            to=release,
            reason=f"{DRILL} {name} to release {release}.",
        )
        verdict = self._verdict(done, began)
        so_far = sender.so_far()
        self.screen.say(
            f"Drill, {name}: {verdict.outcome.value}; {so_far.sent} requests sent, "
            f"{so_far.failed} failed."
        )
        return Leg(name, done, verdict, self.clock.monotonic() - start)

    def _verdict(self, done: Undone, began: datetime) -> Verdict:
        """Verify; what cannot be verified must not keep the way forward from being gone."""
        try:
            return self.verify(done, began)
        except DeliveryError as error:
            found = CheckResult(
                "verification",
                Outcome.INCONCLUSIVE,
                f"{error.what} {error.why}".strip(),
                error.next_step,
            )
            return Verdict(done.environment, (found,))

    def _traffic_first(self, situation: Situation, wanted: int) -> Option:
        options = self.undoer.options(situation, wanted)
        option = next(each for each in options if each.choice is Choice.STACK)
        if option.way is not Way.TRAFFIC_FIRST:
            raise self._refusal(f"{option.reason}.")
        return option

    def _refuse_unrest(self, situation: Situation) -> None:
        if situation.unfinished is not None:
            raise self._refusal("A rollback was begun there and not finished.")
        if not situation.live_is_good:
            raise self._refusal(
                "What serves was not verified, so it is not drilled to."
            )
        if situation.shifts:
            raise self._refusal("Traffic is shifting.")
        stage = self.undoer.door.look()
        if stage is not None and stage.status is ExecutionStatus.IN_PROGRESS:
            raise self._refusal("A release is under way in the pipeline's stage.")

    def _refusal(self, why: str) -> Refused:
        name = self.undoer.environment
        return Refused(
            f"{name} is not in a state for a drill; nothing was changed.",
            why=why,
            next_step=f"./deploy_pipeline.py status, or ./rollback.py {name}",
        )
