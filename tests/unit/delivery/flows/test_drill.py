"""A drill goes back and forward under traffic, and passes only when nobody noticed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pytest
from rollback_fakes import World, make_world, undoer_of
from traffic_fakes import FakeTraffic

from delivery.errors import OperationFailed, Refused, Unreachable
from delivery.flows.drill import Drill, Drilled
from delivery.ledger.book import Book
from delivery.ledger.events import Kind
from delivery.model import CheckResult, Outcome, RunningShift, Verdict
from delivery.operate.mix import mix_of

CLEAN = replace(FakeTraffic.report, by_status={200: 100}, failed_by_kind={})


class WithApi:
    """The world's stack, with an API."""

    def __init__(self, world: World) -> None:
        self.world = world

    def find(self, name_or_id: str):
        stack = self.world.find(name_or_id)
        return replace(stack, outputs={"ApiUrl": "https://api/v1", "ApiKeyId": "key"})


@dataclass
class Rig:
    """A drill in a world where release 2 serves and release 1 is the one before."""

    world: World
    traffic: FakeTraffic = field(default_factory=lambda: FakeTraffic(report=CLEAN))
    verdicts: list[Outcome | Exception] = field(default_factory=list)
    seen: list[tuple[str, bool]] = field(default_factory=list)

    def verify(self, done, began) -> Verdict:
        """Note which code serves, and whether requests arrive."""
        self.seen.append((self.world.codes[self.world.alias], self.traffic.running))
        found = self.verdicts.pop(0) if self.verdicts else Outcome.PASSED
        if isinstance(found, Exception):
            raise found
        undoer_of(self.world).record_verdict(found, ["state"])
        return Verdict("production", (CheckResult("state", found, "Looked."),))

    @property
    def drill(self) -> Drill:
        undoer = undoer_of(self.world)
        undoer.stacks = WithApi(self.world)  # type: ignore[assignment]
        return Drill(
            undoer=undoer,
            traffic=self.traffic,
            verify=self.verify,
            clock=undoer.clock,
            screen=undoer.screen,
            rate=20.0,
            mix=mix_of("list"),
        )

    def run(self) -> Drilled:
        drill = self.drill
        return drill.run(drill.plan())


def good_rig(*verdicts: Outcome | Exception) -> Rig:
    return Rig(make_world((True, True)), verdicts=list(verdicts))


def test_it_goes_back_and_forward_while_requests_arrive() -> None:
    rig = good_rig()
    drilled = rig.run()
    assert rig.seen == [("code-rev-1", True), ("code-rev-2", True)]
    assert [(leg.name, leg.done.to_release) for leg in drilled.legs] == [
        ("back", 1),
        ("forward", 2),
    ]
    assert not rig.traffic.running and rig.world.open
    assert drilled.outcome is Outcome.PASSED
    assert drilled.as_data()["outcome"] == "passed"
    assert drilled.as_data()["requests"]["failed"] == 0


def test_the_ledger_records_both_ways_and_stays_whole() -> None:
    rig = good_rig()
    rig.run()
    book = Book(rig.world.ledger.store, rig.world.ledger.scope)
    kinds = [each.kind for each in book.view(releases=20).events]
    assert kinds.count(Kind.ROLLED_BACK) == 2
    assert book.problems(book.links()) == []


def test_a_drill_can_follow_a_drill() -> None:
    rig = good_rig()
    rig.run()
    assert rig.run().outcome is Outcome.PASSED
    assert rig.world.codes[rig.world.alias] == "code-rev-2"


def test_a_failed_request_fails_it() -> None:
    rig = good_rig()
    rig.traffic.report = replace(
        CLEAN, by_status={200: 99, 502: 1}, failed_by_kind={"list": 1}
    )
    assert rig.run().outcome is Outcome.FAILED


def test_without_a_request_nothing_is_proven() -> None:
    rig = good_rig()
    rig.traffic.report = replace(CLEAN, by_status={})
    assert rig.run().outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (Outcome.FAILED, Outcome.FAILED),
        (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
        (Unreachable("No answer."), Outcome.INCONCLUSIVE),
    ],
)
def test_after_a_bad_verification_it_still_goes_forward(first, outcome) -> None:
    rig = good_rig(first)
    assert rig.run().outcome is outcome
    assert rig.seen[-1] == ("code-rev-2", True)


def test_traffic_ends_also_when_a_move_fails(monkeypatch) -> None:
    rig = good_rig()
    drill = rig.drill
    plan = drill.plan()

    def fail(alias, version) -> None:
        raise OperationFailed("Lambda does not move it.")

    monkeypatch.setattr(rig.world, "move", fail)
    with pytest.raises(OperationFailed):
        drill.run(plan)
    assert rig.traffic.plans and not rig.traffic.running


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (make_world((True,)), "no .*release"),
        (make_world((True, False)), "was not verified"),
        (
            make_world((True, True), running=[RunningShift("d-1", "InProgress")]),
            "shifting",
        ),
        (
            make_world(
                (True, True),
                open=False,
                reason="rollback.py takes traffic to release 1",
            ),
            "not finished",
        ),
    ],
)
def test_unrest_is_refused_before_anything_happens(world: World, why: str) -> None:
    rig = Rig(world)
    with pytest.raises(Refused) as refusal:
        rig.run()
    assert re.search(why, refusal.value.why)
    assert world.effects == [] and not rig.traffic.plans
