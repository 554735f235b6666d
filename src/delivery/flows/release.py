"""Follow one execution from Source to its last stage, timing each stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from awsrules.statuses import ExecutionStatus
from delivery.errors import Refused, Unreachable
from delivery.flows.approve import Decider
from delivery.flows.status import StatusReader
from delivery.model import Outcome
from delivery.operate.status import PendingApproval, Status
from delivery.ports import Clock

_OUTCOMES = {
    ExecutionStatus.SUCCEEDED: Outcome.PASSED,
    ExecutionStatus.FAILED: Outcome.FAILED,
    ExecutionStatus.NOT_STARTED: Outcome.NOT_RUN,
    ExecutionStatus.SKIPPED: Outcome.NOT_RUN,
}


@dataclass(frozen=True, slots=True)
class StageResult:
    """How a stage went, in wall seconds from the end of the stage before."""

    name: str
    outcome: Outcome
    seconds: float = 0.0

    @property
    def line(self) -> str:
        """Return it in one line, for who watches."""
        return f"{self.name:<20} {self.outcome.value:<13} {self.seconds:6.1f} s"

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "name": self.name,
            "outcome": self.outcome.value,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, slots=True)
class Release:
    """One execution, followed to its end."""

    execution: str
    commit: str
    outcome: Outcome
    stages: tuple[StageResult, ...]
    status: Status

    @property
    def seconds(self) -> float:
        """Return how long all stages took together."""
        return sum(each.seconds for each in self.stages)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "commit": self.commit,
            "execution": self.execution,
            "outcome": self.outcome.value,
            "seconds": round(self.seconds, 1),
            "stages": [each.as_data() for each in self.stages],
            "failures": [each.as_data() for each in self.status.failures],
        }


@dataclass
class ReleaseFollower:
    """Watches an execution; answers its approvals when told to.

    ``on_stage`` is called once for each stage as it ends, ``on_poll`` after each look.
    """

    reader: StatusReader
    clock: Clock
    poll_seconds: float
    decider: Decider | None = None
    comment: str = ""
    on_stage: Callable[[StageResult], None] = lambda result: None
    on_poll: Callable[[Status], None] = lambda status: None
    results: dict[str, StageResult] = field(default_factory=dict)

    def follow(self, execution_id: str) -> Release:
        """Return how the execution ended; polls that fail are tried again."""
        last_end = self.clock.monotonic()
        while True:
            status = self._look(execution_id)
            if status is not None:
                last_end = self._note_ended_stages(status, last_end)
                self.on_poll(status)
                if status.settled:
                    return self._release(execution_id, status)
                self._answer(status)
            self.clock.sleep(self.poll_seconds)

    def _look(self, execution_id: str) -> Status | None:
        try:
            return self.reader.read(execution_id)
        except Unreachable:
            return None

    def _note_ended_stages(self, status: Status, last_end: float) -> float:
        for stage in status.stages:
            if stage.name in self.results or not stage.status.settled:
                continue
            now = self.clock.monotonic()
            outcome = outcome_of(stage.status)
            result = StageResult(stage.name, outcome, now - last_end)
            self.results[stage.name] = result
            self.on_stage(result)
            last_end = now
        return last_end

    def _answer(self, status: Status) -> None:
        if self.decider is None:
            return
        for approval in status.approvals:
            self._approve(self.decider, approval)

    def _approve(self, decider: Decider, approval: PendingApproval) -> None:
        try:
            decider.decide(approval, approved=True, comment=self.comment)
        except (Refused, Unreachable):
            # The stage moved on between the two reads, or the answer was lost: the next
            # look tells, and asks again if it has to.
            return

    def _release(self, execution_id: str, status: Status) -> Release:
        try:
            status = self.reader.read_with_failures(execution_id)
        except Unreachable as error:
            # How it ended is known; only the reasons of failures are not.
            status = replace(status, warnings=(*status.warnings, error.what))
        stages = tuple(
            self.results.get(each.name, StageResult(each.name, outcome_of(each.status)))
            for each in status.stages
        )
        execution = status.execution
        return Release(
            execution=execution_id,
            commit=execution.commit if execution else "",
            outcome=Outcome.PASSED if status.succeeded else Outcome.FAILED,
            stages=stages,
            status=status,
        )


def outcome_of(status: ExecutionStatus) -> Outcome:
    """Return the outcome that a stage's status stands for."""
    return _OUTCOMES.get(status, Outcome.INCONCLUSIVE)
