"""A rehearsal follows each release to the places that it is promoted to."""

from __future__ import annotations

import pytest
from delivery_fakes import (
    FakeBuilds,
    FakeLive,
    FakePipelines,
    make_execution,
    make_stage,
    make_state,
)

from delivery.errors import OperationFailed
from delivery.flows.rehearse_places import RehearsedPlace, Received
from delivery.flows.status import StatusReader

NAME = "MedicalRecordAnalysisPipeline"


@pytest.fixture
def there() -> FakePipelines:
    """A new pipeline, whose own start found nothing to deploy."""
    pipelines = FakePipelines()
    pipelines.runs = [make_execution("creation", "Failed")]
    pipelines.states = [
        make_state(make_stage("Source", "Succeeded", execution="promoted-1"))
    ]
    return pipelines


@pytest.fixture
def place(there, stacks, clock) -> RehearsedPlace:
    return RehearsedPlace(
        "us-west-2",
        deploy=lambda: None,
        pipelines=lambda: there,
        reader=lambda: StatusReader(there, FakeBuilds(), stacks, NAME),
        clock=clock,
        poll_seconds=0.1,
    )


def test_the_release_that_arrived_is_followed_and_the_pipelines_own_start_is_not(
    place, there
) -> None:
    place.set_up()
    arrived = make_execution("promoted-1", "Succeeded")
    there.runs = [arrived, *there.runs]

    shown: list[str] = []
    assert place.follow(FakeLive(shown)).execution == "promoted-1"
    assert place.received().outcome == "passed"
    assert [line.split()[:2] for line in shown] == [["Source", "passed"]]


def test_one_release_that_fails_there_fails_the_place(place, there) -> None:
    place.set_up()
    there.runs = [make_execution("promoted-1", "Failed"), *there.runs]

    place.follow(FakeLive([]))

    assert place.received().outcome == "failed"


def test_a_release_that_never_arrives_is_a_failure_that_names_the_place(place) -> None:
    place.set_up()
    with pytest.raises(OperationFailed, match="No release arrived in us-west-2"):
        place.follow(FakeLive([]))


def test_a_place_that_got_nothing_has_not_run() -> None:
    assert Received("us-west-2", ()).as_data() == {
        "region": "us-west-2",
        "outcome": "not_run",
        "releases": [],
    }
