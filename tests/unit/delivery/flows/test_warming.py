"""Versions are called by number before traffic comes to them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from rollback_fakes import World, make_world, put_template, undoer_of

from delivery.errors import DeliveryError, NotPermitted, Refused, Unreachable
from delivery.flows.warming import CALLS, Trial, Warmer, trials_of
from delivery.model import Answered, VersionFacts
from delivery.verify.declared import Proof

DECLARED = """
Resources:
  AnalyzeFunction:
    Type: AWS::Serverless::Function
    Metadata: {Verification: {event: {}, statuses: [200]}}
"""
TRIAL = Trial("mra-analyze", "2", Proof({}, (200,)))


def declared_world(**more: Any) -> World:
    world = make_world(**more)
    for number in (1, 2, 3):
        put_template(world, number, DECLARED)
    return world


def roll_back(world: World) -> None:
    undoer = undoer_of(world)
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    undoer.roll_back(situation, option, to=None, reason="it is bad")


def test_the_targets_versions_are_called_before_anything_moves() -> None:
    world = declared_world(dies_at=0)
    with pytest.raises(BaseException, match="freeze"):
        roll_back(world)
    assert world.called == ["2"] * CALLS


def test_a_target_that_answers_otherwise_is_refused_and_nothing_moves() -> None:
    world = declared_world(wrong={"code-rev-2"})
    with pytest.raises(Refused, match="nothing was moved") as refusal:
        roll_back(world)
    assert "version 2 of mra-analyze answered 500" in refusal.value.why
    assert world.effects == []


@dataclass
class Invocations:
    """Answers from a list, the last one for ever; an error is raised."""

    answers: list[Answered | DeliveryError]
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, function: str, qualifier: str, event: Any) -> Answered:
        with self.lock:
            self.asked.append(qualifier)
            more = len(self.answers) > 1
            answer = self.answers.pop(0) if more else self.answers[0]
        if isinstance(answer, DeliveryError):
            raise answer
        return answer

    def facts(self, function: str, version: str) -> VersionFacts:
        raise NotImplementedError


class Said:
    """A screen that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str = "") -> None:
        self.lines.append(text)


def warmer(*answers: Answered | DeliveryError) -> tuple[Warmer, Invocations, Said]:
    invocations, said = Invocations(list(answers)), Said()
    clock: Any = None
    return Warmer(invocations, clock, said), invocations, said  # type: ignore[arg-type]


def test_a_function_that_fails_is_refused_by_the_class_of_its_error() -> None:
    made, _, _ = warmer(Answered("2", error="KeyError"))
    with pytest.raises(Refused) as refusal:
        made.prove([TRIAL])
    assert refusal.value.why == "version 2 of mra-analyze failed with KeyError."


def test_a_call_that_is_throttled_does_not_hinder_and_is_told() -> None:
    made, _, said = warmer(Unreachable("Lambda asks to slow down."))
    made.prove([TRIAL])
    assert "could not be tried" in said.lines[0]


def test_a_call_that_is_denied_ends_it() -> None:
    made, _, _ = warmer(NotPermitted("You may not call it."))
    with pytest.raises(NotPermitted):
        made.prove([TRIAL])


@pytest.mark.thorough
def test_a_version_that_is_about_to_come_is_called_until_it_answers() -> None:
    missing = DeliveryError("There is no version 4.")
    made, invocations, _ = warmer(missing, missing, Answered("4", 200))
    with made.ahead([TRIAL]):
        deadline = threading.Event()
        while len(invocations.asked) < 3:
            deadline.wait(0.01)
        deadline.wait(0.3)
    assert len(invocations.asked) == 3


def test_a_version_that_never_comes_is_not_waited_for() -> None:
    made, _, _ = warmer(DeliveryError("There is no version 4."))
    with made.ahead([TRIAL]):
        pass
    assert threading.active_count() < 20


def test_a_function_without_a_declared_event_has_no_trial() -> None:
    proof = Proof({})
    versions = {"one": "2", "two": "5"}
    logical_ids = {"one": "One", "two": "Two"}
    assert trials_of(versions, logical_ids, {"Two": (proof,)}) == (
        Trial("two", "5", proof),
    )
