"""Releases go to all places at once; what fails in one stops no other, and nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from delivery_fakes import FakeScreen
from promotion_fakes import (
    CODE,
    COMMIT,
    EXECUTION,
    HOME,
    KEY,
    FakeHome,
    FakePlaces,
    role_of,
    sha,
    sum_up,
    write_artifact,
)

from delivery.errors import BadInput, NotPermitted, Unreachable
from delivery.flows.promote import HandedOn, Promoter
from delivery.promote import Handover, read_artifact, receivers_of

WEST, EAST = "eu-west-1", "us-east-2"


class World:
    """Home with an artifact, and places."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digest = write_artifact(folder)
        self.home, self.places, self.screen = FakeHome(), FakePlaces(), FakeScreen()

    def promote(self, *regions: str, dry_run: bool = False) -> Sequence[HandedOn]:
        promoter = Promoter(HOME, self.home, self.places, self.screen)
        return promoter.promote(
            Handover(EXECUTION, "ignored", "the fix"),
            read_artifact(self.folder, self.digest),
            receivers_of(role_of(each) for each in regions or (WEST, EAST)),
            dry_run=dry_run,
        )

    def nothing_changed(self) -> bool:
        return not any(
            each.packages or each.releases or each.starts
            for each in self.places.by_region.values()
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_each_place_is_given_packages_release_and_a_start(world) -> None:
    west, east = world.promote()
    for done in (west, east):
        place = world.places[done.receiver.region]
        assert place.packages == {KEY: CODE}
        assert done.execution == f"{place.region}-execution-1"
        assert (done.packages, done.lacking, done.error) == (1, 1, None)
        assert place.variables == {
            "ArtifactSha256": done.artifact_sha256,
            "CommitId": COMMIT,
            "ShiftAlarms": "ignored",
            "OverrideReason": "the fix",
        }
    assert world.places.sessions == {f"promote-{EXECUTION}"}


def test_a_place_is_started_with_the_artifact_whose_hash_it_is_told(world) -> None:
    (done,) = world.promote(WEST)
    files = world.places[WEST].released()
    assert sha(files.pop("SHA256SUMS")) == done.artifact_sha256
    assert f"s3://{WEST}-releases/{KEY}".encode() in files["packaged.yaml"]
    assert not any(HOME.encode() in each for each in files.values())
    assert done.artifact_sha256 != world.digest


def test_all_places_are_served_at_the_same_time(world) -> None:
    """Each waits until the other has come as far; one after the other would not end."""
    both = threading.Barrier(2, timeout=10)
    for region in (WEST, EAST):
        world.places[region].before = lambda step: both.wait()
    assert all(each.execution for each in world.promote())


def test_a_place_that_refuses_the_promoter_stops_no_other(world) -> None:
    world.places[WEST].refuses = NotPermitted("The tool could not take the role.")
    west, east = world.promote()
    assert west.error is world.places[WEST].refuses and not west.execution
    assert east.execution and not east.error
    assert f"{WEST} in 222222222222: The tool could not" in world.screen.text


@pytest.mark.parametrize(
    "step", ["stores", "has_package", "put_package", "put_release", "start"]
)
@pytest.mark.parametrize("error", [Unreachable("Throttled."), ValueError("a defect")])
def test_what_fails_in_a_place_is_told_and_mended_by_running_again(
    world, step, error
) -> None:
    def fail(at: str) -> None:
        if at == step:
            raise error

    world.places[WEST].before = fail
    west, east = world.promote()
    assert not west.execution and east.execution
    assert str(error) in str(west.error)

    world.places[WEST].before = lambda at: None
    west, east = world.promote()
    assert west.execution == f"{WEST}-execution-1"
    assert east.execution == f"{EAST}-execution-1"
    for place in world.places.by_region.values():
        assert place.puts == [KEY]
        assert list(place.starts) == [f"promote-{EXECUTION}"]


def test_killed_between_put_and_start_it_starts_once_when_run_again(world) -> None:
    def killed(step: str) -> None:
        if step == "start":
            raise KeyboardInterrupt

    world.places[WEST].before = killed
    with pytest.raises(KeyboardInterrupt):
        world.promote(WEST)
    place = world.places[WEST]
    assert len(place.releases) == 1 and not place.starts

    place.before = lambda step: None
    (done,) = world.promote(WEST)
    assert done.lacking == 0 and place.puts == [KEY]
    assert place.releases[0] == place.releases[1]
    assert len(place.starts) == 1 and done.execution


def test_an_answer_that_was_lost_starts_nothing_again(world) -> None:
    first = world.promote()
    again = world.promote()
    assert [each.execution for each in again] == [each.execution for each in first]
    assert all(len(each.starts) == 1 for each in world.places.by_region.values())


def test_a_package_that_was_tampered_with_at_home_starts_nothing_anywhere(
    world,
) -> None:
    world.home.objects[KEY] = b"evil"
    with pytest.raises(BadInput, match=KEY):
        world.promote()
    assert world.nothing_changed() and not world.places.sessions


def test_a_place_that_holds_another_package_under_the_key_gets_nothing(world) -> None:
    world.places[WEST].packages[KEY] = b"other"
    west, east = world.promote()
    assert "not the package that was built" in str(west.error)
    assert world.places[WEST].packages == {KEY: b"other"}
    assert not world.places[WEST].releases and not world.places[WEST].starts
    assert east.execution


def test_a_template_that_names_homes_store_elsewhere_goes_nowhere(world) -> None:
    world.digest = write_artifact(world.folder, more=f"\nBucket: {HOME}\n")
    with pytest.raises(BadInput, match="^packaged.yaml:6 "):
        world.promote()
    assert not world.places.sessions


@pytest.mark.parametrize("name", ["PACKAGES", "deployment_manifest.json"])
def test_an_artifact_that_lacks_what_a_build_writes_goes_nowhere(world, name) -> None:
    (world.folder / name).unlink()
    world.digest = sum_up(world.folder)
    with pytest.raises(BadInput, match=f"^{name} is not in the artifact"):
        world.promote()
    assert not world.places.sessions


def test_a_dry_run_looks_and_puts_and_starts_nothing(world) -> None:
    world.places[EAST].packages[KEY] = CODE
    west, east = world.promote(dry_run=True)
    assert (west.lacking, east.lacking) == (1, 0)
    assert not west.execution and not east.execution and west.artifact_sha256
    assert world.places[WEST].packages == {}
    assert not any(
        each.releases or each.starts for each in world.places.by_region.values()
    )
