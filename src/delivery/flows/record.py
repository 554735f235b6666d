"""Record what an execution of the pipeline did to one environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from awsrules.statuses import ActionStatus
from delivery.errors import BadInput, NotVerified, Refused
from delivery.ledger.book import Book, View
from delivery.ledger.events import (
    Commit,
    Deployment,
    Event,
    Kind,
    Scope,
    StoredTemplate,
)
from delivery.ledger.facts import (
    ReleasedAlias,
    alias_arns,
    approval_of,
    commit_of,
    deployed_facts,
    deployed_versions,
    refuse_unless_deployed,
    traffic_of,
)
from delivery.ledger.plan import Observed, next_step
from delivery.ledger.releases import Release
from delivery.measure import ReleaseTimes, measures_of_release
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    ActionState,
    Execution,
    Measure,
    StackContents,
)
from delivery.ports import (
    Account,
    Clock,
    DeployedStacks,
    Functions,
    Pipelines,
    ReleaseStore,
)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the recorder is told: the rest it finds out itself.

    ``template`` is the packaged template of the execution's build artifact; ``build_id``
    and ``built``, the commit, come from its manifest. ``reason`` says which tests failed.
    """

    environment: str
    execution: str
    outcome: Kind
    template: bytes
    build_id: str = ""
    reason: str = ""
    built: Commit | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written now, and the release as the ledger tells it.

    ``measures`` are of a release that was verified now, and none of any other.
    """

    release: Release
    written: tuple[Event, ...]
    measures: tuple[Measure, ...] = ()


# The actions of one execution by stage, each as it ran last.
Actions = Mapping[str, tuple[ActionState, ...]]


# Builds of a stage that test nothing.
_NO_TESTS = frozenset({"Record", "Review", "RollBackIfFailed"})


@dataclass(frozen=True, slots=True)
class Recorder:
    """Gathers facts from AWS and appends them to the environment's ledger."""

    account: Account
    region: str
    stacks: DeployedStacks
    functions: Functions
    pipelines: Pipelines
    store: ReleaseStore
    clock: Clock
    pipeline: str

    def record(self, occasion: Occasion) -> Recorded:
        """Record the outcome and whatever leads up to it; what is recorded stays so.

        Raises:
            BadInput: when there is no such execution.
            Refused: when the stack does not hold what the execution built.
            NotVerified: when the release was verified and does not serve all traffic.
        """
        identity = self.account.identity()
        scope = Scope(identity.account, self.region, occasion.environment)
        execution = self._execution(occasion)
        actions = self.pipelines.actions(self.pipeline, occasion.execution)
        observed = self._observe(occasion, execution, actions)
        view, written = Book(self.store, scope).append_all(
            lambda view: next_step(view.releases, observed, occasion.outcome),
            execution=occasion.execution,
            actor=identity.arn,
            clock=self.clock,
        )
        recorded = Recorded(
            _newest(view), tuple(written), _measures(view, written, actions)
        )
        _insist_on_traffic(recorded, observed, occasion)
        return recorded

    def _execution(self, occasion: Occasion) -> Execution:
        execution = self.pipelines.execution(self.pipeline, occasion.execution)
        if execution is None:
            raise BadInput(
                f"Pipeline {self.pipeline} has no execution {occasion.execution}.",
                next_step="./deploy_pipeline.py status shows the newest one's id.",
            )
        return execution

    def _observe(
        self, occasion: Occasion, execution: Execution, actions: Actions
    ) -> Observed:
        verification = _verification(occasion.environment, actions)
        if occasion.outcome is Kind.VERIFIED:
            _insist_on_success(verification, occasion)
        contents = self._contents(occasion)
        aliases = self._aliases(contents)
        deployed = deployed_facts(
            contents,
            aliases,
            commit=commit_of(execution, actions, occasion.built),
            execution=execution,
            template=self._stored_template(occasion.template),
            approval=approval_of(occasion.environment, actions),
            build_id=occasion.build_id,
        )
        return Observed(
            occasion.execution,
            deployed,
            traffic_of(aliases),
            by=_named(verification),
            reason=occasion.reason,
        )

    def _contents(self, occasion: Occasion) -> StackContents:
        name = f"{APPLICATION_STACK_PREFIX}{occasion.environment}"
        contents = self.stacks.contents(name)
        if contents is None:
            raise Refused(
                f"There is no stack {name} to record.",
                next_step="./deploy_pipeline.py status shows what the execution did.",
            )
        refuse_unless_deployed(contents)
        if not _same_template(contents.template, occasion.template.decode()):
            raise Refused(
                f"Stack {name} does not hold the template of this execution.",
                why="Another deployment came after it, or packaged.yaml is of another "
                "build.",
                next_step="./deploy_pipeline.py status shows what runs.",
            )
        return contents

    def _aliases(self, contents: StackContents) -> list[ReleasedAlias]:
        published = deployed_versions(contents.resources)
        found: list[ReleasedAlias] = []
        for arn in alias_arns(contents.resources):
            route = self.functions.route(arn)
            version = published.get(route.function, route.version)
            code = self.stacks.code_sha256(route.function, version)
            found.append(ReleasedAlias(route, version, code))
        return found

    def _stored_template(self, template: bytes) -> StoredTemplate:
        """Keep the template where nothing expires, under the hash of its content."""
        digest = sha256(template).hexdigest()
        key = f"releases/{digest}/packaged.yaml"
        stored = self.store.put_new(key, template) or self.store.find(key)
        if stored is None:
            raise Refused(
                f"{key} was there and is gone again.",
                why="Somebody deleted it from the release store while it was recorded.",
                next_step="Find out who; then retry the stage.",
            )
        return StoredTemplate(stored.bucket, stored.key, stored.version_id, digest)


