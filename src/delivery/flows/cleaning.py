"""Delete what no release needs: decide by ledgers, aliases and stacks, look again, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from delivery.errors import Refused
from delivery.flows.releases import ReleaseReader
from delivery.flows.targets import begun_rollback
from delivery.ledger.book import Book, View
from delivery.ledger.events import Scope
from delivery.ledger.facts import FUNCTION, VERSION
from delivery.ledger.releases import (
    Release,
    live_release,
    open_pins,
    protected_releases,
)
from delivery.maintain.cleaning import (
    CleanUp,
    Environment,
    FunctionNow,
    OldVersion,
    Protected,
    plan_clean_up,
)
from delivery.model import APPLICATION_STACK_PREFIX, ENVIRONMENTS, StackContents
from delivery.ports import (
    Account,
    Aliases,
    DeployedStacks,
    Packages,
    Pipelines,
    ReleaseStore,
    Screen,
    Shifts,
    Stacks,
    Versions,
)
from delivery.rollback.situation import unfinished_release

_LEDGERS, _PACKAGES = "ledger/", "packages/"
# How sam package names a template that another one names.
_TEMPLATE = ".template"
_RECENT = 50


@dataclass(frozen=True, slots=True)
class Moment:
    """What a plan rests on; while two are equal, no release and no rollback came between."""

    execution: str
    stacks: tuple[tuple[str, str, datetime | None], ...]
    ledger_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the moment that it was made at."""

    clean_up: CleanUp
    moment: Moment


@dataclass(frozen=True)
class Cleaner:
    """Plans what can go, and deletes it.

    ``keep`` is each configured environment's ``rollback.preserve_versions``; of an
    environment that is not configured any more, everything stays.
    """

    account: Account
    region: str
    stacks: Stacks
    deployed: DeployedStacks
    aliases: Aliases
    versions: Versions
    shifts: Shifts
    pipelines: Pipelines
    store: ReleaseStore
    packages: Packages
    screen: Screen
    pipeline: str
    keep: Mapping[str, int] = field(default_factory=dict)

    def plan(self, *, before: datetime) -> Planned:
        """Return what nothing needs; packages stored at ``before`` or later stay.

        Raises:
            Refused: while a release or a rollback is under way, or when a ledger is not
                whole: then nobody knows what is needed.
        """
        moment = self._moment()
        self._insist_on_ledgers(moment)
        found = [
            self._environment(name, before, deployed=bool(stack))
            for name, stack, _ in moment.stacks
        ]
        clean_up = plan_clean_up(
            found, self.packages.all(), before=before, nested=self._nested()
        )
        return Planned(clean_up, moment)

    def clean(self, planned: Planned) -> None:
        """Delete what was planned, looking again before each deletion.

        What was deleted when it ends early stays deleted; a new plan has the rest.

        Raises:
            Refused: when a release or a rollback has begun since.
        """
        for version in planned.clean_up.versions:
            self._insist_on_calm(planned.moment)
            self._insist_unrouted(version)
            self.versions.delete(version.function, version.version)
            self.screen.say(f"Deleted {version.function} version {version.version}.")
        for package in planned.clean_up.packages:
            self._insist_on_calm(planned.moment)
            self.packages.delete(package)
            self.screen.say(f"Deleted {package.key}.")

    # --- what must not be under way -----------------------------------------------------

    def _moment(self) -> Moment:
        """Look at everything that a release or a rollback changes first.

        Raises:
            Refused: while one is under way.
        """
        newest = self._insist_on_still_pipeline()
        stacks = tuple(self._insist_on_still_stack(name) for name in ENVIRONMENTS)
        return Moment(newest, stacks, tuple(self.store.keys(_LEDGERS)))

    def _insist_on_still_pipeline(self) -> str:
        """Return the newest execution's id; empty without a pipeline or an execution.

        Old executions can wait for an approval behind many newer ones, so the stages are
        looked at, too.
        """
        state = self.pipelines.state(self.pipeline)
        if state is None:
            return ""
        for stage in state.stages:
            if stage.status.running:
                raise _busy(f"Execution {stage.execution_id} is in stage {stage.name}.")
            unfinished = unfinished_release(stage.inbound_reason)
            if not stage.inbound_enabled and unfinished is not None:
                raise _half_way(stage.name, unfinished)
        executions = self.pipelines.executions(self.pipeline, limit=_RECENT)
        for each in executions:
            if each.status.running:
                raise _busy(f"Execution {each.id} is running.")
        return executions[0].id if executions else ""

    def _insist_on_still_stack(self, name: str) -> tuple[str, str, datetime | None]:
        stack = self.stacks.find(_stack_of(name))
        if stack is None or stack.status.is_shell:
            return name, "", None
        if stack.status.busy or stack.status.needs_a_person:
            raise _busy(f"Stack {stack.name} is in {stack.status}.")
        running = self.shifts.running(stack.id)
        if running:
            raise _busy(f"Deployment {running[0].id} shifts traffic in {name}.")
        return name, f"{stack.id} {stack.status}", stack.changed_at

    def _insist_on_ledgers(self, moment: Moment) -> None:
        """Refuse unless every ledger in the store is whole, with every template it names."""
        account = self.account.identity().account
        own = {name: Scope(account, self.region, name) for name in ENVIRONMENTS}
        prefixes = tuple(each.prefix for each in own.values())
        for key in moment.ledger_keys:
            if not key.startswith(prefixes):
                raise _unknown(f"{key} is of no ledger that this looks at.")
        reader = ReleaseReader(self.account, self.region, self.store)
        for name, (_, stack, _) in zip(own, moment.stacks, strict=True):
            checked = reader.check(name)
            if checked.problems:
                raise _unknown(f"{checked.problems[0]}.")
            if stack and not checked.releases:
                raise _unknown(f"{name} has a stack, and its ledger has no release.")

    def _insist_on_calm(self, moment: Moment) -> None:
        if self._moment() != moment:
            raise Refused(
                "Clean-up ended early; what was deleted until now nothing needed.",
                why="A release or a rollback came between.",
                next_step="./deploy_pipeline.py maintenance clean-up: it plans again.",
            )

    def _insist_unrouted(self, version: OldVersion) -> None:
        """Refuse to delete what an alias leads to: one may have been moved by hand."""
        for each in self.versions.routes(version.function):
            if version.version in {each.version, *each.weights}:
                raise Refused(
                    f"Version {version.version} of {version.function} stays.",
                    why=f"Alias {each.alias} leads to it since the plan was made.",
                    next_step="./deploy_pipeline.py maintenance clean-up: it plans again.",
                )

    # --- what is needed -----------------------------------------------------------------

    def _environment(
        self, name: str, before: datetime, *, deployed: bool
    ) -> Environment:
        """Read what an environment holds, and what of it has to stay."""
        scope = Scope(self.account.identity().account, self.region, name)
        view = Book(self.store, scope).whole()
        if (number := begun_rollback(view.events)) is not None:
            raise _half_way(name, number)
        contents = self.deployed.contents(_stack_of(name)) if deployed else None
        return Environment(
            name,
            self.keep.get(name),
            tuple(self._protected(name, view)),
            tuple(self._functions(contents)) if contents else (),
            templates=(
                *self._texts(_deployed_since(view, before)),
                *((contents.template,) if contents else ()),
            ),
            published=_published(contents) if contents else {},
            pinned=_pinned(view),
        )

    def _protected(self, name: str, view: View) -> Iterator[Protected]:
        releases = view.releases
        kept = protected_releases(
            releases,
            newest=self.keep.get(name, len(releases)),
            live=live_release(view.events),
        )
        for release, text in zip(kept, self._texts(kept), strict=True):
            functions = release.deployed.functions.items()
            versions = {function: each.version for function, each in functions}
            yield Protected(release.number, versions, text)

    def _texts(self, releases: Sequence[Release]) -> list[str]:
        keys = [each.deployed.template.key for each in releases]
        return [each.decode() for each in self.store.read(keys)]

    def _nested(self) -> dict[str, str]:
        """Return the packages that are templates, of stacks inside a stack, by key."""
        keys = [key for key in self.store.keys(_PACKAGES) if key.endswith(_TEMPLATE)]
        texts = (each.decode() for each in self.store.read(keys))
        return dict(zip(keys, texts, strict=True))

    def _functions(self, contents: StackContents) -> Iterator[FunctionNow]:
        for each in contents.resources:
            if each.type == FUNCTION:
                name = each.physical_id
                yield FunctionNow(
                    name,
                    tuple(self.aliases.versions(name)),
                    tuple(self.versions.routes(name)),
                )


