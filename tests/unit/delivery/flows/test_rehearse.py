"""A rehearsal makes two releases and passes only when both did and traffic shifted."""

from __future__ import annotations

import pytest
from delivery_fakes import (
    FakeBuilds,
    FakeFunctions,
    FakePlane,
    make_execution,
    make_stack,
    make_stage,
    make_state,
)

from delivery.errors import BadInput, PlaneUnavailable, Unreachable
from delivery.flows.approve import Decider
from delivery.flows.deploy import Deployed
from delivery.flows.rehearse import (
    RELEASE_FILE,
    Rehearser,
    dummy_token,
    rehearsal_answers,
)
from delivery.flows.rehearse_places import Received
from delivery.flows.release import Release
from delivery.flows.stack import StackDeployment
from delivery.flows.status import StatusReader
from delivery.model import AliasRoute, Outcome, WorkTree
from delivery.operate.status import Status

NAME = "MedicalRecordAnalysisPipeline"
PRODUCTION = "medical-record-analysis-lambda-production"
TREE = WorkTree("/repo", "work", "c0ffee0123456789", dirty=False)
SHIFT = [
    AliasRoute("analyze", "live", "1"),
    AliasRoute("analyze", "live", "1", {"2": 0.1}),
    AliasRoute("analyze", "live", "2"),
]


class World:
    """Everything around the rehearser, all of it going well."""

    def __init__(self, pipelines, stacks, clock, screen) -> None:
        self.pipelines, self.stacks = pipelines, stacks
        self.clock, self.screen = clock, screen
        self.plane = FakePlane(up=True)
        self.functions = FakeFunctions({"arn:alias": list(SHIFT)})
        self.deployed_with = []
        self.first = make_execution("execution-1", "Succeeded")
        self.second = make_execution("execution-2", "Succeeded")
        self.pipelines.runs = [self.first]
        self.pipelines.states = [
            make_state(make_stage("Source", "Succeeded", execution="execution-1"))
        ]
        stacks.stacks[PRODUCTION] = make_stack(
            PRODUCTION,
            outputs={"ApiUrl": "https://x/production", "AnalyzeAlias": "arn:alias"},
        )
        commit = self.plane.commit

        def commit_starts_the_second(branch, **more):
            self.pipelines.runs = [self.second, self.first]
            return commit(branch, **more)

        self.plane.commit = commit_starts_the_second
        looks = iter(["InProgress", "InProgress"])

        def execution(pipeline, execution_id):
            if execution_id == "execution-2" and (status := next(looks, None)):
                return make_execution("execution-2", status)
            return {"execution-1": self.first, "execution-2": self.second}[execution_id]

        pipelines.execution = execution

    def rehearser(self) -> Rehearser:
        return Rehearser(
            plane=self.plane,
            pipelines=lambda: self.pipelines,
            stacks=lambda: self.stacks,
            functions=lambda: self.functions,
            reader=lambda: StatusReader(
                self.pipelines, FakeBuilds(), self.stacks, NAME
            ),
            decider=lambda: Decider(self.pipelines, self.clock, NAME),
            clock=self.clock,
            screen=self.screen,
            deploy=self.deploy,
            push=lambda branch: self.plane.push("/repo", branch),
        )

    def deploy(self, answers, token) -> Deployed:
        self.deployed_with.append((answers, token))
        return Deployed(StackDeployment(None, True), execution=self.first)


@pytest.fixture
def world(pipelines, stacks, clock, screen):
    return World(pipelines, stacks, clock, screen)


def test_two_releases_and_a_shift_pass(world) -> None:
    rehearsal = world.rehearser().run(TREE)
    assert rehearsal.outcome == "passed"
    assert [each.execution for each in rehearsal.releases] == [
        "execution-1",
        "execution-2",
    ]
    assert rehearsal.api_url == "https://x/production"
    assert world.plane.commits == [RELEASE_FILE]
    data = rehearsal.as_data()
    assert data["outcome"] == "passed"
    assert set(data["releases"][0]) >= {"commit", "outcome", "stages"}
    assert data["shift"]["aliases"][0]["shifted"] is True


def test_the_plane_is_fresh_and_keeps_running(world) -> None:
    world.rehearser().run(TREE)
    assert "state discarded" in world.screen.text
    assert world.plane.up


def test_the_pipeline_listens_to_the_current_branch(world) -> None:
    world.rehearser().run(TREE)
    ((answers, token),) = world.deployed_with
    assert answers.branch == "work"
    assert world.plane.pushes == [("/repo", "work")]
    assert token.reveal() not in world.screen.text


def test_phases_are_timed_and_said(world) -> None:
    rehearsal = world.rehearser().run(TREE)
    assert [each.name for each in rehearsal.phases] == [
        "Start the plane",
        "Push the commit",
        "Deploy the pipeline",
    ]
    assert "Push the commit" in world.screen.text


