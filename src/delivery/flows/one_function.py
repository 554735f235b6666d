"""Send one function to a version, pin it for the next deployment, and undo that again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from delivery.errors import BadInput, Refused
from delivery.flows.moving import AliasMover
from delivery.flows.permitted import PermissionProof
from delivery.flows.reconcile import Reconciler
from delivery.flows.undone import Undone
from delivery.ledger.book import Book
from delivery.ledger.events import AliasMove, Pinned
from delivery.ledger.facts import alias_arns, deployed_versions
from delivery.ledger.plan import Step
from delivery.ledger.releases import live_release, open_pins
from delivery.model import APPLICATION_STACK_PREFIX, AliasNow, StackContents
from delivery.ports import Account, Aliases, Clock, DeployedStacks, Shifts
from delivery.rollback.moves import Move, Wanted, plan_moves
from delivery.rollback.options import Way
from delivery.rollback.permissions import to_move, to_write

# How many releases back a pin is looked for.
PINNED_WITHIN = 20


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
    clock: Clock
    book: Book

    @property
    def stack_name(self) -> str:
        """The environment's stack."""
        return f"{APPLICATION_STACK_PREFIX}{self.environment}"

    def move(self, function: str, version: str, reason: str) -> Undone:
        """Send one function's traffic to a version, and pin it for the next deployment."""
        contents = self._contents()
        alias = self._alias(function, contents)
        there = self.aliases.version(function, version)
        move = Move(alias, version, there.code_sha256 if there else "")
        self._prove((move,))
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
            next_step=f"Before the next deployment: ./rollback.py {self.environment} "
            "--reconcile. A deployment of a stack whose alias is elsewhere fails.",
        )

    def reconcile(self, reason: str) -> Undone:
        """Send pinned aliases back to what the stack recorded, and resolve their pins."""
        pins = open_pins(self.book.view(releases=PINNED_WITHIN).events)
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
