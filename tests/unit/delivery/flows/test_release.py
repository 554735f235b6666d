"""Following an execution: stages timed as they end, approvals answered."""

from __future__ import annotations

import pytest
from delivery_fakes import (
    FakeBuilds,
    make_execution,
    make_stage,
    make_state,
    waiting_stage,
)

from delivery.errors import Unreachable
from delivery.flows.approve import Decider
from delivery.flows.release import ReleaseFollower
from delivery.flows.status import StatusReader

NAME = "MedicalRecordAnalysisPipeline"
ID = "execution-1"


def _state(*statuses: str):
    names = ("Source", "ApproveStaging", "DeployStaging")
    return make_state(*(make_stage(n, s) for n, s in zip(names, statuses)))


@pytest.fixture
def make_follower(pipelines, stacks, clock):
    def make(**more):
        reader = StatusReader(pipelines, FakeBuilds(), stacks, NAME)
        return ReleaseFollower(reader, clock, 1.0, **more)

    return make


def _end_after(pipelines, clock, seconds: float, status: str):
    """Let the execution settle once so many seconds have passed."""
    running = make_execution(ID)
    ended = make_execution(ID, status)

    def execution(pipeline, execution_id):
        return ended if clock.seconds >= seconds else running

    pipelines.execution = execution
    pipelines.runs = [running]


def test_each_stage_is_timed_from_the_end_of_the_one_before(
    pipelines, clock, make_follower
) -> None:
    done = ("Succeeded", "Succeeded", "Succeeded")
    pipelines.states = [
        _state("InProgress", "NotStarted", "NotStarted"),
        _state("Succeeded", "NotStarted", "NotStarted"),
        _state("Succeeded", "InProgress", "NotStarted"),
        _state("Succeeded", "Succeeded", "InProgress"),
        _state(*done),
    ]
    _end_after(pipelines, clock, 4, "Succeeded")
    live = []
    release = make_follower(on_stage=live.append).follow(ID)
    assert [(each.name, each.seconds) for each in release.stages] == [
        ("Source", 1),
        ("ApproveStaging", 2),
        ("DeployStaging", 1),
    ]
    assert release.outcome == "passed"
    assert release.seconds == 4
    assert [each.name for each in live] == [each.name for each in release.stages]


def test_stages_behind_a_failure_were_not_run(pipelines, clock, make_follower) -> None:
    pipelines.states = [_state("Succeeded", "Failed", "NotStarted")]
    _end_after(pipelines, clock, 0, "Failed")
    release = make_follower().follow(ID)
    assert release.outcome == "failed"
    assert [each.outcome for each in release.stages] == ["passed", "failed", "not_run"]
    assert release.as_data()["stages"][2]["outcome"] == "not_run"


def test_approvals_are_answered_once(pipelines, clock, make_follower) -> None:
    pipelines.states = [make_state(waiting_stage())]
    _end_after(pipelines, clock, 3, "Succeeded")
    decider = Decider(pipelines, clock, NAME)
    make_follower(decider=decider, comment="by the rehearsal").follow(ID)
    assert pipelines.decisions == [
        ("ApproveStaging", "token-execution-1", True, "by the rehearsal")
    ]


def test_an_approval_gone_between_two_looks_is_left_alone(
    pipelines, clock, make_follower
) -> None:
    waiting = make_state(waiting_stage())
    pipelines.states = [waiting, make_state(make_stage("ApproveStaging", "Succeeded"))]
    _end_after(pipelines, clock, 1, "Succeeded")
    decider = Decider(pipelines, clock, NAME)
    make_follower(decider=decider).follow(ID)
    assert pipelines.decisions == []


def test_a_lost_look_does_not_end_the_following(
    pipelines, clock, make_follower, monkeypatch
) -> None:
    pipelines.states = [_state("Succeeded", "Succeeded", "Succeeded")]
    _end_after(pipelines, clock, 2, "Succeeded")
    look = pipelines.state

    def lost_at_first(name):
        if clock.seconds < 1:
            raise Unreachable("lost")
        return look(name)

    monkeypatch.setattr(pipelines, "state", lost_at_first)
    assert make_follower().follow(ID).outcome == "passed"


def test_a_lost_last_look_costs_the_reasons_and_not_the_outcome(
    pipelines, clock, make_follower, monkeypatch
) -> None:
    pipelines.states = [_state("Succeeded", "Failed", "NotStarted")]
    _end_after(pipelines, clock, 0, "Failed")
    look, answered = pipelines.state, iter([True, False])

    def lost_at_last(name):
        if not next(answered):
            raise Unreachable("AWS does not answer.")
        return look(name)

    monkeypatch.setattr(pipelines, "state", lost_at_last)
    release = make_follower().follow(ID)
    assert release.outcome == "failed"
    assert release.status.warnings == ("AWS does not answer.",)
