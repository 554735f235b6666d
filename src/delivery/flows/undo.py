"""Take a release back: traffic first, then the stack, then the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from awsrules.statuses import ExecutionStatus, StackStatus
from delivery.errors import BadInput, OperationFailed, Refused
from delivery.flows.coexist import refuse_lost
from delivery.flows.moving import AliasMover
from delivery.flows.reconcile import VERIFIED_BY, Reconciler
from delivery.flows.stack import new_token
from delivery.flows.targets import last_rollback, wanted_versions
from delivery.flows.undone import Undone, overtaken, refused
from delivery.ledger.book import Book
from delivery.ledger.events import (
    AliasMove,
    Failed,
    Pinned,
    Reconciled,
    RolledBack,
    Scope,
)
from delivery.ledger.facts import alias_arns, deployed_versions
from delivery.ledger.plan import Step
from delivery.ledger.releases import Release, live_release, open_pins
from delivery.model import APPLICATION_STACK_PREFIX, AliasNow, Stack, StackContents
from delivery.ports import (
    Account,
    Aliases,
    Clock,
    DeployedStacks,
    Pipelines,
    ReleaseStore,
    Screen,
    Shifts,
    Stacks,
    StackUndo,
    Transitions,
)
from delivery.rollback.moves import Move, Wanted, plan_moves
from delivery.rollback.options import Option, Way, options_of
from delivery.rollback.situation import (
    Known,
    Situation,
    freeze_reason,
    pick_release,
    unfinished_release,
)

# How many releases a situation shows and chooses from.
RELEASES = 20
PATIENCE_SECONDS = 1800.0


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
    transitions: Transitions
    undo: StackUndo
    pipelines: Pipelines
    store: ReleaseStore
    mover: AliasMover
    reconciler: Reconciler
    clock: Clock
    screen: Screen
    pipeline: str
    poll_seconds: float = 5.0
    _book: Book | None = field(default=None, init=False)

    @property
    def stack_name(self) -> str:
        """The environment's stack."""
        return f"{APPLICATION_STACK_PREFIX}{self.environment}"

    @property
    def stage(self) -> str:
        """The pipeline's stage that deploys to the environment."""
        return f"Deploy{self.environment.capitalize()}"

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
            Known(each.number, each.good, each.deployed.commit.id)
            for each in view.releases
        )
        return Situation(
            self.environment,
            stack,
            tuple(self.shifts.running(stack.id)) if stack else (),
            live_release(view.events),
            known,
            self._unfinished(),
        )

    def options(self, situation: Situation, wanted: int | None) -> tuple[Option, ...]:
        """Return what can be done now."""
        return options_of(situation, pick_release(situation, wanted))

    def moves_to(self, number: int) -> tuple[Move, ...]:
        """Return what bringing back a release would move."""
        return self._moves(self._release(number))

    def _moves(self, release: Release) -> tuple[Move, ...]:
        contents = self._contents()
        return plan_moves(
            self._aliases_of(contents), wanted_versions(release, contents)
        )

    def _unfinished(self) -> int | None:
        state = self.pipelines.state(self.pipeline)
        stage = state.stage(self.stage) if state else None
        if stage is None or stage.inbound_enabled:
            return None
        return unfinished_release(stage.inbound_reason)

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

    def _aliases_of(self, contents: StackContents) -> list[AliasNow]:
        return [self.aliases.now(arn) for arn in alias_arns(contents.resources)]

    # --- the entire stack ---------------------------------------------------------------

    def roll_back(
        self, situation: Situation, option: Option, *, to: int | None, reason: str
    ) -> Undone:
        """Do what ``option`` says."""
        stack = situation.stack
        if stack is None or option.way is None:
            raise refused(self.environment, option)
        match option.way:
            case Way.TRAFFIC_FIRST:
                target = pick_release(situation, to)
                if target is None:
                    raise refused(self.environment, option)
                return self._traffic_first(situation, target, reason)
            case Way.CANCEL_UPDATE | Way.STOP_SHIFTS:
                return self._cancel(stack, option.way)
            case Way.CONTINUE_ROLLBACK:
                return self._operate(
                    stack,
                    option.way,
                    lambda token: self.undo.continue_rollback(
                        stack.id, token=token, skip=()
                    ),
                )
            case Way.ROLL_BACK_STACK:
                return self._operate(
                    stack,
                    option.way,
                    lambda token: self.undo.roll_back(stack.id, token=token),
                )
            case _:
                raise refused(self.environment, option)

    def _traffic_first(
        self, situation: Situation, target: Known, reason: str
    ) -> Undone:
        release = self._release(target.number)
        if situation.unfinished is not None and self._is_back():
            self._thaw()
            return self._back(release, (), 0.0, None)
        self._prove(situation, release)
        self._freeze(target.number)
        now = self.situation()
        if now.live != situation.live:
            self._thaw()
            raise overtaken(self.environment, now)
        self._stop_shifts(now)
        moves = self._moves(release)
        seconds = self.mover.move(moves)
        self._say_moved(moves, seconds, target.number)
        left = self._record_back(situation, target.number, reason, seconds, moves)
        self._wait_settled()
        self.reconciler.reapply(self.book, self.stack_name, release, reason)
        self._thaw()
        return self._back(release, moves, seconds, left)

    def _prove(self, situation: Situation, release: Release) -> None:
        """Refuse before anything moves a release that cannot run any more."""
        live = self.book.release(situation.live or 0)
        if live is not None:
            refuse_lost(self.store, release, live, self.environment)
        self.mover.prove(self._moves(release))

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

    def _freeze(self, number: int) -> None:
        state = self.pipelines.state(self.pipeline)
        stage = state.stage(self.stage) if state else None
        if stage is None:
            self.screen.say("There is no pipeline to keep out.")
            return
        if (
            not stage.inbound_enabled
            and unfinished_release(stage.inbound_reason) is None
        ):
            self.screen.say(f"Stage {self.stage} was closed by somebody: it stays so.")
            return
        self.transitions.freeze(self.pipeline, self.stage, reason=freeze_reason(number))
        self.screen.say(f"Stage {self.stage} is closed to executions.")
        if stage.status is ExecutionStatus.IN_PROGRESS and stage.execution_id:
            self.transitions.stop_execution(
                self.pipeline, stage.execution_id, reason="A rollback takes over."
            )
            self.screen.say(f"Execution {stage.execution_id} was told to stop.")

    def _thaw(self) -> None:
        """Open the stage again, where a rollback closed it."""
        if self._unfinished() is not None:
            self.transitions.thaw(self.pipeline, self.stage)
            self.screen.say(f"Stage {self.stage} is open again.")

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
        self.book.append_all(
            lambda view: (
                None if live_release(view.events) == target else Step(fact, target)
            ),
            execution="",
            actor=self.account.identity().arn,
            clock=self.clock,
        )
        return left

    def _say_moved(self, moves: tuple[Move, ...], seconds: float, target: int) -> None:
        moved = sum(each.needed for each in moves)
        self.screen.say(
            f"{moved} of {len(moves)} aliases moved to release {target} in "
            f"{seconds:.1f} s."
        )

    # --- cancelling and CloudFormation's own ways ---------------------------------------

    def _cancel(self, stack: Stack, way: Way) -> Undone:
        """Stop shifts first: CloudFormation would start its own beside them."""
        self._stop_shifts(self.situation())
        now = self.stacks.find(stack.id)
        if now is not None and now.status is StackStatus.UPDATE_IN_PROGRESS:
            self.undo.cancel_update(stack.id, token=new_token("cancel"))
        done = self._ended(way)
        after = self.stacks.find(stack.id)
        if after is None or after.status is not StackStatus.UPDATE_COMPLETE:
            return done
        return replace(
            done,
            summary="The update had succeeded before it could be cancelled.",
            next_step=f"./rollback.py {self.environment} --stack takes it back.",
        )

    def _stop_shifts(self, situation: Situation) -> None:
        if situation.stack is None:
            return
        for shift in situation.shifts:
            self.shifts.stop(shift)
            self.screen.say(f"Deployment {shift.id} was stopped; its traffic returns.")
        deadline = self.clock.monotonic() + PATIENCE_SECONDS
        while situation.shifts and self.shifts.running(situation.stack.id):
            if self.clock.monotonic() > deadline:
                raise OperationFailed(
                    "A deployment does not end.",
                    why="It was told to stop half an hour ago.",
                    next_step=f"./rollback.py {self.environment}",
                )
            self.clock.sleep(self.poll_seconds)

    def _operate(self, stack: Stack, way: Way, start: Callable[[str], None]) -> Undone:
        start(new_token("rollback"))
        return self._ended(way, gone_is_fine=stack.status.value == "CREATE_FAILED")

    def _ended(self, way: Way, *, gone_is_fine: bool = False) -> Undone:
        stack = self._wait_settled()
        if stack is None and gone_is_fine:
            return Undone(self.environment, way, "The stack is deleted.")
        if stack is None or stack.status.needs_a_person:
            raise OperationFailed(
                f"Stack {self.stack_name} is in {stack.status if stack else 'no state'}.",
                why=stack.reason if stack else "It is gone.",
                next_step=f"./rollback.py {self.environment}",
            )
        return Undone(self.environment, way, f"Stack {stack.name}: {stack.status}.")

    def _wait_settled(self) -> Stack | None:
        deadline = self.clock.monotonic() + PATIENCE_SECONDS
        while True:
            stack = self.stacks.find(self.stack_name)
            if stack is None or stack.status.settled:
                return stack
            if self.clock.monotonic() > deadline:
                raise OperationFailed(
                    f"Stack {stack.name} is still in {stack.status}.",
                    why="It did not end within half an hour.",
                    next_step=f"./rollback.py {self.environment}, when it has.",
                )
            self.clock.sleep(self.poll_seconds)

    # --- one function -------------------------------------------------------------------

    def move_function(self, function: str, version: str, reason: str) -> Undone:
        """Send one function's traffic to a version, and pin it for the next deployment."""
        contents = self._contents()
        aliases = self._aliases_of(contents)
        alias = next(
            (each for each in aliases if each.route.function == function), None
        )
        if alias is None:
            raise BadInput(
                f"{function} has no alias in stack {self.stack_name}.",
                next_step=f"./rollback.py {self.environment} lists them.",
            )
        there = self.aliases.version(function, version)
        code = there.code_sha256 if there else ""
        move = Move(alias, version, code)
        self.mover.prove((move,))
        stack_version = deployed_versions(contents.resources).get(function, "")
        seconds = self.mover.move((move,))
        fact = Pinned(
            function,
            AliasMove(alias.route.alias, alias.route.version, version),
            stack_version,
            reason,
        )
        live = live_release(self.book.view().events) or 0
        self.book.append_all(
            lambda view: (
                None
                if open_pins(view.events).get(function) == fact
                else Step(fact, live)
            ),
            execution="",
            actor=self.account.identity().arn,
            clock=self.clock,
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

    def record_failed(self, reason: str) -> None:
        """Write that what serves now did not pass its verification."""
        live = live_release(self.book.view().events)
        fact = Failed(VERIFIED_BY, reason)
        self.book.append_all(
            lambda view: (
                None
                if live is None or view.events[-1].fact == fact
                else Step(fact, live)
            ),
            execution="",
            actor=self.account.identity().arn,
            clock=self.clock,
        )

    def reconcile(self, reason: str) -> Undone:
        """Send pinned aliases back to what the stack recorded, and resolve their pins."""
        pins = open_pins(self.book.view(releases=RELEASES).events)
        contents = self._contents()
        if contents.stack.status.busy or self.shifts.running(contents.stack.id):
            raise Refused(
                f"{self.environment} cannot be reconciled now.",
                why="An update is under way, or traffic is being shifted.",
                next_step=f"./rollback.py {self.environment}, when it has ended.",
            )
        aliases = [a for a in self._aliases_of(contents) if a.route.function in pins]
        published = deployed_versions(contents.resources)
        wanted = {
            name: self._recorded(name, published.get(name, pin.stack_version))
            for name, pin in pins.items()
        }
        moves = plan_moves(aliases, wanted)
        self.mover.prove(moves)
        seconds = self.mover.move(moves)
        self.reconciler.resolve(self.book, tuple(sorted(pins)), reason)
        said = (
            f"{len(moves)} pins resolved." if moves else "There is no pin to resolve."
        )
        return Undone(self.environment, Way.MOVE_ONE_ALIAS, said, moves, seconds)

    def _recorded(self, function: str, version: str) -> Wanted:
        there = self.aliases.version(function, version)
        return Wanted(version, there.code_sha256 if there else "")
