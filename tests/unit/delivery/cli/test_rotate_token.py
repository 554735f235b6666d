"""``rotate-token``: where the token comes from, and that it is shown nowhere."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from rotation_fakes import NEW, SECRET
from rotation_fakes import World as RotationWorld

from delivery.cli.wiring import Tools
from delivery.deploy.access import secret_text

WORD = NEW.reveal()


@pytest.fixture
def rotation(world, monkeypatch) -> RotationWorld:
    made = RotationWorld()
    monkeypatch.setattr(
        Tools, "token_rotator", lambda self: _with_screen(made.rotator(), self)
    )
    return made


def _with_screen(rotator, tools):
    deployer = replace(rotator.deployer, screen=tools.screen)
    return replace(rotator, screen=tools.screen, deployer=deployer)


def test_the_token_comes_from_stdin_and_is_not_shown(run, rotation) -> None:
    result = run("rotate-token", "--token-stdin", "--yes", stdin=f"{WORD}\n")
    assert result.exit_code == 0, result.stderr
    assert "proven by execution execution-1" in result.stdout
    assert "93 days ago; revoke it" in result.stdout
    assert WORD not in result.stdout + result.stderr


def test_the_token_comes_from_the_environment(run, rotation, monkeypatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", WORD)
    result = run("rotate-token", "--yes", "--output", "json")
    data = json.loads(result.stdout)
    assert data["rotated"] and data["execution"] == "execution-1"
    assert data["previous_age_days"] == 93
    assert WORD not in result.stdout + result.stderr


def test_the_token_is_asked_for_hidden(run, rotation, terminal) -> None:
    result = run("rotate-token", "--yes", stdin=f"{WORD}\n")
    assert result.exit_code == 0, result.stderr
    assert WORD not in result.stdout + result.stderr


def test_without_a_terminal_a_missing_token_names_its_flag(run, rotation) -> None:
    result = run("rotate-token", "--yes")
    assert result.exit_code == 2
    assert "--token-stdin" in result.stderr


def test_a_token_is_no_argument(run, rotation) -> None:
    assert run("rotate-token", WORD).exit_code == 2


def test_a_dry_run_says_how_old_the_token_is_and_asks_for_none(run, rotation) -> None:
    result = run("rotate-token", "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert "stored 93 days ago" in result.stdout
    assert rotation.secrets.stored == []
    data = json.loads(run("rotate-token", "--dry-run", "--output", "json").stdout)
    assert data["dry_run"] and data["previous_age_days"] == 93


def test_a_failed_proof_is_a_failure_that_restored(run, rotation) -> None:
    result = run("rotate-token", "--token-stdin", "--yes", stdin="ghp_synthetic_bad\n")
    assert result.exit_code == 1
    assert "uses the old token again" in result.stderr
    assert rotation.in_use == "version-0"
    assert "ghp_synthetic_bad" not in result.stdout + result.stderr


def test_an_unfinished_rotation_goes_on_without_a_token(run, rotation) -> None:
    rotation.secrets.store_pending(SECRET, secret_text(NEW))
    assert "unfinished" in run("rotate-token", "--dry-run").stdout
    result = run("rotate-token", "--yes")
    assert result.exit_code == 0, result.stderr
    assert rotation.secrets.waiting == {}
