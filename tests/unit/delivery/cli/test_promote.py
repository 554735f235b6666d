"""``promote``: where its options come from, what it prints, and how it ends."""

from __future__ import annotations

import json

import pytest
from promotion_fakes import (
    CODE,
    EXECUTION,
    HOME,
    KEY,
    FakePlaces,
    role_of,
    write_artifact,
)

from delivery.errors import NotPermitted
from delivery.model import IGNORED, WATCHED

WEST, EAST = "eu-west-1", "us-east-2"


@pytest.fixture
def promote(run, world, tmp_path, monkeypatch):
    """Run ``promote`` as the pipeline does: all that it is told is in variables."""
    variables = {
        "RELEASE_BUCKET": HOME,
        "RECEIVER_ROLE_ARNS": f"{role_of(WEST)},{role_of(EAST)}",
        "ARTIFACT_SHA256": write_artifact(tmp_path),
        "PIPELINE_EXECUTION_ID": EXECUTION,
        "SHIFT_ALARMS": "watched",
        "OVERRIDE_REASON": "none",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return lambda *words: run("promote", "--artifact", str(tmp_path), *words)


def test_the_variables_of_the_build_say_it_all(promote, world) -> None:
    result = promote()
    assert result.exit_code == 0, result.stderr
    account = "Follow it with credentials of account 222222222222:"
    assert result.stdout.splitlines().count(account) == 2
    for region in (WEST, EAST):
        assert (
            f"{region} in 222222222222: execution {region}-execution-1 has started; "
            "1 package, 1 newly put." in result.stdout
        )
        assert (
            f"./deploy_pipeline.py status --execution {region}-execution-1 "
            f"--region {region}" in result.stdout.splitlines()
        )
        assert world.places[region].variables["ShiftAlarms"] == "watched"
        assert world.places[region].variables["OverrideReason"] == "none"


def test_flags_count_more_than_variables(promote, world) -> None:
    words = ("--shift-alarms=ignored", "--override-reason=the fix", "--execution=e-2")
    assert promote("--to", role_of(EAST), *words).exit_code == 0
    assert list(world.places.by_region) == [EAST]
    place = world.places[EAST]
    assert place.variables["OverrideReason"] == "the fix"
    assert list(place.starts) == ["promote-e-2"]


def test_one_place_that_fails_is_told_with_why_and_next_and_ends_with_1(
    promote, world
) -> None:
    world.places[WEST].refuses = NotPermitted("No.", why="Because.", next_step="Ask.")
    result = promote()
    assert result.exit_code == 1
    assert (
        f"{WEST} in 222222222222: not handed on.\n"
        "  No.\n    Why:  Because.\n    Next: Ask.\n" in result.stdout
    )
    assert f"execution {EAST}-execution-1 has started" in result.stdout


def test_json_tells_each_place_and_what_failed(promote, world) -> None:
    world.places[WEST].refuses = NotPermitted("No.", why="Because.", next_step="Ask.")
    result = promote("--output", "json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    west, east = data["places"]
    assert data["home_execution"] == EXECUTION and data["dry_run"] is False
    assert west["error"] == {"what": "No.", "why": "Because.", "next_step": "Ask."}
    assert west["execution"] is None and west["artifact_sha256"] is None
    assert east["execution"] == f"{EAST}-execution-1" and east["error"] is None


def test_a_dry_run_says_what_would_be_handed_on(promote, world) -> None:
    world.places[EAST].packages[KEY] = CODE
    result = promote("--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"Dry run: {WEST} in 222222222222 would be given the release; "
        "1 package, 1 to put.",
        f"Dry run: {EAST} in 222222222222 would be given the release; "
        "1 package, 0 to put.",
    ]
    assert not any(each.starts for each in world.places.by_region.values())


def test_without_a_receiver_it_says_what_to_give(promote, monkeypatch) -> None:
    for given in (None, "", ","):
        monkeypatch.delenv("RECEIVER_ROLE_ARNS", raising=False)
        if given is not None:
            monkeypatch.setenv("RECEIVER_ROLE_ARNS", given)
        result = promote()
        assert result.exit_code == 2
        assert "Give --to ROLE_ARN for each place" in result.stderr


@pytest.mark.parametrize(
    ("missing", "flag"),
    [
        ("ARTIFACT_SHA256", "--artifact-sha256"),
        ("PIPELINE_EXECUTION_ID", "--execution"),
    ],
)
def test_a_value_that_is_missing_names_its_flag(
    promote, monkeypatch, missing, flag
) -> None:
    monkeypatch.delenv(missing)
    result = promote()
    assert result.exit_code == 2 and flag in result.stderr


def test_an_artifact_that_another_execution_built_goes_nowhere(promote, world) -> None:
    result = promote("--artifact-sha256", "0" * 64)
    assert result.exit_code == 2
    assert "not the one that the execution built" in result.stderr
    assert world.places == FakePlaces()


def test_a_role_that_is_no_receivers_is_named(promote) -> None:
    result = promote("--to", "arn:aws:iam::1:role/x")
    assert result.exit_code == 2 and "arn:aws:iam::1:role/x" in result.stderr


def test_the_choices_of_alarms_are_those_of_the_pipelines_variable() -> None:
    from delivery.cli.promote import promote as command

    (option,) = [each for each in command.params if each.name == "shift_alarms"]
    assert tuple(option.type.choices) == (WATCHED, IGNORED)
