"""``rehearse inject``, ``rehearse traffic``, and a rehearsal that is put to the test."""

from __future__ import annotations

import json

import pytest
from delivery_fakes import make_stack

from delivery.flows.rehearse import Rehearsal
from delivery.model import Injection

STACK = "medical-record-analysis-lambda-production"
ERRORS = Injection("production", "errors", {"rate": 0.3})


@pytest.fixture
def loaded(world):
    world.plane.up = True
    world.stacks.stacks[STACK] = make_stack(
        STACK, outputs={"ApiUrl": "https://api/v1", "ApiKeyId": "key"}
    )
    return world


def test_a_fault_is_injected_and_told(run, loaded) -> None:
    result = run("rehearse", "inject", "production:errors=30%")
    assert result.exit_code == 0, result.stderr
    assert "production: errors (rate 0.3)" in result.stdout
    assert loaded.controls.injected == [
        Injection("production", "errors", {"rate": 0.3}, "production:errors=30%")
    ]


def test_faults_are_ended(run, loaded) -> None:
    loaded.controls.injected.append(ERRORS)
    assert "Nothing is injected." in run("rehearse", "inject", "--clear").stdout
    assert loaded.controls.injected == []


def test_a_dry_run_breaks_nothing(run, loaded) -> None:
    result = run("rehearse", "inject", "--clear", "staging:memory", "--dry-run")
    assert "staging:memory would be injected" in result.stdout
    assert loaded.controls.injected == []


def test_faults_for_scripts(run, loaded) -> None:
    loaded.controls.injected.append(ERRORS)
    data = json.loads(run("rehearse", "inject", "--output", "json").stdout)
    assert data["injected"] == [
        {
            "environment": "production",
            "kind": "errors",
            "settings": {"rate": 0.3},
            "met": 3,
        }
    ]


@pytest.mark.parametrize("command", [("inject",), ("run", "--inject")])
def test_a_bad_fault_is_bad_input_that_names_what_is_allowed(
    run, world, command
) -> None:
    result = run("rehearse", *command, "production:errors=200%")
    assert result.exit_code == 2
    assert "errors=30%" in result.stderr and "hook=pre|post" in result.stderr
    assert not world.plane.up


def test_faults_of_two_environments_are_refused_in_one_run(run, world) -> None:
    words = ("--inject", "production:memory", "--inject", "staging:memory")
    result = run("rehearse", "run", *words)
    assert result.exit_code == 2
    assert "one environment" in result.stderr


def test_without_a_plane_nothing_is_broken_or_asked(run, world) -> None:
    assert run("rehearse", "inject", "production:memory").exit_code == 6
    assert run("rehearse", "traffic").exit_code == 6
    assert not world.plane.up


def test_traffic_is_sent_and_reported(run, loaded) -> None:
    result = run("rehearse", "traffic", "--rate", "50/s", "--seconds", "12")
    assert result.exit_code == 0, result.stderr
    assert loaded.traffic.plans[0].rate == 50
    assert "Requests to production: 100 sent, 3 failed" in result.stdout
    assert "By status: 200: 97, 502: 3" in result.stdout
    assert "50 sent, 0 failed" in result.stderr


def test_traffic_for_scripts(run, loaded) -> None:
    result = run("rehearse", "traffic", "--seconds", "1", "--output", "json")
    data = json.loads(result.stdout)
    assert (data["requests"]["sent"], data["requests"]["failed"]) == (100, 3)
    assert data["requests"]["plane_seconds"] == 60.0


@pytest.mark.thorough
def test_where_errors_are_injected_the_clock_slows_down_and_is_set_back(
    run, loaded
) -> None:
    loaded.controls.injected.append(ERRORS)
    result = run("rehearse", "traffic", "--seconds", "1")
    assert result.exit_code == 0, result.stderr
    slow, back = loaded.controls.speeds
    assert slow < 60 and back == 600
    assert "need 8.4" in result.stderr


def test_a_mix_that_is_none_is_bad_input(run, loaded) -> None:
    assert run("rehearse", "traffic", "--mix", "write=1").exit_code == 2


def test_a_dry_run_says_what_would_be_broken(run, world) -> None:
    words = ("--dry-run", "--inject", "production:errors=30%")
    result = run("rehearse", "run", *words)
    assert "would have production:errors=30%" in result.stdout
    assert not world.plane.up


def test_run_hands_on_what_is_to_be_broken(run, world, monkeypatch) -> None:
    asked = []

    class Rehearser:
        def run(self, tree):
            return Rehearsal("http://127.0.0.1:1", (), ())

    def compose(tools, wanted):
        asked.append(wanted)
        return Rehearser()

    monkeypatch.setattr("delivery.cli.rehearsing.make_rehearser", compose)
    run("rehearse", "run", "--inject", "staging:errors=30%")
    run("rehearse", "run", "--traffic")
    run("rehearse", "run")
    first, second, third = asked
    assert (first.environment, first.rate) == ("staging", 40.0)
    assert second.environment == "production" and second.injections == ()
    assert third is None


@pytest.mark.thorough
def test_the_strain_of_a_rehearsal_is_composed_from_the_tools(world) -> None:
    from delivery.cli import rehearsing
    from delivery.cli.options import Settings
    from delivery.cli.straining import wanted

    tools = rehearsing.Tools(Settings(local=True, yes=True), brief=True)
    asked = wanted([ERRORS], environment="staging", mix="list", rate=None)
    rehearser = rehearsing.make_rehearser(tools, asked)
    assert rehearser.strain is not None
    strain = rehearser.strain()
    assert strain.environment == "production"
    pace = strain.choose(600.0)
    assert pace.speed is not None and pace.speed < 60
    strain.prepare()
    assert world.controls.injected == [ERRORS]
