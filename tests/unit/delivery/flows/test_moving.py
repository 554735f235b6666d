"""Aliases are moved side by side, within a limit; what stays behind is told exactly."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from delivery.errors import NotPermitted, OperationFailed, Refused, Unreachable
from delivery.flows.moving import AliasMover, Pace
from delivery.model import AliasNow, AliasRoute, VersionNow
from delivery.rollback.moves import Move


@dataclass
class DrivenClock:
    """Time that passes only while somebody sleeps; each sleeper sees its own wake-up."""

    time: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def monotonic(self) -> float:
        return self.time

    def now(self):  # pragma: no cover
        raise NotImplementedError

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.time += seconds


@dataclass
class FakeAliases:
    """Versions that are there, and calls that fail: by function, once or always."""

    gone: set[str] = field(default_factory=set)
    throttled_once: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    uncallable: set[str] = field(default_factory=set)
    moved: list[str] = field(default_factory=list)

    def now(self, alias_arn: str) -> AliasNow:
        raise NotImplementedError

    def version(self, function: str, version: str) -> VersionNow | None:
        if function in self.gone:
            return None
        return VersionNow(function, version, "code")

    def versions(self, function: str) -> list[VersionNow]:
        raise NotImplementedError

    def try_call(self, function: str, version: str) -> None:
        if function in self.uncallable:
            raise NotPermitted("You may not call it.", why="lambda:InvokeFunction")

    def try_move(self, alias: AliasNow) -> None:
        raise NotImplementedError

    def move(self, alias: AliasNow, version: str) -> None:
        function = alias.route.function
        if function in self.throttled_once:
            self.throttled_once.discard(function)
            raise Unreachable("Lambda asks to slow down.")
        if function in self.denied:
            raise NotPermitted("You may not move it.", why="lambda:UpdateAlias")
        self.moved.append(function)


def make_moves(count: int = 13) -> list[Move]:
    return [
        Move(AliasNow(f"arn:{i}", AliasRoute(f"fn-{i}", "live", "3"), "r"), "2", "code")
        for i in range(1, count + 1)
    ]


def mover(aliases: FakeAliases) -> AliasMover:
    clock = DrivenClock()
    return AliasMover(aliases, clock, Pace(clock))


def test_the_ninth_of_thirteen_is_throttled_and_tried_again() -> None:
    aliases = FakeAliases(throttled_once={"fn-9"})
    mover(aliases).move(make_moves())
    assert sorted(aliases.moved) == sorted(f"fn-{i}" for i in range(1, 14))


def test_a_deleted_version_is_refused_before_anything_moves() -> None:
    aliases = FakeAliases(gone={"fn-9"})
    with pytest.raises(Refused, match="nothing was moved") as error:
        mover(aliases).prove(make_moves())
    assert "version 2 of fn-9 was deleted" in error.value.why
    assert aliases.moved == []


def test_a_missing_permission_is_found_before_anything_moves() -> None:
    aliases = FakeAliases(uncallable={"fn-9"})
    with pytest.raises(NotPermitted):
        mover(aliases).prove(make_moves())
    assert aliases.moved == []


def test_denied_in_the_middle_says_exactly_what_serves_what() -> None:
    aliases = FakeAliases(denied={"fn-9"})
    with pytest.raises(OperationFailed, match="1 of 13") as error:
        mover(aliases).move(make_moves())
    lines = error.value.why.splitlines()
    assert "fn-8:live serves 2" in lines
    assert any(
        each.startswith("fn-9:live serves 3 (not moved: You may not move it.")
        for each in lines
    )


def test_calls_keep_to_lambdas_limit() -> None:
    clock = DrivenClock()
    pace = Pace(clock, per_second=10)
    for _ in range(21):
        pace.wait()
    assert clock.time == pytest.approx(2.0)


def test_what_serves_already_is_not_touched() -> None:
    aliases = FakeAliases()
    route = AliasRoute("fn-1", "live", "2")
    mover(aliases).move([Move(AliasNow("arn:1", route, "r"), "2", "code")])
    assert aliases.moved == []
