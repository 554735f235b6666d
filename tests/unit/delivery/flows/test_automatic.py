"""A rollback that nobody typed touches only what its own execution released and failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from rollback_fakes import World, make_world, undoer_of

from awsrules.statuses import ExecutionStatus, StackStatus
from delivery.errors import Refused
from delivery.flows.automatic import refuse_unless_due
from delivery.flows.undo import Undoer
from delivery.model import PipelineState, RunningShift

OWN = "the-execution-of-the-newest-release"


def due(
    world: World, *, switched_on: bool = True, execution: str | None = None
) -> Undoer:
    """Ask whether the rollback is due; give what would carry it out."""
    undoer = undoer_of(world)
    live = undoer.book.release(undoer.situation().live or 0)
    assert live is not None
    undoer.own_execution = live.execution if execution is None else execution
    situation = undoer.situation()
    option = undoer.options(situation, None)[0]
    refuse_unless_due(undoer, situation, option, switched_on=switched_on)
    return undoer


def test_what_this_execution_released_and_failed_is_taken_back() -> None:
    world = make_world()
    undoer = due(world)
    situation = undoer.situation()
    done = undoer.roll_back(
        situation, undoer.options(situation, None)[0], to=None, reason="it failed"
    )
    assert done.to_release == 2
    assert world.codes[world.alias] == "code-rev-2" and world.open


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda: due(make_world(), switched_on=False), "rollback.automatic is false"),
        (lambda: due(make_world(), execution=""), "No execution"),
        (lambda: due(make_world(), execution="another"), "not released by this"),
        (lambda: due(make_world((True, True, True))), "has not failed"),
        (
            lambda: due(make_world(running=[RunningShift("d-1", "InProgress")])),
            "Traffic is shifting",
        ),
        (
            lambda: due(make_world(status=StackStatus.UPDATE_IN_PROGRESS)),
            "cannot go traffic first",
        ),
        (lambda: due(make_world((False,))), "cannot go traffic first"),
    ],
)
def test_anything_else_is_refused_and_left_alone(
    ask: Callable[[], Undoer], why: str
) -> None:
    with pytest.raises(Refused, match="nothing was changed") as refusal:
        ask()
    assert why in refusal.value.why


def test_the_execution_that_it_runs_in_is_not_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = make_world(inside=ExecutionStatus.IN_PROGRESS)
    undoer = due(world)
    own, state = undoer.own_execution, world.state

    def inside(pipeline: str) -> PipelineState:
        found = state(pipeline)
        (stage,) = found.stages
        return replace(found, stages=(replace(stage, execution_id=own),))

    monkeypatch.setattr(world, "state", inside)
    situation = undoer.situation()
    # The world refuses to stop an execution.
    undoer.roll_back(
        situation, undoer.options(situation, None)[0], to=None, reason="it failed"
    )
    assert world.effects[0] == "freeze" and world.open
