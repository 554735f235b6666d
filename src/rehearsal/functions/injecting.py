"""Failures asked for of functions: which calls they meet, and what they do to them.

The function's own code runs all the same; what changes is what becomes of its answer, as
Lambda reports it.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import Protocol

from rehearsal.faults import Fault, parts_of
from rehearsal.functions.model import Version
from rehearsal.functions.worker import Job, Outcome, out_of_memory, timed_out
from rehearsal.plane import Plane


class Target(Protocol):
    """A call, as far as faults look at it."""

    @property
    def version(self) -> Version:
        """Return the version that serves it."""


@dataclass(frozen=True, slots=True)
class Injected:
    """What is to happen to one call: nothing of it, unless a fault says so."""

    fails: bool = False
    out_of_memory: bool = False
    wait_seconds: float = 0.0

    def changed(self, outcome: Outcome, job: Job) -> Outcome:
        """Return what the caller gets in place of what the code answered."""
        if self.out_of_memory:
            return out_of_memory(job)
        if not self.fails or outcome.error is not None:
            return outcome
        body = {
            "errorMessage": "an error was injected by the rehearsal",
            "errorType": "InjectedError",
            "requestId": job.request_id,
            "stackTrace": [],
        }
        return replace(outcome, payload=json.dumps(body).encode(), error="Unhandled")

    def log_line(self) -> str:
        """Return what Lambda's runtime writes about an error that nobody caught."""
        if not self.fails:
            return ""
        return "[ERROR] InjectedError: an error was injected by the rehearsal\n"

    def ends(self, job: Job) -> Outcome | None:
        """Return how the call ends before the code does: by its timeout, if the wait lasts."""
        if self.wait_seconds < job.timeout_seconds:
            return None
        return timed_out(job)


class Injector:
    """Draws for each call which faults it meets."""

    def __init__(self, plane: Plane, chances: random.Random) -> None:
        self._faults = plane.faults
        self._random = chances

    def for_call(self, target: Target) -> Injected:
        """Draw what is to happen to a call that was let in."""
        slow = self._drawn("latency", target)
        return Injected(
            fails=self._drawn("errors", target) is not None,
            out_of_memory=self._drawn("memory", target) is not None,
            wait_seconds=float(slow.settings.get("seconds", 1.0)) if slow else 0.0,
        )

    def throttles(self, target: Target) -> bool:
        """Draw whether a call is refused."""
        return self._drawn("throttling", target) is not None

    def lost_metrics(self, target: Target) -> frozenset[str]:
        """Return the metrics that the version does not emit."""
        lost = self._in_force("metric", target)
        for fault in lost:
            self._faults.happened(fault)
        return frozenset(str(fault.settings["name"]) for fault in lost)

    def _drawn(self, kind: str, target: Target) -> Fault | None:
        fault = next(iter(self._in_force(kind, target)), None)
        if fault is None:
            return None
        if self._random.random() >= float(fault.settings.get("rate", 1.0)):
            return None
        self._faults.happened(fault)
        return fault

    def _in_force(self, kind: str, target: Target) -> list[Fault]:
        version = target.version
        environment = version.variables.get("ENVIRONMENT", "")
        targets = (*parts_of(version.name), environment)
        return [
            fault
            for fault in self._faults.find_all(kind, *targets)
            if fault.meets_version(version.number, version.modified)
        ]
