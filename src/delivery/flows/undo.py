"""Take a release back: traffic first, then the stack, then the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from delivery.errors import BadInput, Refused
from delivery.flows.coexist import refuse_lost
from delivery.flows.door import StageDoor
from delivery.flows.half_way import Decide, OnFailure, Returned, keep, move_all
from delivery.flows.moving import AliasMover, HalfWay
from delivery.flows.one_function import FunctionMover
from delivery.flows.permitted import PermissionProof
from delivery.flows.reconcile import Reconciler, proofs_of
from delivery.flows.stack_ways import StackWays
from delivery.flows.targets import (
    begun_rollback,
    last_rollback,
    wanted_versions,
)
from delivery.flows.undone import Undone, overtaken, refused, second
from delivery.flows.warming import Warmer, trials_of
from delivery.ledger.book import Book, View
from delivery.ledger.events import (
    AliasMove,
    Deployment,
    Fact,
    Failed,
    Reconciled,
    RolledBack,
    Scope,
    Verified,
)
from delivery.ledger.facts import alias_arns
from delivery.ledger.plan import Step
from delivery.ledger.releases import Release, content_of, live_release
from delivery.model import Outcome, StackContents
from delivery.ports import (
    Account,
    Aliases,
    Clock,
    DeployedStacks,
    ReleaseStore,
    Screen,
    Shifts,
    Stacks,
)
from delivery.rollback.moves import Move, plan_moves
from delivery.rollback.options import Option, Way, options_of
from delivery.rollback.permissions import to_close, to_move, to_reapply, to_write
from delivery.rollback.situation import (
    Known,
    Situation,
    pick_release,
)

# How many releases a situation shows and chooses from.
RELEASES = 20
VERIFIED_BY = "rollback"


@dataclass
class Undoer:
    """Reads the situation of one environment, and does what was chosen."""

    environment: str
    account: Account
    region: str
    stacks: Stacks
    deployed: DeployedStacks
    aliases: Aliases
    shifts: Shifts
    store: ReleaseStore
    mover: AliasMover
    warmer: Warmer
    permitted: PermissionProof
    reconciler: Reconciler
    ways: StackWays
    door: StageDoor
    clock: Clock
    screen: Screen
    own_execution: str = ""
    _book: Book | None = field(default=None, init=False)

    @property
    def stack_name(self) -> str:
        """The environment's stack."""
        return self.ways.stack_name

    @property
    def book(self) -> Book:
        """The environment's ledger."""
        if self._book is None:
            account = self.account.identity().account
            self._book = Book(self.store, Scope(account, self.region, self.environment))
        return self._book

    # --- looking ------------------------------------------------------------------------

    def situation(self) -> Situation:
        """Return what is known now."""
        stack = self.stacks.find(self.stack_name)
        view = self.book.view(releases=RELEASES)
        known = tuple(
            Known(
                each.number,
                each.good,
                each.deployed.commit.id,
                content_of(each.deployed),
                _awaits_verdict(each),
            )
            for each in view.releases
        )
        return Situation(
            self.environment,
            stack,
            tuple(self.shifts.running(stack.id)) if stack else (),
            live_release(view.events),
            known,
            self.door.unfinished() or begun_rollback(view.events),
        )

    def options(self, situation: Situation, wanted: int | None) -> tuple[Option, ...]:
        """Return what can be done now."""
        target = pick_release(situation, wanted)
        return options_of(situation, target, chosen=wanted is not None)

    def moves_to(self, number: int) -> tuple[Move, ...]:
        """Return what bringing back a release would move."""
        return self._moves(self._release(number))

    def _moves(self, release: Release) -> tuple[Move, ...]:
        contents = self._contents()
        aliases = self.mover.look(alias_arns(contents.resources))
        return plan_moves(aliases, wanted_versions(release, contents))

    def _release(self, number: int) -> Release:
        release = self.book.release(number)
        if release is None:
            raise BadInput(f"{self.environment} has no release {number}.")
        return release

    def _contents(self) -> StackContents:
        contents = self.deployed.contents(self.stack_name)
        if contents is None:
            raise Refused(f"There is no stack {self.stack_name}.")
        return contents

    # --- the entire stack ---------------------------------------------------------------

    def roll_back(
        self,
        situation: Situation,
        option: Option,
        *,
        to: int | None,
        reason: str,
        skip: Sequence[str] = (),
        decide: Decide = keep,
    ) -> Undone:
        """Do what ``option`` says.

        ``skip`` are resources that a stuck rollback leaves; ``decide`` is asked when some
        aliases cannot be moved.
        """
        stack = situation.stack
        if stack is None or option.way is None:
            raise refused(self.environment, option)
        match option.way:
            case Way.TRAFFIC_FIRST:
                target = pick_release(situation, to)
                if target is None:
                    raise refused(self.environment, option)
                return self._traffic_first(situation, target, reason, decide)
            case Way.CANCEL_UPDATE | Way.STOP_SHIFTS:
                return self.ways.cancel(stack, option.way)
            case Way.CONTINUE_ROLLBACK:
                return self.ways.continue_rollback(stack, skip)
            case Way.ROLL_BACK_STACK:
                return self.ways.roll_back(stack)
            case Way.AWAIT:
                return self.ways.await_end()
            case _:
                raise refused(self.environment, option)

    def _traffic_first(
        self, situation: Situation, target: Known, reason: str, decide: Decide
    ) -> Undone:
        release = self._release(target.number)
        if situation.unfinished is not None and self._is_back():
            self.door.open()
            return self._back(release, (), 0.0, None)
        self._prove(situation, release)
        now = self._close_door(situation, target.number)
        if now.stack is not None:
            self.ways.stop_shifts(now.stack, now.shifts)
        moves = self._moves(release)
        seconds = self._move(release, moves, situation, decide)
        self._say_moved(moves, seconds, target.number)
        left = self._record_back(situation, target.number, reason, seconds, moves)
        self.ways.wait_settled()
        self.reconciler.reapply(self.book, self.stack_name, release, reason)
        self.door.open()
        return self._back(release, moves, seconds, left)

    def _prove(self, situation: Situation, release: Release) -> None:
        """Refuse before anything moves a release that cannot run any more."""
        live = self.book.release(situation.live or 0)
        if live is not None:
            refuse_lost(self.store, release, live, self.environment)
        moves = self._moves(release)
        self._prove_permitted(release, moves)
        self.mover.prove(moves)
        logical_ids = {k: v.logical_id for k, v in release.deployed.functions.items()}
        versions = {each.alias.route.function: each.version for each in moves}
        proofs = proofs_of(self.store, release)
        self.warmer.prove(trials_of(versions, logical_ids, proofs))

    def _prove_permitted(self, release: Release, moves: Sequence[Move]) -> None:
        if not moves:
            return
        facts, like = release.deployed, moves[0].alias.arn
        newest = self.book.view().events[-1]
        next_key = self.book.scope.key(newest.sequence + 1)
        asked = [*to_move(moves), *to_reapply(facts.stack_id, facts.role_arn)]
        asked.append(to_write(facts.template.bucket, next_key, like=like))
        if self.door.look() is not None:
            asked += to_close(self.door.pipeline, self.door.stage, like=like)
        self.permitted.prove(asked, moves, ledger_key=newest.key)

    def _close_door(self, situation: Situation, number: int) -> Situation:
        """Keep executions out, and look again: somebody may have been faster."""
        rival = situation.unfinished is None and self.door.unfinished() is not None
        if not rival:
            self.door.close(number, own_execution=self.own_execution)
        now = self.situation()
        if rival or now.live != situation.live:
            if not rival:
                self.door.open()
            raise overtaken(self.environment, now)
        return now

    def _move(
        self,
        release: Release,
        moves: Sequence[Move],
        situation: Situation,
        decide: Decide,
    ) -> float:
        def decided(failure: HalfWay) -> OnFailure:
            if live_release(self.book.view().events) != situation.live:
                raise second(self.environment, release.number) from failure
            return decide(failure)

        try:
            return move_all(
                self.mover, moves, look=lambda: self._moves(release), decide=decided
            )
        except Returned:
            self.door.open()
            raise

    def _is_back(self) -> bool:
        """Whether a rollback that was killed had only the stage left to open."""
        events = self.book.view(releases=RELEASES).events
        return last_rollback(events) is not None and isinstance(
            events[-1].fact, Reconciled
        )

    def _back(
        self,
        release: Release,
        moves: tuple[Move, ...],
        seconds: float,
        left: int | None,
    ) -> Undone:
        return Undone(
            self.environment,
            Way.TRAFFIC_FIRST,
            f"Release {release.number} serves {self.environment} again, and stack, aliases "
            "and ledger agree.",
            moves,
            seconds,
            left,
            release.number,
            "Revert the bad commit and push: the next push would bring it back.",
        )

    def _record_back(
        self,
        situation: Situation,
        target: int,
        reason: str,
        seconds: float,
        moves: tuple[Move, ...],
    ) -> int:
        """Write ``rolled_back``, once also when run again; return the release that was left."""
        begun = situation.unfinished is not None
        recorded = last_rollback(self.book.view(releases=RELEASES).events)
        if begun and recorded is not None:
            return recorded.from_release
        left = situation.live or 0
        fact = RolledBack(
            from_release=left,
            to_release=target,
            reason=reason,
            seconds=round(seconds, 3),
            moves={
                each.alias.route.function: AliasMove(
                    each.alias.route.alias, each.alias.route.version, each.version
                )
                for each in moves
            },
        )
        _, written = self.book.append_all(
            lambda view: (
                Step(fact, target)
                if (live_release(view.events) or 0) == left != target
                else None
            ),
            execution="",
            actor=self.account.identity().arn,
            clock=self.clock,
        )
        if not written and target != left:
            raise second(self.environment, target)
        return left

    def _say_moved(self, moves: tuple[Move, ...], seconds: float, target: int) -> None:
        moved = sum(each.needed for each in moves)
        self.screen.say(
            f"{moved} of {len(moves)} aliases moved to release {target} in "
            f"{seconds:.1f} s."
        )

    @property
    def one_function(self) -> FunctionMover:
        """What moves single aliases of the environment."""
        return FunctionMover(
            self.environment,
            self.account,
            self.deployed,
            self.aliases,
            self.shifts,
            self.mover,
            self.permitted,
            self.reconciler,
            self.door,
            self.clock,
            self.book,
        )

    def awaits_verdict(self) -> bool:
        """Whether a rollback serves that nobody has verified yet."""
        view = self.book.view(releases=RELEASES)
        live = view.release(live_release(view.events) or 0)
        return live is not None and _awaits_verdict(live)

    def record_verdict(self, outcome: Outcome, failed: Sequence[str] = ()) -> None:
        """Write whether what serves now passed its verification; what is open is not written."""
        match outcome:
            case Outcome.PASSED:
                fact: Fact = Verified(VERIFIED_BY)
            case Outcome.FAILED:
                reason = f"Failed after a rollback: {', '.join(failed)}."
                fact = Failed(VERIFIED_BY, reason)
            case _:
                return
        live = live_release(self.book.view().events)
        self.book.append_all(
            lambda view: (
                None
                if live is None or _says_already(view, live, fact)
                else Step(fact, live)
            ),
            execution="",
            actor=self.account.identity().arn,
            clock=self.clock,
        )


def _awaits_verdict(release: Release) -> bool:
    return release.verdict is None and release.deployed.kind is Deployment.ROLLBACK


def _says_already(view: View, live: int, fact: Fact) -> bool:
    """Whether the newest verdict on a release is of this kind, or another one serves."""
    if live_release(view.events) != live:
        return True
    verdicts = [
        type(each.fact)
        for each in view.events
        if each.release == live and isinstance(each.fact, Verified | Failed)
    ]
    return bool(verdicts) and verdicts[-1] is type(fact)
