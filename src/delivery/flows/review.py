"""Look ahead: what would a release change in the environment behind the approval?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from delivery.deploy.apply import prepare
from delivery.deploy.plan import attention, has_no_changes
from delivery.errors import BadInput, OperationFailed, Refused, Unreachable
from delivery.flows.candidate import (
    TEMPLATE_NAME,
    Candidate,
    inputs_name,
    override_in,
    refuse_unknown_choice,
    with_choice,
)
from delivery.flows.coexist import lost_by_release
from delivery.flows.firing import AlarmWatch
from delivery.flows.releases import ReleaseReader
from delivery.ledger.facts import commit_of
from delivery.ledger.releases import Release
from delivery.model import (
    ActionState,
    Cause,
    ChangeSet,
    Execution,
    ReportSummary,
    Stack,
    StackRequest,
    StoredObject,
    as_deployed,
)
from delivery.ports import (
    Builds,
    Clock,
    Pipelines,
    ReleaseStore,
    ReviewStacks,
    Screen,
    TestReports,
)
from delivery.review.report import Finding, Review, Revision, as_data, as_text
from delivery.watch.causes import explain

CHANGE_SET_PREFIX = "review-"
# A shift of production's traffic may take hours; nobody pays a build to watch it.
PATIENCE_SECONDS = 900.0
REMOVAL_SECONDS = 120.0
MOST_TRAVELLING = 20
_NO_TESTS = frozenset({"Record", "Review", "RollBackIfFailed"})


@dataclass(frozen=True, slots=True)
class Published:
    """A review and the console page that shows it."""

    review: Review
    link: str


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Makes a throwaway change set, reads it, removes it, and stores the report."""

    stacks: ReviewStacks
    pipelines: Pipelines
    builds: Builds
    reports: TestReports
    store: ReleaseStore
    releases: ReleaseReader
    alarms: AlarmWatch
    clock: Clock
    screen: Screen
    pipeline: str
    poll_seconds: float = 2.0

    def review(self, candidate: Candidate) -> Published:
        """Look ahead, and store what was seen as JSON and as text.

        Raises:
            BadInput: when there is no such execution.
            OperationFailed: when CloudFormation refuses the change set.
            Refused: when the stack is in a status that no deployment leads out of.
        """
        execution = self.pipelines.execution(self.pipeline, candidate.execution)
        if execution is None:
            raise BadInput(
                f"Pipeline {self.pipeline} has no execution {candidate.execution}.",
                next_step="./deploy_pipeline.py status shows the newest one's id.",
            )
        refuse_unknown_choice(execution)
        candidate = with_choice(candidate, execution)
        template = self._keep_inputs(candidate)
        self._clear_leftovers(candidate)
        seen = self._look(candidate, template)
        review = self._report(candidate, execution, seen)
        name = candidate.environment
        text = json.dumps(as_data(review), indent=1, ensure_ascii=False)
        self.store.put(candidate.key(f"{name}.json"), f"{text}\n".encode())
        page = candidate.key(f"{name}.txt")
        self.store.put(page, as_text(review).encode())
        return Published(review, self.store.page(page))

    def _keep_inputs(self, candidate: Candidate) -> StoredObject:
        """Store what is reviewed, so that anybody may look again without the artifact."""
        inputs = {
            "Parameters": dict(candidate.parameters),
            "Tags": dict(candidate.tags),
        }
        key = candidate.key(inputs_name(candidate.environment))
        self.store.put(key, f"{json.dumps(inputs, indent=1)}\n".encode())
        return self.store.put(candidate.key(TEMPLATE_NAME), candidate.template)

    def _look(self, candidate: Candidate, template: StoredObject) -> Seen:
        """Make the change set that says what would change; it is gone afterwards."""
        stack = self._settled_stack(candidate)
        if stack is not None and stack.status.busy:
            return Seen(creates=False, note=f"the stack is still in {stack.status}")
        creates = stack is None or stack.status.can_be_created
        request = StackRequest(
            name=candidate.review_stack if creates else candidate.stack,
            template="",
            # What is deployed already is not deployed again.
            parameters=as_deployed(
                candidate.parameters, stack.parameters if stack else {}
            ),
            tags=candidate.tags,
            template_url=self.store.url(template),
        )
        with self._removed_afterwards(candidate, creates) as cleanup:
            change_set = prepare(
                self.stacks,
                self.clock,
                request,
                create=creates,
                poll_seconds=self.poll_seconds,
            )
            cleanup.append(change_set)
        if change_set.status == "FAILED" and not has_no_changes(change_set):
            raise _refused(candidate, change_set)
        return Seen(creates=creates, change_set=change_set)

    def _settled_stack(self, candidate: Candidate) -> Stack | None:
        """Return the stack once nothing goes on, or as it is when patience ends.

        Raises:
            Refused: when the release could not be deployed to it either.
        """
        deadline = self.clock.monotonic() + PATIENCE_SECONDS
        while True:
            stack = self.stacks.find(candidate.stack)
            if stack is None or stack.status.can_be_created:
                return stack
            if stack.status.must_be_deleted:
                raise _must_be_deleted(stack)
            if stack.status.needs_a_person:
                raise attention(stack)
            if not stack.status.busy or self.clock.monotonic() > deadline:
                return stack
            self.screen.say(f"Stack {stack.name} is in {stack.status}; waiting for it.")
            self.clock.sleep(self.poll_seconds * 5)

    @contextmanager
    def _removed_afterwards(
        self, candidate: Candidate, creates: bool
    ) -> Iterator[list[ChangeSet]]:
        """Remove the change set, and the empty stack that a creation leaves behind."""
        made: list[ChangeSet] = []
        try:
            yield made
        finally:
            for change_set in made:
                self.stacks.discard(change_set)
            if creates:
                self._remove_shell(candidate)

    def _clear_leftovers(self, candidate: Candidate) -> None:
        """Remove what a review that was killed halfway left of its own."""
        self._remove_shell(candidate)
        for name, change_set in self.stacks.change_sets(candidate.stack).items():
            if name.startswith(CHANGE_SET_PREFIX):
                self.screen.say(f"Removing change set {name} of an earlier review.")
                self.stacks.discard(change_set)

    def _remove_shell(self, candidate: Candidate) -> None:
        """Delete the empty review stack, by its id, and wait until it is gone."""
        stack = self.stacks.find(candidate.review_stack)
        if stack is None:
            return
        if not stack.status.is_shell and not stack.status.busy:
            raise Refused(
                f"Stack {stack.name} is not empty.",
                why=f"It is in {stack.status}; the review uses that name for stacks "
                "that are never created.",
                next_step="Find out who made it, and delete it.",
            )
        if stack.status.is_shell:
            self.stacks.delete(stack.id, token=f"review-{uuid4()}")
        deadline = self.clock.monotonic() + REMOVAL_SECONDS
        while (left := self.stacks.find(stack.id)) is not None:
            if left.status.value == "DELETE_COMPLETE":
                return
            if self.clock.monotonic() > deadline:
                raise Unreachable(
                    f"The empty stack {stack.name} did not go away in two minutes.",
                    why=f"It is in {left.status}.",
                    next_step="Retry the stage; the next review removes it.",
                )
            self.clock.sleep(self.poll_seconds)

    def _report(self, candidate: Candidate, execution: Execution, seen: Seen) -> Review:
        actions = self.pipelines.actions(self.pipeline, candidate.execution)
        commit = commit_of(execution, actions)
        previous = self.releases.live_release(candidate.environment)
        firing = self.alarms.firing(
            candidate.environment,
            template=candidate.template.decode(),
            parameters=candidate.parameters,
        )
        return Review(
            environment=candidate.environment,
            stack=candidate.stack,
            creates=seen.creates,
            execution=candidate.execution,
            made_at=self.clock.now(),
            revision=Revision(commit.id, commit.summary, commit.time),
            finding=seen.finding,
            changes=seen.change_set.changes if seen.change_set else (),
            previous=_revision_of(previous),
            release=previous.number if previous else None,
            travelling_with=self._travelling(candidate.execution, commit.id, previous),
            reports=tuple(self._reports(actions)),
            note=seen.note,
            conflicts=self._conflicts(candidate, previous),
            pins=self.releases.pinned(candidate.environment),
            firing=firing,
            override=override_in(candidate, execution),
        )

    def _conflicts(
        self, candidate: Candidate, serving: Release | None
    ) -> tuple[str, ...]:
        """Return what the release that serves needs and this one takes away."""
        if serving is None:
            return ()
        found = lost_by_release(
            self.store, serving, candidate.template, candidate.parameters
        )
        return tuple(str(each) for each in found)

    def _travelling(
        self, execution: str, commit: str, previous: Release | None
    ) -> tuple[Revision, ...]:
        """Return commits of earlier executions that did not reach the environment."""
        if previous is None:
            return ()
        found: dict[str, Revision] = {}
        begun = False
        for each in self.pipelines.executions(self.pipeline, limit=100):
            if each.id == previous.execution:
                break
            known = {"", commit, previous.deployed.commit.id}
            if begun and (passed := self._commit_of(each)) not in known:
                found.setdefault(passed, Revision(passed, _title(each)))
            begun = begun or each.id == execution
        return tuple(found.values())[:MOST_TRAVELLING]

    def _commit_of(self, listed: Execution) -> str:
        """Return the commit of an execution; of one that was promoted no list tells it."""
        if listed.commit:
            return listed.commit
        known = self.pipelines.execution(self.pipeline, listed.id)
        return known.commit if known else ""

    def _reports(
        self, actions: Mapping[str, Sequence[ActionState]]
    ) -> list[ReportSummary]:
        """Return the reports that this execution's builds published, in order."""
        found: list[ReportSummary] = []
        for action in (each for stage in actions.values() for each in stage):
            tests = action.provider == "CodeBuild" and action.name not in _NO_TESTS
            if not tests or not action.external_id:
                continue
            build = self.builds.build(action.external_id)
            if build is not None:
                found.extend(
                    replace(each, name=f"{action.name} ({each.name})")
                    for each in self.reports.summaries(build.report_arns)
                )
        return found


