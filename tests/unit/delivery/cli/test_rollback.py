"""What ``rollback.py`` asks, shows and refuses before it acts."""

from __future__ import annotations

from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner
from delivery_fakes import (
    FakeAccount,
    FakeClock,
    FakeScreen,
    FakeStacks,
    FakeTopics,
    make_stack,
)
from rollback_fakes import make_world, undoer_of

from awsrules.statuses import StackStatus
from delivery.cli import ask, undoing
from delivery.cli.options import Settings
from delivery.cli.rollback import rollback
from delivery.cli.undoing import Asked, menu_text, situation_text
from delivery.errors import BadInput, NotPermitted
from delivery.flows.half_way import OnFailure
from delivery.flows.moving import HalfWay
from delivery.model import RunningShift, Stack
from delivery.names import PIPELINE_STACK
from delivery.rollback.options import Choice, options_of
from delivery.rollback.situation import Known, Situation, pick_release

RELEASES = (Known(3, good=False, commit="c0ffee03"), Known(2, good=True))


def make_situation(status: str, **more: object) -> Situation:
    stack = Stack("app", "arn:app", StackStatus(status))
    known: dict[str, object] = {"live": 3, "releases": RELEASES, **more}
    return Situation("production", stack, **known)  # type: ignore[arg-type]


def menu_of(situation: Situation) -> list[str]:
    target = pick_release(situation, None)
    return menu_text(situation, options_of(situation, target)).splitlines()


@pytest.mark.parametrize(
    ("asked", "choice"),
    [
        (Asked(), None),
        (Asked(stack=True, to=2), Choice.STACK),
        (Asked(function="f", version="1"), Choice.FUNCTION),
        (Asked(cancel=True), Choice.CANCEL),
    ],
)
def test_flags_name_a_choice(asked: Asked, choice: Choice | None) -> None:
    assert asked.choice is choice


@pytest.mark.parametrize(
    "asked",
    [
        Asked(stack=True, cancel=True),
        Asked(stack=True, reconcile=True),
        Asked(verify=True, cancel=True),
        Asked(to=2),
        Asked(on_failure="return"),
        Asked(automatic=True),
        Asked(automatic=True, stack=True, to=2),
        Asked(function="f"),
        Asked(version="1"),
    ],
)
def test_flags_that_do_not_fit_together_are_bad_input(asked: Asked) -> None:
    with pytest.raises(BadInput):
        _ = asked.choice


def test_after_a_bad_release_the_whole_stack_fits_best() -> None:
    menu = menu_of(make_situation("UPDATE_COMPLETE"))
    assert menu[0].startswith(" *1  Roll back the entire stack")
    assert "to release 2" in menu[0]
    assert "not now: no update is under way" in menu[2]


def test_during_an_update_cancelling_fits_best_and_one_function_says_why_not() -> None:
    shifts = (RunningShift("d-1", "InProgress"),)
    menu = menu_of(make_situation("UPDATE_IN_PROGRESS", shifts=shifts))
    assert menu[2].startswith(" *3")
    assert "not now: traffic is being shifted" in menu[1]


def test_while_a_verified_release_serves_leaving_fits_best() -> None:
    menu = menu_of(make_situation("UPDATE_COMPLETE", live=2))
    assert menu[3].startswith(" *4  Exit")


def test_what_serves_and_what_moves_is_told_first() -> None:
    shifts = (RunningShift("d-1", "InProgress"),)
    said = situation_text(make_situation("UPDATE_IN_PROGRESS", shifts=shifts))
    assert "stack app is UPDATE_IN_PROGRESS" in said
    assert "Deployment d-1 is InProgress" in said
    assert "release 3  c0ffee03  serves, not verified" in said


def test_a_rollback_that_was_not_finished_is_told() -> None:
    said = situation_text(make_situation("UPDATE_COMPLETE", unfinished=2))
    assert "A rollback to release 2 was not finished." in said


def test_an_unknown_environment_is_bad_input() -> None:
    done = CliRunner().invoke(rollback, ["moon"])
    assert done.exit_code == click.UsageError.exit_code
    assert "production" in done.output


def test_a_rollback_is_told_with_reason_and_next_step(monkeypatch) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:notices"
    world, topics, screen = make_world(), FakeTopics(), FakeScreen()
    pipeline = make_stack(PIPELINE_STACK, outputs={"NoticesTopicArn": topic})
    tools = SimpleNamespace(
        undoer=lambda environment: undoer_of(world),
        clock=FakeClock(),
        account=FakeAccount(),
        stacks=FakeStacks({PIPELINE_STACK: pipeline}),
        topics=topics,
        screen=screen,
    )
    monkeypatch.setattr(undoing, "Tools", lambda settings: tools)
    monkeypatch.setattr(undoing, "verified", lambda *words: None)
    words = ["production", "--stack", "--yes", "--reason", "analysis answers 500"]
    done = CliRunner().invoke(rollback, words, obj=Settings(yes=True))
    assert topics.sent, done.output
    ((sent_to, text),) = topics.sent
    assert sent_to == topic
    assert text.startswith("production: Release ")
    assert "Taken back by operator: analysis answers 500." in text
    assert "Next: Revert the bad commit and push" in text
    assert screen.lines == []


FAILURE = HalfWay([], {"fn-9": NotPermitted("You may not move it.")})


def test_at_a_terminal_a_person_is_asked_what_becomes_of_half_a_rollback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ask, "is_interactive", lambda: True)
    answers = iter(["go-on", "return"])
    monkeypatch.setattr(click, "prompt", lambda *args, **more: next(answers))
    decide = undoing._decider(Settings(), FakeClock(), None)
    assert [decide(FAILURE), decide(FAILURE)] == [OnFailure.GO_ON, OnFailure.RETURN]
    shown = capsys.readouterr().err
    assert (
        "aliases could not be moved" in shown and "send those that were moved" in shown
    )


@pytest.mark.parametrize(
    ("given", "yes", "expected"),
    [
        (None, False, OnFailure.KEEP),
        (None, True, OnFailure.KEEP),
        ("return", True, OnFailure.RETURN),
        ("go-on", True, OnFailure.GO_ON),
    ],
)
def test_without_a_person_the_flag_decides_and_keeping_is_what_happens_else(
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    yes: bool,
    expected: OnFailure,
) -> None:
    monkeypatch.setattr(ask, "is_interactive", lambda: yes)
    decide = undoing._decider(Settings(yes=yes), FakeClock(), given)
    assert decide(FAILURE) is expected
