"""Rehearse the product: two commits from Source to production on this machine."""

from __future__ import annotations

import secrets as random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from delivery.errors import BadInput, PlaneUnavailable, Unreachable
from delivery.flows.approve import Decider
from delivery.flows.deploy import Deployed
from delivery.flows.rehearse_places import Received, RehearsedPlace
from delivery.flows.release import Release, ReleaseFollower, StageResult
from delivery.flows.status import StatusReader
from delivery.flows.strain import Strain, Strained
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    PIPELINE_NAME,
    Access,
    AliasRoute,
    Answers,
    Hidden,
    Outcome,
    Push,
    WorkTree,
)
from delivery.operate.shift import AliasJourney, Shift, journeys_of
from delivery.operate.status import Status
from delivery.ports import Clock, Functions, Pipelines, Plane, Screen, Stacks

RELEASE_FILE = "src/functions/RELEASE"
APPROVAL_COMMENT = "Approved by the rehearsal."
PRODUCTION = "production"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of setting up, in wall seconds."""

    name: str
    seconds: float

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"name": self.name, "seconds": round(self.seconds, 1)}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What ``rehearse run`` saw."""

    endpoint_url: str
    phases: tuple[Phase, ...]
    releases: tuple[Release, ...]
    journeys: tuple[AliasJourney, ...] = ()
    not_rehearsed: tuple[Mapping[str, str], ...] = ()
    not_allowed: tuple[Mapping[str, str], ...] = ()
    production: Mapping[str, str] = field(default_factory=dict)
    strained: Strained | None = None
    received: tuple[Received, ...] = ()

    @property
    def shift(self) -> Shift:
        """Return whether the second release shifted production's traffic."""
        return Shift(self.journeys)

    @property
    def outcome(self) -> Outcome:
        """Return passed only when both releases and the shift did, in every place."""
        outcomes = [each.outcome for each in self.releases]
        outcomes += [each.outcome for each in self.received]
        releases_passed = len(self.releases) == 2 and set(outcomes) == {Outcome.PASSED}
        good = releases_passed and self.shift.outcome is Outcome.PASSED
        outcome = Outcome.PASSED if good else Outcome.FAILED
        return self.strained.outcome(outcome) if self.strained else outcome

    @property
    def verdict(self) -> str:
        """Return what the test of the second release showed; empty without one."""
        if self.strained is None:
            return ""
        return self.strained.verdict(self.releases[-1].outcome)

    @property
    def api_url(self) -> str:
        """Return production's API, or nothing."""
        return self.production.get("ApiUrl", "")

    def as_data(self) -> dict[str, Any]:
        """Return plain data for ``rehearse run --output json``."""
        return {
            "endpoint_url": self.endpoint_url,
            "phases": [each.as_data() for each in self.phases],
            "api_url": self.api_url,
            "shift": self.shift.as_data(),
            "not_rehearsed": [dict(each) for each in self.not_rehearsed],
            "not_allowed": [dict(each) for each in self.not_allowed],
            **(
                self.strained.as_data(self.releases[-1].outcome)
                if self.strained
                else {}
            ),
            **(
                {"places": [each.as_data() for each in self.received]}
                if self.received
                else {}
            ),
            "outcome": self.outcome.value,
            "releases": [each.as_data() for each in self.releases],
        }