@dataclass(frozen=True, slots=True)
class Seen:
    """What the look ahead saw; without a change set it saw nothing, for a reason."""

    creates: bool
    change_set: ChangeSet | None = None
    note: str = ""

    @property
    def finding(self) -> Finding:
        """Return it in one word."""
        if self.change_set is None:
            return Finding.UNKNOWN
        if has_no_changes(self.change_set):
            return Finding.NO_CHANGES
        return Finding.CHANGES


def _revision_of(release: Release | None) -> Revision | None:
    if release is None:
        return None
    commit = release.deployed.commit
    return Revision(commit.id, commit.summary, release.deployed_at)


def _title(execution: Execution) -> str:
    lines = execution.commit_summary.splitlines()
    return lines[0] if lines else ""


def _must_be_deleted(stack: Stack) -> OperationFailed:
    return OperationFailed(
        f"Stack {stack.name} cannot be deployed to.",
        why=f"It is in {stack.status}: its creation failed and was taken back.",
        next_step=f"aws cloudformation delete-stack --stack-name {stack.name}, then "
        "retry the stage.",
    )


def _refused(candidate: Candidate, change_set: ChangeSet) -> OperationFailed:
    cause = explain(Cause(candidate.stack, "change set", change_set.reason))
    return OperationFailed(
        f"CloudFormation refuses this release for stack {candidate.stack}.",
        why=f"{change_set.reason} {cause.meaning}".strip(),
        next_step=cause.next_step,
    )