def _newest(view: View) -> Release:
    return view.releases[0]


def _measures(
    view: View, written: Sequence[Event], actions: Actions
) -> tuple[Measure, ...]:
    """Return what a release tells that was verified just now, and nothing a second time."""
    if all(each.kind is not Kind.VERIFIED for each in written):
        return ()
    release, *before = view.releases
    commit, kind = release.deployed.commit, release.deployed.kind
    same = (each for each in before if each.deployed.commit.id == commit.id)
    times = ReleaseTimes(
        committed_at=commit.time,
        verified_at=release.verdict_at,
        brings_a_change=kind is not Deployment.ROLLBACK
        and all(each.verdict is not Kind.VERIFIED for each in same),
    )
    stage = f"Approve{release.environment.capitalize()}"
    return measures_of_release(release.environment, times, actions.get(stage, ()))


def _insist_on_traffic(
    recorded: Recorded, observed: Observed, occasion: Occasion
) -> None:
    """Fail when more was asked than is true: a release that does not serve is no good."""
    wanted = {Kind.TRAFFIC_COMPLETE, Kind.VERIFIED}
    if occasion.outcome not in wanted or observed.traffic.complete:
        return
    raise NotVerified(
        f"Release {recorded.release.number} in {occasion.environment} does not serve all "
        "traffic.",
        why="; ".join(observed.traffic.elsewhere) + ".",
        next_step="Find out who moved the alias (UpdateAlias in CloudTrail); then retry "
        "the stage.",
    )


def _insist_on_success(verification: ActionState | None, occasion: Occasion) -> None:
    """Refuse to call a release verified whose verification did not pass."""
    if verification is not None and verification.status is not ActionStatus.SUCCEEDED:
        raise Refused(
            f"Execution {occasion.execution} was not verified in {occasion.environment}.",
            why=f"Its action {verification.name} is {verification.status}.",
            next_step="./deploy_pipeline.py status; a stage that failed is retried whole.",
        )


def _verification(environment: str, actions: Actions) -> ActionState | None:
    """Return which action verified the deployment.

    It is the last of the stage's builds that test something.
    """
    builds = [
        each
        for each in actions.get(f"Deploy{environment.capitalize()}", ())
        if each.provider == "CodeBuild" and each.name not in _NO_TESTS
    ]
    return builds[-1] if builds else None


def _named(verification: ActionState | None) -> str:
    if verification is None:
        return ""
    return f"{verification.name} {verification.external_id}".strip()


def _same_template(one: str, other: str) -> bool:
    """Compare content, not layout: CloudFormation may hand JSON back as it likes."""
    if one.strip() == other.strip():
        return True
    from awsrules.templates import TemplateError, load_template

    try:
        return bool(
            load_template(one, name="stack") == load_template(other, name="artifact")
        )
    except TemplateError:
        return False