@dataclass
class Rehearser:
    """Runs the rehearsal; ``deploy`` brings foundation and pipeline up for a branch.

    ``left_out`` is what is not rehearsed from the outset, in the words of the plane's list.
    """

    plane: Plane
    pipelines: Callable[[], Pipelines]
    stacks: Callable[[], Stacks]
    functions: Callable[[], Functions]
    reader: Callable[[], StatusReader]
    decider: Callable[[], Decider]
    clock: Clock
    screen: Screen
    deploy: Callable[[Answers, Hidden], Deployed]
    push: Callable[[str], Push]
    poll_seconds: float = 0.5
    strain: Callable[[], Strain] | None = None
    places: Sequence[RehearsedPlace] = ()
    left_out: Sequence[Mapping[str, str]] = ()
    phases: list[Phase] = field(default_factory=list)

    def run(self, tree: WorkTree | None) -> Rehearsal:
        """Make both releases; what fails early leaves the later parts not run."""
        if tree is None:
            raise no_commit()
        branch = tree.branch or "main"
        endpoint_url = self._timed("Start the plane", self._fresh_plane)
        push = self._timed("Push the commit", lambda: self.push(branch))
        deployed = self._timed(
            "Deploy the pipeline",
            lambda: self.deploy(rehearsal_answers(tree, branch), dummy_token()),
        )
        for place in self.places:
            self._timed(f"Deploy to {place.region}", place.set_up)
        first = self._follow("Release 1", self._first_execution(deployed, push))
        self._follow_elsewhere(first)
        releases: list[Release] = [first]
        journeys: Sequence[AliasJourney] = ()
        strained: Strained | None = None
        if first.outcome is Outcome.PASSED:
            second, journeys, strained = self._second_release(branch)
            releases.append(second)
            self._follow_elsewhere(second)
        return Rehearsal(
            endpoint_url,
            tuple(self.phases),
            tuple(releases),
            tuple(journeys),
            (*self.plane.not_rehearsed(), *self.left_out),
            tuple(self.plane.not_allowed()),
            self._outputs(PRODUCTION),
            strained,
            tuple(each.received() for each in self.places),
        )

    def _follow_elsewhere(self, release: Release) -> None:
        """Follow a release where it was promoted to, if it came so far."""
        for place in self.places if release.outcome is Outcome.PASSED else ():
            with self.screen.watch(f"In {place.region}") as live:
                place.follow(live)

    def _fresh_plane(self) -> str:
        """Start a plane that remembers nothing; what it caches on disk may stay."""
        if self.plane.stop():
            self.screen.say("The plane that ran is stopped, and its state discarded.")
        return self.plane.start().endpoint_url

    def _first_execution(self, deployed: Deployed, push: Push) -> str:
        if deployed.execution is not None:
            return deployed.execution.id
        return self._execution_of(push, known=set())

    def _second_release(
        self, branch: str
    ) -> tuple[Release, Sequence[AliasJourney], Strained | None]:
        known = {each.id for each in self.pipelines().executions(PIPELINE_NAME)}
        strain = self.strain() if self.strain else None
        if strain is not None:
            strain.prepare()
        push = self.plane.commit(
            branch,
            path=RELEASE_FILE,
            content=f"rehearsal {self.clock.now():%Y-%m-%dT%H:%M:%SZ}\n",
            message="Rehearse a second release\n\nMade in the plane's source only.",
        )
        self.screen.say(f"Second commit {push.commit[:8]} changes {RELEASE_FILE}.")
        samples: list[AliasRoute] = []
        outputs = self._outputs(strain.environment if strain else PRODUCTION)
        arns = [value for key, value in outputs.items() if key.endswith("Alias")]

        def look(status: Status) -> None:
            now = self._sample(arns, samples)
            if strain is not None:
                strain.watch(status, shifting=any(each.shifting for each in now))

        release = self._follow(
            "Release 2", self._execution_of(push, known), on_poll=look
        )
        strained = strain.finish() if strain else None
        self._sample(arns, samples)
        return release, journeys_of(samples), strained

    def _sample(
        self, arns: Sequence[str], samples: list[AliasRoute]
    ) -> list[AliasRoute]:
        """Add where each alias sends its calls now, and return that."""
        functions, found = self.functions(), []
        for arn in arns:
            try:
                found.append(functions.route(arn))
            except Unreachable:
                # One sample less; what is proven needs only some of them.
                continue
        samples.extend(found)
        return found

    def _follow(
        self,
        title: str,
        execution_id: str,
        *,
        on_poll: Callable[[Status], None] = lambda status: None,
    ) -> Release:
        self.screen.say(f"{title}: execution {execution_id}")
        with self.screen.watch(title) as live:

            def note(result: StageResult) -> None:
                live.note(result.line)

            def poll(status: Status) -> None:
                live.at(status.at_now)
                live.tick()
                on_poll(status)

            follower = ReleaseFollower(
                self.reader(),
                self.clock,
                self.poll_seconds,
                decider=self.decider(),
                comment=APPROVAL_COMMENT,
                on_stage=note,
                on_poll=poll,
            )
            return follower.follow(execution_id)

    def _execution_of(self, push: Push, known: set[str]) -> str:
        """Return the execution that a push started."""
        if push.started:
            return push.started[0]
        deadline = self.clock.monotonic() + 30
        while self.clock.monotonic() < deadline:
            executions = self.pipelines().executions(PIPELINE_NAME)
            fresh = [each.id for each in executions if each.id not in known]
            if fresh:
                return fresh[0]
            self.clock.sleep(self.poll_seconds)
        raise PlaneUnavailable(
            f"The push of {push.commit[:8]} started no execution.",
            why="The pipeline does not listen to the plane's source.",
            next_step="./deploy_pipeline.py --local start",
        )

    def _outputs(self, environment: str) -> Mapping[str, str]:
        stack = self.stacks().find(f"{APPLICATION_STACK_PREFIX}{environment}")
        return stack.outputs if stack else {}

    def _timed(self, name: str, work: Callable[[], Result]) -> Result:
        began = self.clock.monotonic()
        result = work()
        phase = Phase(name, self.clock.monotonic() - began)
        self.phases.append(phase)
        self.screen.say(f"{phase.name:<22} {phase.seconds:6.1f} s")
        return result


def rehearsal_answers(tree: WorkTree, branch: str) -> Answers:
    """Return answers for a rehearsal; the names are those of the remote, if any."""
    return Answers(
        owner=tree.remote_owner or "rehearsal",
        repository=tree.remote_repository or "medical-record-analysis-system",
        branch=branch,
        access=Access.TOKEN,
        environment=PRODUCTION,
    )


def dummy_token() -> Hidden:
    """Return a token that opens nothing: the plane's source is on this machine."""
    return Hidden(f"rehearsal_{random.token_hex(16)}")


def no_commit() -> BadInput:
    """Say that there is nothing to rehearse."""
    return BadInput(
        "There is no commit to rehearse.",
        why="The project's folder is not a git repository with a commit.",
        next_step="git init, git add and git commit; then run it again.",
    )
