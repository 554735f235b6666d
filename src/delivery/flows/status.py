"""Gather where an execution stands, with the reasons of its failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from awsrules.statuses import ActionStatus
from delivery.deploy.apply import EARLY_VALIDATION
from delivery.errors import BadInput, DeliveryError, Unreachable
from delivery.flows.following import find_cause
from delivery.model import ActionState, Cause, Execution, StageState
from delivery.operate.failures import explain_build
from delivery.operate.status import Failure, Status, status_of
from delivery.ports import Builds, Clock, Pipelines, Stacks
from delivery.watch.causes import explain, last_operation
from delivery.watch.rhythm import Rhythm

POLL_SECONDS = 5.0
LOG_LINES = 400


@dataclass(frozen=True, slots=True)
class StatusReader:
    """Reads the status of one pipeline's executions."""

    pipelines: Pipelines
    builds: Builds
    stacks: Stacks
    pipeline: str

    def read(self, execution_id: str = "") -> Status:
        """Return the status of one execution, by default of the newest.

        Raises:
            BadInput: when there is no such pipeline, or no such execution.
        """
        state = self.pipelines.state(self.pipeline)
        if state is None:
            raise no_pipeline(self.pipeline)
        execution = self._execution(execution_id)
        actions = (
            self.pipelines.actions(self.pipeline, execution.id) if execution else {}
        )
        return status_of(state, execution, actions)

    def read_with_failures(self, execution_id: str = "") -> Status:
        """Return the status, and why each failed action failed."""
        status = self.read(execution_id)
        failures = tuple(
            self._explain(stage, action)
            for stage in status.stages
            for action in stage.actions
            if action.status is ActionStatus.FAILED
        )
        return replace(status, failures=failures)

    def _execution(self, execution_id: str) -> Execution | None:
        if not execution_id:
            return self._newest()
        if len(execution_id) < 36:
            execution_id = self._full_id(execution_id)
        execution = self.pipelines.execution(self.pipeline, execution_id)
        if execution is None:
            raise self._no_execution(execution_id)
        return execution

    def _newest(self) -> Execution | None:
        """Return the newest execution; of one that was promoted no list tells the commit."""
        newest = next(iter(self.pipelines.executions(self.pipeline, limit=1)), None)
        if newest is None or newest.commit:
            return newest
        known = self.pipelines.execution(self.pipeline, newest.id)
        return replace(newest, commit=known.commit) if known else newest

    def _full_id(self, beginning: str) -> str:
        """Complete the beginning of an execution's id."""
        found = [
            each.id
            for each in self.pipelines.executions(self.pipeline, limit=100)
            if each.id.startswith(beginning)
        ]
        if len(found) == 1:
            return found[0]
        raise self._no_execution(beginning, ambiguous=len(found) > 1)

    def _no_execution(self, wanted: str, *, ambiguous: bool = False) -> BadInput:
        return BadInput(
            f"Pipeline {self.pipeline} has no execution {wanted}.",
            why="Several begin like that." if ambiguous else "",
            next_step="aws codepipeline list-pipeline-executions --pipeline-name "
            f"{self.pipeline}",
        )

    def _explain(self, stage: StageState, action: ActionState) -> Failure:
        """Look where the action's own service says why; its summary is the last resort."""
        plainly = Failure(
            stage.name,
            action.name,
            cause=action.summary or "CodePipeline gave no reason.",
            next_step="./deploy_pipeline.py start, once it is mended.",
            url=action.url,
        )
        try:
            if action.provider == "CodeBuild" and action.external_id:
                return self._explain_build(stage.name, action) or plainly
            if action.provider == "CloudFormation":
                return self._explain_stack(stage.name, action) or plainly
        except DeliveryError as error:
            # The status itself is known; only the reason could not be read.
            return replace(plainly, details=(f"{error.what} {error.why}".strip(),))
        if action.category == "Approval":
            return replace(
                plainly,
                cause=_rejection(action),
                next_step="Mend what was objected to, commit and push.",
            )
        return plainly

    def _explain_build(self, stage: str, action: ActionState) -> Failure | None:
        build = self.builds.build(action.external_id)
        if build is None:
            return None
        log = self.builds.log_tail(build, lines=LOG_LINES)
        tests = self.builds.failed_tests(build)
        return explain_build(stage, action.name, build, log, tests)

    def _explain_stack(self, stage: str, action: ActionState) -> Failure | None:
        name = action.configuration.get("StackName", "")
        stack = self.stacks.find(name) if name else None
        if stack is None:
            return None
        cause = self._found_before(name, action) or find_cause(
            self.stacks, last_operation(self.stacks.events(stack.id)), name
        )
        if cause is None:
            return None
        return Failure(
            stage,
            action.name,
            cause=f"stack {name}: {cause}",
            details=(cause.meaning,) if cause.meaning else (),
            next_step=cause.next_step,
            url=action.url,
        )

    def _found_before(self, stack: str, action: ActionState) -> Cause | None:
        """Return the first finding of early validation, which made no stack event."""
        if EARLY_VALIDATION not in action.summary:
            return None
        change_set = action.configuration.get("ChangeSetName", "")
        found = self.stacks.findings(stack, change_set)
        return explain(found[0]) if found else None


def watch_status(
    reader: StatusReader,
    clock: Clock,
    execution_id: str = "",
    *,
    poll_seconds: float = POLL_SECONDS,
) -> Iterator[Status]:
    """Yield the status again and again until the execution settles.

    Without ``execution_id`` it stays with the execution that it saw first. Looks become
    rarer while nothing changes. One that fails is a warning, and the next one tells.
    """
    rhythm = Rhythm.around(poll_seconds)
    status, news = reader.read(execution_id), True
    while not status.settled:
        yield status
        clock.sleep(rhythm.wait(news=news))
        wanted = execution_id or (status.execution.id if status.execution else "")
        before, status = status, _look(reader.read, wanted, status)
        news = replace(before, warnings=()) != replace(status, warnings=())
    yield from _end(reader, clock, rhythm, status)


def _end(
    reader: StatusReader, clock: Clock, rhythm: Rhythm, status: Status
) -> Iterator[Status]:
    """Yield a settled execution with its failures, once they can be read."""
    execution_id = status.execution.id if status.execution else ""
    while True:
        status = _look(reader.read_with_failures, execution_id, status)
        yield status
        if not status.warnings:
            return
        clock.sleep(rhythm.wait(news=False))


def _look(read: Callable[[str], Status], execution_id: str, known: Status) -> Status:
    """Read the status; when AWS does not answer, what was known with a warning."""
    try:
        return read(execution_id)
    except Unreachable as error:
        return replace(known, warnings=(error.what,))


def no_pipeline(name: str) -> BadInput:
    """Say how to get a pipeline."""
    return BadInput(
        f"There is no pipeline {name} in this account and region.",
        next_step="./deploy_pipeline.py creates it.",
    )


def _rejection(action: ActionState) -> str:
    who = f" by {action.updated_by}" if action.updated_by else ""
    comment = f": {action.summary}" if action.summary else ""
    return f"rejected or expired{who}{comment}"
