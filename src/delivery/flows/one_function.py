"""Send one function to a version, pin it for the next deployment, and undo that again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from delivery.errors import BadInput, Refused
from delivery.flows.door import StageDoor
from delivery.flows.moving import AliasMover
from delivery.flows.permitted import PermissionProof
from delivery.flows.reconcile import Reconciler
from delivery.flows.undone import Undone
from delivery.ledger.book import Book
from delivery.ledger.events import AliasMove, Deployment, Pinned
from delivery.ledger.facts import alias_arns, deployed_versions
from delivery.ledger.plan import Step
from delivery.ledger.releases import Release, live_release, open_pins
from delivery.model import (
    APPLICATION_STACK_PREFIX,
    AliasNow,
    StackContents,
    VersionNow,
)
from delivery.ports import Account, Aliases, Clock, DeployedStacks, Shifts
from delivery.rollback.moves import Move, Wanted, plan_moves
from delivery.rollback.options import Way
from delivery.rollback.permissions import to_close, to_move, to_write

# How many releases back a pin is looked for.
PINNED_WITHIN = 20
# How many versions are listed.
LISTED = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """One version that a function can go to; ``release`` is the newest that used it."""

    version: str
    code_sha256: str
    age: str
    serves: bool
    release: int | None = None
    by: str = ""


@dataclass(frozen=True)
class FunctionMover:
    """Moves single aliases of one environment."""

    environment: str
    account: Account
    deployed: DeployedStacks
    aliases: Aliases
    shifts: Shifts
    mover: AliasMover
    permitted: PermissionProof
    reconciler: Reconciler
    door: StageDoor
    clock: Clock
    book: Book

    @property
    def stack_name(self) -> str:
        """The environment's stack."""
        return f"{APPLICATION_STACK_PREFIX}{self.environment}"

    def versions(self, function: str) -> list[Listed]:
        """Return the newest versions, with the release that made each and who let it in."""
        alias = self._alias(function, self._contents())
        releases = self.book.view(releases=LISTED).releases
        return [
            self._listed(each, alias, releases)
            for each in self.aliases.versions(function)[:LISTED]
        ]

    def _listed(
        self, version: VersionNow, alias: AliasNow, releases: Sequence[Release]
    ) -> Listed:
        route = alias.route
        made = next(
            (
                each
                for each in releases
                if (own := each.deployed.functions.get(route.function))
                and own.version == version.version
            ),
            None,
        )
        published = _time(version.published_at)
        return Listed(
            version.version,
            version.code_sha256,
            _age(self.clock.now() - published) if published else "",
            version.version in {route.version, *route.weights},
            made.number if made else None,
            _deployed_by(made) if made else "",
        )

    def plan(self, function: str, version: str) -> dict[str, Any]:
        """Return what ``move`` would do, as data."""
        alias = self._alias(function, self._contents())
        move = Move(alias, version, "")
        return {"environment": self.environment, "moves": [move.as_data()]}

    def pins(self) -> Mapping[str, Pinned]:
        """Return pins by function that nothing has resolved."""
        return open_pins(self.book.view(releases=PINNED_WITHIN).events)

    def move(self, function: str, version: str, reason: str) -> Undone:
        """Send one function's traffic to a version, and pin it for the next deployment."""
        contents = self._contents()
        alias = self._alias(function, contents)
        there = self.aliases.version(function, version)
        move = Move(alias, version, there.code_sha256 if there else "")
        self._prove((move,))
        self.door.close_for_pin()
        stack_version = deployed_versions(contents.resources).get(function, "")
        seconds = self.mover.move((move,))
        self._pin(
            Pinned(
                function,
                AliasMove(alias.route.alias, alias.route.version, version),
                stack_version,
                reason,
            )
        )
        return Undone(
            self.environment,
            Way.MOVE_ONE_ALIAS,
            f"{function} serves version {version}; the stack recorded {stack_version}.",
            (move,),
            seconds,
            next_step=f"./rollback.py {self.environment} --reconcile takes it back and "
            "lets deployments in again: over this alias one would fail, or undo it.",
        )

    def reconcile(self, reason: str) -> Undone:
        """Send pinned aliases back to what the stack recorded, and resolve their pins."""
        pins = self.pins()
        contents = self._contents()
        if contents.stack.status.busy or self.shifts.running(contents.stack.id):
            raise Refused(
                f"{self.environment} cannot be reconciled now.",
                why="An update is under way, or traffic is being shifted.",
                next_step=f"./rollback.py {self.environment}, when it has ended.",
            )
        aliases = [a for a in self._aliases(contents) if a.route.function in pins]
        published = deployed_versions(contents.resources)
        wanted = {
            name: self._recorded(name, published.get(name, pin.stack_version))
            for name, pin in pins.items()
        }
        moves = plan_moves(aliases, wanted)
        self._prove(moves)
        seconds = self.mover.move(moves)
        self.reconciler.resolve(self.book, tuple(sorted(pins)), reason)
        self.door.open()
        said = (
            f"{len(moves)} pins resolved." if moves else "There is no pin to resolve."
        )
        return Undone(self.environment, Way.MOVE_ONE_ALIAS, said, moves, seconds)

    def _prove(self, moves: Sequence[Move]) -> None:
        """Refuse before anything moves: a permission that is missing, a dead version."""
        live = self.book.view().releases[:1]
        if moves and live:
            bucket = live[0].deployed.template.bucket
            newest = self.book.view().events[-1]
            next_key = self.book.scope.key(newest.sequence + 1)
            write = to_write(bucket, next_key, like=moves[0].alias.arn)
            asked = [*to_move(moves), write]
            if self.door.look() is not None:
                like = moves[0].alias.arn
                asked += to_close(self.door.pipeline, self.door.stage, like=like)
            self.permitted.prove(asked, moves, ledger_key=newest.key)
        self.mover.prove(moves)

    def _pin(self, fact: Pinned) -> None:
        live = live_release(self.book.view().events) or 0
        self.book.append_all(
            lambda view: (
                None
                if open_pins(view.events).get(fact.function) == fact
                else Step(fact, live)
            ),
            execution="",
            actor=self.account.identity().arn,
            clock=self.clock,
        )

    def _alias(self, function: str, contents: StackContents) -> AliasNow:
        for each in self._aliases(contents):
            if each.route.function == function:
                return each
        raise BadInput(
            f"{function} has no alias in stack {self.stack_name}.",
            next_step=f"./rollback.py {self.environment} lists them.",
        )

    def _aliases(self, contents: StackContents) -> list[AliasNow]:
        return self.mover.look(alias_arns(contents.resources))

    def _contents(self) -> StackContents:
        contents = self.deployed.contents(self.stack_name)
        if contents is None:
            raise Refused(f"There is no stack {self.stack_name}.")
        return contents

    def _recorded(self, function: str, version: str) -> Wanted:
        there = self.aliases.version(function, version)
        return Wanted(version, there.code_sha256 if there else "")


def _time(text: str) -> datetime | None:
    """Read Lambda's time, such as 2026-11-25T10:15:00.000+0000."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _age(since: timedelta) -> str:
    """Return an age in its largest unit."""
    minutes = max(int(since.total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def _deployed_by(release: Release) -> str:
    """Return who approved a release, else what deployed it."""
    if release.deployed.approval is not None:
        return release.deployed.approval.by.rpartition("/")[2]
    return "a rollback" if release.deployed.kind is Deployment.ROLLBACK else "pipeline"
