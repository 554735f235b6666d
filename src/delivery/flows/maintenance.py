"""Read what a week, a month and a quarter ask about, part by part.

What one part may not read, or cannot, is said in it and takes nothing from the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from awsrules.statuses import ExecutionStatus
from delivery.errors import DeliveryError, NotPermitted, Refused, Unreachable
from delivery.flows.cleaning import Cleaner
from delivery.flows.deploy import TOKEN_SECRET_OUTPUT
from delivery.flows.meant import ROLE, meant_by
from delivery.flows.status import StatusReader
from delivery.maintain.findings import Section, resource_name
from delivery.maintain.guards import (
    bucket_check,
    connection_check,
    key_check,
    token_check,
    topic_check,
    trail_check,
)
from delivery.maintain.pipeline import (
    Builds,
    FailedExecution,
    Past,
    Waiting,
    builds_of,
    past_section,
    trend_section,
    waiting_section,
)
from delivery.maintain.roles import Granted, Reviewed, roles_section
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    ENVIRONMENTS,
    FOUNDATION_STACK,
    PIPELINE_STACK,
    ActionRun,
    CheckResult,
    Execution,
    Outcome,
    StackContents,
    StackResource,
)
from delivery.operate.status import pending_approvals
from delivery.ports import (
    Connections,
    DeployedStacks,
    Guards,
    PipelinePast,
    Pipelines,
    Roles,
    Secrets,
    Subscriptions,
)
from delivery.report.history import Period, PipelineHistory
from delivery.report.pipeline import pipeline_facts
from delivery.validate.privilege.escalation import EMERGENCY

STACKS = (
    FOUNDATION_STACK,
    PIPELINE_STACK,
    *(f"{APPLICATION_STACK_PREFIX}{name}" for name in ENVIRONMENTS),
)
TRAIL_OUTPUT, CONNECTION_OUTPUT = "TrailArn", "SourceConnectionArn"
# So many causes of failures are looked up; each takes several calls.
EXPLAINED = 5


@dataclass
class Maintainer:
    """Reads the parts of a review, and remembers what it was not let to read."""

    pipelines: Pipelines
    past: PipelinePast
    status: StatusReader
    deployed: DeployedStacks
    roles: Roles
    guards: Guards
    secrets: Secrets
    connections: Connections
    subscriptions: Subscriptions
    pipeline: str
    region: str
    rehearsed: bool = False
    denied: list[NotPermitted] = field(default_factory=list)
    answered: int = 0
    _contents: dict[str, StackContents | None] = field(default_factory=dict)

    def insist_on_an_answer(self) -> None:
        """Raise what was refused when nothing at all could be read.

        Raises:
            NotPermitted: then.
        """
        if self.denied and not self.answered:
            raise self.denied[0]

    # --- what the pipeline did ----------------------------------------------------------

    def pipeline_past(self, period: Period) -> Section:
        """Return executions, builds and approvals of a period, with causes of failures."""
        return self._part("Pipeline", "executions", lambda: self._past(period))

    def _past(self, period: Period) -> Section:
        executions = self.past.executions_since(self.pipeline, period.since)
        if executions is None:
            return past_section(None)
        runs = self.past.runs_since(self.pipeline, period.since)
        facts = pipeline_facts(
            PipelineHistory(executions=tuple(executions), actions=tuple(runs)), period
        )
        failed = [e for e in executions if e.status is ExecutionStatus.FAILED]
        ended = [each.status for each in executions if each.status in _TELLING]
        return past_section(
            Past(
                facts.outcomes,
                builds_of(runs),
                tuple(_waits(runs)),
                tuple(self._explained(failed)),
                failed_last=ended[:1] == [ExecutionStatus.FAILED],
            )
        )

    def _explained(self, failed: Iterable[Execution]) -> Iterator[FailedExecution]:
        for place, each in enumerate(failed):
            cause = self._cause(each.id) if place < EXPLAINED else ""
            yield FailedExecution(each.id, each.commit, each.started_at, cause)

    def _cause(self, execution_id: str) -> str:
        try:
            failures = self.status.read_with_failures(execution_id).failures
        except DeliveryError as error:
            return f"not known: {error.what}"
        first = next(iter(failures), None)
        return f"{first.stage}/{first.action}: {first.cause}" if first else ""

    def waiting(self, now: datetime) -> Section:
        """Return what waits for a decision."""
        return self._part("Waiting now", "approvals", lambda: self._waiting(now))

    def _waiting(self, now: datetime) -> Section:
        state = self.pipelines.state(self.pipeline)
        stages = state.stages if state else ()
        began = {
            (stage.name, action.name): action.changed_at
            for stage in stages
            for action in stage.actions
        }
        found = [
            Waiting(
                each.stage,
                each.execution_id,
                began.get((each.stage, each.action)),
                each.approve_command,
            )
            for each in pending_approvals(stages)
        ]
        return waiting_section(found, now)

    def build_times(self, period: Period) -> Section:
        """Return whether builds became slower."""
        return self._part(
            "Build time", "build-time", lambda: trend_section(self._builds(period))
        )

    def _builds(self, period: Period) -> Builds:
        return builds_of(self.past.runs_since(self.pipeline, period.since))

    # --- what is held and kept ----------------------------------------------------------

    def leftovers(self, cleaner: Callable[[], Cleaner], before: datetime) -> Section:
        """Return what clean-up would delete."""
        return self._part(
            "Left over", "clean-up", lambda: self._leftovers(cleaner(), before)
        )

    def _leftovers(self, cleaner: Cleaner, before: datetime) -> Section:
        try:
            found = cleaner.plan(before=before).clean_up
        except Refused as error:
            check = CheckResult("clean-up", Outcome.NOT_RUN, error.why, error.next_step)
            return Section("Left over", checks=(check,))
        if found.empty:
            fine = CheckResult("clean-up", Outcome.PASSED, "Nothing is left over.")
            return Section("Left over", facts=found.as_data(), checks=(fine,))
        check = CheckResult(
            "clean-up",
            Outcome.FAILED,
            f"No release needs {found.summary}.",
            "./deploy_pipeline.py maintenance clean-up",
        )
        return Section("Left over", facts=found.as_data(), checks=(check,))

    def held_roles(self, since: datetime) -> Section:
        """Compare what roles hold with what the templates of their stacks say."""
        return self._part("Roles", "roles", lambda: self._held_roles(since))

    def _held_roles(self, since: datetime) -> Section:
        meant: dict[str, Mapping[str, frozenset[Granted]]] = {}
        found: list[Reviewed] = []
        for stack, each in self._of(ROLE):
            contents = self._stack(stack)
            if contents is not None and stack not in meant:
                meant[stack] = meant_by(contents, self.region)
            found.append(
                Reviewed(
                    stack,
                    each.logical_id,
                    self.roles.role(each.physical_id),
                    meant[stack].get(each.logical_id),
                    emergency=each.logical_id == EMERGENCY,
                )
            )
        return roles_section(found, since, rehearsed=self.rehearsed)

    # --- what guards --------------------------------------------------------------------

    def token(self, now: datetime) -> Section:
        """Return how old the token is, or whether the connection works."""
        return self._part(
            "Access to GitHub",
            "token",
            lambda: Section("Access to GitHub", checks=(self._token(now),)),
        )

    def _token(self, now: datetime) -> CheckResult:
        foundation = self._stack(FOUNDATION_STACK)
        outputs = foundation.stack.outputs if foundation else {}
        if connection := outputs.get(CONNECTION_OUTPUT):
            return connection_check(self.connections.status(connection))
        secret = outputs.get(TOKEN_SECRET_OUTPUT)
        if not secret:
            return CheckResult(
                "token",
                Outcome.INCONCLUSIVE,
                f"Stack {FOUNDATION_STACK} does not say how GitHub is read.",
                "./deploy_pipeline.py",
            )
        if self.rehearsed:
            what = "The plane does not tell when a token was stored."
            return CheckResult("token", Outcome.NOT_REHEARSED, what)
        return token_check(self.secrets.stored_at(secret), now)

    def security(self) -> Section:
        """Return whether keys, buckets, the trail and notices are as they should be."""
        return self._part("Security", "stacks", self._security)

    def _security(self) -> Section:
        asked = [
            *self._asked("AWS::KMS::Key", self._key),
            *self._asked("AWS::S3::Bucket", self._bucket),
            ("trail", self._trail),
            *self._asked("AWS::SNS::Topic", self._topic),
        ]
        checks = tuple(self._checked(name, check) for name, check in asked)
        return Section("Security", checks=checks)

    def _asked(
        self, kind: str, check: Callable[[str, str], CheckResult]
    ) -> Iterator[tuple[str, Callable[[], CheckResult]]]:
        for stack, each in self._of(kind):
            name = resource_name(stack, each.logical_id)
            yield name, _bound(check, name, each.physical_id)

    def _key(self, name: str, key_id: str) -> CheckResult:
        return key_check(name, self.guards.key_rotates(key_id))

    def _bucket(self, name: str, bucket: str) -> CheckResult:
        return bucket_check(name, self.guards.bucket(bucket))

    def _topic(self, name: str, arn: str) -> CheckResult:
        return topic_check(name, self.subscriptions.unconfirmed(arn))

    def _trail(self) -> CheckResult:
        foundation = self._stack(FOUNDATION_STACK)
        arn = foundation.stack.outputs.get(TRAIL_OUTPUT, "") if foundation else ""
        if not arn:
            what = (
                f"Stack {FOUNDATION_STACK} names no trail: nobody records who did what."
            )
            return CheckResult("trail", Outcome.FAILED, what, "./deploy_pipeline.py")
        return trail_check("trail", self.guards.trail(arn))

    # --- reading ------------------------------------------------------------------------

    def _stack(self, name: str) -> StackContents | None:
        if name not in self._contents:
            self._contents[name] = self.deployed.contents(name)
        return self._contents[name]

    def _of(self, kind: str) -> list[tuple[str, StackResource]]:
        """Return the resources of a type that the delivery's stacks hold."""
        found = [(name, self._stack(name)) for name in STACKS]
        return [
            (name, each)
            for name, contents in found
            if contents is not None
            for each in contents.resources
            if each.type == kind
        ]

    def _part(self, title: str, check: str, read: Callable[[], Section]) -> Section:
        try:
            section = read()
        except DeliveryError as error:
            return Section(title, checks=(self._unread(check, error),))
        self.answered += 1
        return section

    def _checked(self, name: str, check: Callable[[], CheckResult]) -> CheckResult:
        try:
            return check()
        except DeliveryError as error:
            return self._unread(name, error)

    def _unread(self, name: str, error: DeliveryError) -> CheckResult:
        """Return a check of what could not be read: never fine, and never absent."""
        told = f"{error.what} {error.why}".strip()
        if isinstance(error, NotPermitted):
            self.denied.append(error)
            return CheckResult(name, Outcome.NOT_RUN, told, error.next_step)
        # The plane has no answer to some of it; AWS has.
        lacking = self.rehearsed and not isinstance(error, Unreachable)
        outcome = Outcome.NOT_REHEARSED if lacking else Outcome.INCONCLUSIVE
        return CheckResult(name, outcome, told, error.next_step)


# An execution that was superseded or stopped says nothing about what it carried.
_TELLING = {ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED}


def _waits(runs: Iterable[ActionRun]) -> Iterator[timedelta]:
    for each in runs:
        if each.category == "Approval" and each.status.settled:
            yield each.changed_at - each.started_at


def _bound(
    check: Callable[[str, str], CheckResult], name: str, target: str
) -> Callable[[], CheckResult]:
    return lambda: check(name, target)
