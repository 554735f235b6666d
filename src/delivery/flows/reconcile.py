"""Make the stack agree with its aliases again, and write that down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from delivery.errors import NotVerified
from delivery.flows.stack import StackDeployer
from delivery.flows.warming import Trial, Warmer, trials_of
from delivery.ledger.book import Book, View
from delivery.ledger.events import (
    Deployed,
    Deployment,
    Fact,
    Reconciled,
    TrafficComplete,
)
from delivery.ledger.facts import (
    API_DEPLOYMENT,
    ReleasedAlias,
    alias_arns,
    deployed_versions,
    functions_of,
    traffic_of,
)
from delivery.ledger.plan import Step
from delivery.ledger.releases import Release
from delivery.model import StackContents, StackRequest, StoredObject
from delivery.ports import (
    Account,
    Aliases,
    Clock,
    DeployedStacks,
    Functions,
    ReleaseStore,
)
from delivery.rollback.request import publishing_anew, without_shift
from delivery.verify.declared import Proof, declared_proofs


@dataclass(frozen=True)
class Reconciler:
    """Re-applies a recorded release without a shift."""

    account: Account
    deployed: DeployedStacks
    functions: Functions
    aliases: Aliases
    store: ReleaseStore
    deployer: StackDeployer
    warmer: Warmer
    clock: Clock

    def reapply(
        self, book: Book, stack_name: str, release: Release, reason: str
    ) -> None:
        """Bring the stack to what a release recorded, and record the result.

        The stack's template decides the next deployment's comparison; until it is that of
        the release whose code serves, the next deployment would fail or undo the rollback.
        CloudFormation publishes the old code under a new version number.

        Raises:
            NotVerified: when the stack was brought there and its aliases do not follow.
        """
        left = self._left_behind(stack_name, release)
        request = self._request(stack_name, release)
        with self.warmer.ahead(self._coming(release)):
            self.deployer.deploy(publishing_anew(request, left))
        contents = self.deployed.contents(stack_name)
        if contents is None:
            raise NotVerified(f"Stack {stack_name} is gone after it was reconciled.")
        aliases = self._aliases(contents)
        traffic = traffic_of(aliases)
        if not traffic.complete:
            raise NotVerified(
                f"Stack {stack_name} is reconciled, and its aliases do not follow.",
                why="; ".join(traffic.elsewhere) + ".",
                next_step="Find out who moves the aliases; then run it again.",
            )
        again = self._again(contents, aliases, release)
        other_code = _other_code(release.deployed, again)
        facts: list[Fact] = [again, TrafficComplete(traffic.versions)]
        facts.append(Reconciled(tuple(sorted(traffic.versions)), reason))
        self._write(book, facts)
        if other_code:
            raise NotVerified(
                f"Stack {stack_name} does not hold the code of release {release.number}.",
                why=f"Another code hash than the recorded one: {', '.join(other_code)}.",
                next_step="./deploy_pipeline.py releases shows both.",
            )

    def resolve(self, book: Book, functions: tuple[str, ...], reason: str) -> None:
        """Write that pins are resolved."""
        if functions:
            self._write(book, [Reconciled(functions, reason)])

    def _request(self, stack_name: str, release: Release) -> StackRequest:
        facts = release.deployed
        template = facts.template
        stored = StoredObject(template.bucket, template.key, template.version_id)
        return without_shift(
            StackRequest(
                stack_name,
                "",
                facts.parameters,
                facts.tags,
                self.store.url(stored),
                keeps=facts.hidden_parameters,
                role_arn=facts.role_arn,
            )
        )

    def _left_behind(self, stack_name: str, release: Release) -> dict[str, str]:
        """Return, by revision parameter, versions that a failed deployment published."""
        contents = self.deployed.contents(stack_name)
        published = deployed_versions(contents.resources) if contents else {}
        left: dict[str, str] = {}
        for function, made in release.deployed.functions.items():
            parameter = f"{made.logical_id}Revision"
            newest = next(iter(self.aliases.versions(function)), None)
            if newest is None or parameter not in release.deployed.parameters:
                continue
            own = newest.version in {published.get(function), made.version}
            if not own and newest.code_sha256 == made.code_sha256:
                left[parameter] = newest.version
        return left

    def _coming(self, release: Release) -> tuple[Trial, ...]:
        """Return trials of the versions that CloudFormation will publish.

        Lambda numbers versions upwards, and never uses a number twice.
        """
        made = release.deployed.functions
        proofs = proofs_of(self.store, release)
        coming = {
            name: str(int(newest[0].version) + 1)
            for name, each in made.items()
            if proofs.get(each.logical_id)
            and (newest := self.aliases.versions(name)[:1])
        }
        return trials_of(coming, {k: v.logical_id for k, v in made.items()}, proofs)

    def _aliases(self, contents: StackContents) -> list[ReleasedAlias]:
        versions = deployed_versions(contents.resources)
        found = []
        for arn in alias_arns(contents.resources):
            route = self.functions.route(arn)
            version = versions.get(route.function, "")
            code = self.deployed.code_sha256(route.function, version)
            found.append(ReleasedAlias(route, version, code))
        return found

    @staticmethod
    def _again(
        contents: StackContents, aliases: list[ReleasedAlias], release: Release
    ) -> Deployed:
        """Return the facts of the release as it lies in the stack now."""
        api = {
            each.logical_id: each.physical_id
            for each in contents.resources
            if each.type == API_DEPLOYMENT
        }
        return replace(
            release.deployed,
            kind=Deployment.ROLLBACK,
            functions=functions_of(contents, aliases),
            api_deployments=api,
            approval=None,
            override=None,
        )

    def _write(self, book: Book, facts: list[Fact]) -> None:
        """Append each fact once; the first one may begin a release."""
        for fact in facts:
            book.append_all(
                _once(fact),
                execution="",
                actor=self.account.identity().arn,
                clock=self.clock,
            )


def proofs_of(store: ReleaseStore, release: Release) -> Mapping[str, tuple[Proof, ...]]:
    """Return what a release's template says may be sent to its functions."""
    return declared_proofs(store.read([release.deployed.template.key])[0].decode())


def _once(fact: Fact) -> Callable[[View], Step | None]:
    """Return what asks for ``fact`` until it is the newest of its kind."""

    def step(view: View) -> Step | None:
        newest = next(
            (e.fact for e in reversed(view.events) if type(e.fact) is type(fact)), None
        )
        after = [type(e.fact) for e in view.events]
        begins = isinstance(fact, Deployed)
        last_begin = max((i for i, t in enumerate(after) if t is Deployed), default=-1)
        own = [e.fact for e in view.events[last_begin:]]
        if newest == fact and (begins or fact in own):
            return None
        number = view.releases[0].number if view.releases else 0
        return Step(fact, None if begins else number)

    return step


def _other_code(recorded: Deployed, now: Deployed) -> list[str]:
    """Return the recorded functions that run other code, or are gone."""
    return [
        name
        for name, each in recorded.functions.items()
        if name not in now.functions
        or now.functions[name].code_sha256 != each.code_sha256
    ]
