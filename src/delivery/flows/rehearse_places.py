"""Rehearse the places that releases are promoted to: what each makes of a release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from delivery.errors import OperationFailed
from delivery.flows.release import Release, ReleaseFollower
from delivery.flows.status import StatusReader
from delivery.model import PIPELINE_NAME, Execution, Outcome
from delivery.ports import Clock, Live, Pipelines

# From the home's last stage to the execution that it started elsewhere.
ARRIVAL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """What a place made of the releases that were promoted to it."""

    region: str
    releases: tuple[Release, ...]

    @property
    def outcome(self) -> Outcome:
        """Return passed when there were releases and every one passed."""
        if not self.releases:
            return Outcome.NOT_RUN
        good = all(each.outcome is Outcome.PASSED for each in self.releases)
        return Outcome.PASSED if good else Outcome.FAILED

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "region": self.region,
            "outcome": self.outcome.value,
            "releases": [each.as_data() for each in self.releases],
        }


@dataclass
class RehearsedPlace:
    """One place of a rehearsal; ``deploy`` brings its foundation and pipeline up."""

    region: str
    deploy: Callable[[], None]
    pipelines: Callable[[], Pipelines]
    reader: Callable[[], StatusReader]
    clock: Clock
    poll_seconds: float
    known: set[str] = field(default_factory=set)
    releases: list[Release] = field(default_factory=list)

    def set_up(self) -> None:
        """Deploy it. A new pipeline starts by itself and finds nothing to deploy yet."""
        self.deploy()
        self.known = {each.id for each in self._executions()}

    def follow(self, live: Live) -> Release:
        """Show the release that was promoted here last, to its end.

        Raises:
            OperationFailed: when none arrived.
        """
        execution = self._arrived()
        self.known.add(execution)
        follower = ReleaseFollower(
            self.reader(),
            self.clock,
            self.poll_seconds,
            on_stage=lambda result: live.note(result.line),
            on_poll=lambda status: live.tick(),
        )
        self.releases.append(follower.follow(execution))
        return self.releases[-1]

    def received(self) -> Received:
        """Return all that came here."""
        return Received(self.region, tuple(self.releases))

    def _arrived(self) -> str:
        deadline = self.clock.monotonic() + ARRIVAL_SECONDS
        while self.clock.monotonic() < deadline:
            fresh = [e.id for e in self._executions() if e.id not in self.known]
            if fresh:
                return fresh[0]
            self.clock.sleep(self.poll_seconds)
        raise OperationFailed(
            f"No release arrived in {self.region}.",
            why="The home's last stage passed, and started nothing there.",
            next_step=f"./deploy_pipeline.py --local --region {self.region} status",
        )

    def _executions(self) -> list[Execution]:
        return self.pipelines().executions(PIPELINE_NAME, limit=10)