def _stack_of(environment: str) -> str:
    return f"{APPLICATION_STACK_PREFIX}{environment}"


def _published(contents: StackContents) -> dict[str, frozenset[str]]:
    """Return every version that the stack holds; while it cleans up it may hold two."""
    found: dict[str, set[str]] = {}
    for each in contents.resources:
        if each.type == VERSION:
            arn, _, version = each.physical_id.rpartition(":")
            found.setdefault(arn.rpartition(":")[2], set()).add(version)
    return {name: frozenset(versions) for name, versions in found.items()}


def _deployed_since(view: View, moment: datetime) -> list[Release]:
    """Return releases whose execution still has its artifact, and can be run again."""
    return [each for each in view.releases if each.deployed_at >= moment]


def _pinned(view: View) -> dict[str, frozenset[str]]:
    """Return where each open pin came from, where it leads, and what the stack holds."""
    return {
        name: frozenset({pin.move.from_version, pin.move.to_version, pin.stack_version})
        for name, pin in open_pins(view.events).items()
    }


def _busy(why: str) -> Refused:
    return Refused(
        "Nothing is cleaned up now.",
        why=f"{why} What a release under way needs stands in no ledger yet.",
        next_step="./deploy_pipeline.py status --watch; run it again when that has ended.",
    )


def _half_way(where: str, release: int) -> Refused:
    return Refused(
        "Nothing is cleaned up now.",
        why=f"A rollback to release {release} was begun and has not ended ({where}).",
        next_step="./rollback.py ends it; then run this again.",
    )


def _unknown(why: str) -> Refused:
    return Refused(
        "Nothing is cleaned up: what releases need is not known.",
        why=why,
        next_step="./deploy_pipeline.py releases verify says what is wrong with the ledgers.",
    )