def test_without_a_shift_it_fails(world) -> None:
    world.functions.routes["arn:alias"] = [AliasRoute("analyze", "live", "1")]
    rehearsal = world.rehearser().run(TREE)
    assert [each.outcome for each in rehearsal.releases] == ["passed", "passed"]
    assert rehearsal.outcome == "failed"


def test_a_failed_first_release_leaves_the_second_not_made(world) -> None:
    world.first = make_execution("execution-1", "Failed")
    rehearsal = world.rehearser().run(TREE)
    assert rehearsal.outcome == "failed"
    assert len(rehearsal.releases) == 1
    assert world.plane.commits == []


def test_a_sample_that_is_lost_does_not_fail_the_rehearsal(world) -> None:
    route, lost = world.functions.route, [Unreachable("throttled")]

    def sometimes_lost(arn):
        if lost:
            raise lost.pop()
        return route(arn)

    world.functions.route = sometimes_lost
    world.functions.routes["arn:alias"] = [*SHIFT]
    assert world.rehearser().run(TREE).outcome == "passed"


def test_what_the_plane_did_not_make_is_told(world) -> None:
    world.plane.missing = [{"resource": "Trail", "type": "T", "reason": "moto"}]
    data = world.rehearser().run(TREE).as_data()
    assert data["not_rehearsed"][0]["resource"] == "Trail"


def test_what_was_left_out_from_the_outset_is_told_beside_it(world) -> None:
    left_out = {"resource": "210987654321/us-west-2", "type": "a place", "reason": "no"}
    rehearser = world.rehearser()
    rehearser.left_out = [left_out]
    found = rehearser.run(TREE)
    assert found.outcome is Outcome.PASSED
    assert found.as_data()["not_rehearsed"] == [*world.plane.not_rehearsed(), left_out]


def test_what_the_plane_refused_is_told(world) -> None:
    world.plane.refused = [{"role": "r", "action": "kms:Decrypt"}]
    data = world.rehearser().run(TREE).as_data()
    assert data["not_allowed"] == [{"role": "r", "action": "kms:Decrypt"}]


def test_the_pushes_own_execution_is_followed_when_it_names_one(world) -> None:
    world.plane.started = ("execution-2",)
    assert world.rehearser().run(TREE).releases[1].execution == "execution-2"


def test_a_push_that_starts_nothing_is_an_error_with_a_way_on(world) -> None:
    rehearser = world.rehearser()
    world.plane.commit = FakePlane().commit
    with pytest.raises(PlaneUnavailable, match="started no execution") as caught:
        rehearser.run(TREE)
    assert "start" in caught.value.next_step


def test_without_a_commit_there_is_nothing_to_rehearse(world) -> None:
    with pytest.raises(BadInput, match="no commit to rehearse"):
        world.rehearser().run(None)


def test_a_deployment_without_an_execution_waits_for_the_pushes(world) -> None:
    world.deploy = lambda answers, token: Deployed(StackDeployment(None, False))
    assert world.rehearser().run(TREE).releases[0].execution == "execution-1"


def test_the_remotes_names_are_used_when_there_is_one() -> None:
    tree = WorkTree("/r", "main", "c", False, "clinic", "records")
    assert rehearsal_answers(tree, "main").owner == "clinic"
    assert rehearsal_answers(TREE, "main").owner == "rehearsal"


def test_each_rehearsal_has_a_token_of_its_own() -> None:
    assert dummy_token() != dummy_token()


class FakePlace:
    """A place where releases arrive, and end as told."""

    region = "us-west-2"

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes, self.followed = list(outcomes), 0
        self.is_up = False

    def set_up(self) -> None:
        self.is_up = True

    def follow(self, live: object) -> Release:
        assert self.is_up
        outcome = self.outcomes[self.followed]
        self.followed += 1
        return Release("e", "c", outcome, (), Status("", None, ()))

    def received(self) -> Received:
        releases = [
            Release("e", "c", each, (), Status("", None, ()))
            for each in self.outcomes[: self.followed]
        ]
        return Received(self.region, tuple(releases))


def test_both_releases_are_followed_to_each_place(world) -> None:
    rehearser = world.rehearser()
    rehearser.places = [place := FakePlace(Outcome.PASSED, Outcome.PASSED)]
    rehearsal = rehearser.run(TREE)
    assert place.followed == 2
    assert rehearsal.outcome == "passed"
    assert rehearsal.as_data()["places"][0]["region"] == "us-west-2"


def test_a_release_that_fails_in_a_place_fails_the_rehearsal(world) -> None:
    rehearser = world.rehearser()
    rehearser.places = [FakePlace(Outcome.PASSED, Outcome.FAILED)]
    assert rehearser.run(TREE).outcome == "failed"


def test_a_release_that_fails_at_home_goes_nowhere(world) -> None:
    world.first = make_execution("execution-1", "Failed")
    rehearser = world.rehearser()
    rehearser.places = [place := FakePlace()]
    rehearser.run(TREE)
    assert place.followed == 0
