"""Move many aliases in seconds, within Lambda's limit, and say exactly where it stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from delivery.errors import DeliveryError, OperationFailed, Refused, Unreachable
from delivery.model import AliasNow
from delivery.ports import Aliases, Clock
from delivery.rollback.moves import Move, problem_of

# Lambda answers 15 control-plane requests a second, for the account. Source: AWS Lambda
# Developer Guide, "Lambda quotas". One is left to others.
CALLS_PER_SECOND = 14.0
WORKERS = 8
ATTEMPTS = 6

Found = TypeVar("Found")
Item = TypeVar("Item")
P = ParamSpec("P")


class HalfWay(OperationFailed):
    """Some aliases could not be moved; ``failed`` says why, by function."""

    def __init__(self, moves: Sequence[Move], failed: Mapping[str, DeliveryError]):
        super().__init__(
            f"{len(failed)} of {len(moves)} aliases could not be moved.",
            why="\n".join(_serving(each, failed) for each in moves),
            next_step="Mend the cause and run the same command again: it goes on from "
            "here.",
        )
        self.failed = failed


@dataclass
class Pace:
    """Lets callers through at a steady rate, whoever they are."""

    clock: Clock
    per_second: float = CALLS_PER_SECOND
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        with self._lock:
            now = self.clock.monotonic()
            turn = max(now, self._next)
            self._next = turn + 1.0 / self.per_second
        if turn > now:
            self.clock.sleep(turn - now)


@dataclass(frozen=True)
class AliasMover:
    """Proves that versions can serve, and sends aliases to them."""

    aliases: Aliases
    clock: Clock
    pace: Pace

    def look(self, alias_arns: Sequence[str]) -> list[AliasNow]:
        """Return where each alias leads now."""
        return self._each(alias_arns, lambda arn: self._asked(self.aliases.now, arn))

    def prove(self, moves: Sequence[Move]) -> None:
        """Refuse before anything moves when one of the versions cannot serve.

        Raises:
            Refused: with every version that is gone, not ready, or not what was recorded.
            NotPermitted: when the caller may not read or call one of them.
        """
        found = [each for each in self._each(moves, self._problem) if each]
        if found:
            raise Refused(
                "The rollback's target cannot run; nothing was moved.",
                why="; ".join(found) + ".",
                next_step="Choose another release with --to, or release the commit again.",
            )

    def prove_movable(self, moves: Sequence[Move]) -> None:
        """Ask Lambda for each alias whether the caller may move it; nothing changes.

        Raises:
            NotPermitted: when the caller may not move one of them.
        """
        self._each([each for each in moves if each.needed], self._try_move)

    def move(self, moves: Sequence[Move]) -> float:
        """Send each alias to its version; return seconds from first to last.

        Raises:
            HalfWay: when one could not be moved; it says what serves what.
        """
        needed = [each for each in moves if each.needed]
        began = self.clock.monotonic()
        failures = self._each(needed, self._moved)
        seconds = self.clock.monotonic() - began
        failed = {
            move.alias.route.function: error
            for move, error in zip(needed, failures, strict=True)
            if error is not None
        }
        if failed:
            raise HalfWay(moves, failed)
        return seconds

    @staticmethod
    def _each(items: Sequence[Item], work: Callable[[Item], Found]) -> list[Found]:
        if not items:
            return []
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            return list(pool.map(work, items))

    def _asked(
        self, work: Callable[P, Found], *args: P.args, **more: P.kwargs
    ) -> Found:
        """Call Lambda when it is our turn, again and later when it has no time for us."""
        for attempt in range(ATTEMPTS - 1):
            self.pace.wait()
            try:
                return work(*args, **more)
            except Unreachable:
                self.clock.sleep(0.2 * 2**attempt)
        self.pace.wait()
        return work(*args, **more)

    def _problem(self, move: Move) -> str:
        function = move.alias.route.function
        version = self._asked(self.aliases.version, function, move.version)
        problem = problem_of(move, version)
        if not problem:
            self.aliases.try_call(function, move.version)
        return problem

    def _try_move(self, move: Move) -> None:
        self._asked(self.aliases.try_move, move.alias)

    def _moved(self, move: Move) -> DeliveryError | None:
        try:
            self._asked(self.aliases.move, move.alias, move.version)
        except Refused as error:
            return None if self._is_there(move) else error
        except DeliveryError as error:
            return error
        return None

    def _is_there(self, move: Move) -> bool:
        """Whether somebody else has sent the alias to the same version meanwhile."""
        try:
            now = self._asked(self.aliases.now, move.alias.arn)
        except DeliveryError:
            return False
        return not now.route.shifting and now.route.version == move.version


def _serving(move: Move, failed: Mapping[str, DeliveryError]) -> str:
    """Say what one alias serves after some were not moved."""
    route = move.alias.route
    error = failed.get(route.function)
    serves = move.version if error is None else str(route)
    note = "" if error is None else f" (not moved: {error.what} {error.why})"
    return f"{route.function}:{route.alias} serves {serves}{note}"
