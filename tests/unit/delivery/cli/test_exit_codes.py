"""Each exit code that the README names, shown by a command that ends so; no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from delivery_fakes import make_execution, make_stage, make_state
from rotation_fakes import NEW
from rotation_fakes import World as RotationWorld

from delivery import errors
from delivery.cli.lazy import EXIT_INTERRUPTED
from delivery.errors import NotPermitted

README = Path(__file__).resolve().parents[4] / "README.md"

Ends = Callable[[Any, Any, Any, Any], Any]


def _done(run, world, monkeypatch, folder):
    world.pipelines.states = [make_state(make_stage("Source"))]
    return run("status")


def _failed(run, world, monkeypatch, folder):
    world.stacks.script = [
        ("Topic", "CREATE_FAILED", "no"),
        ("", "ROLLBACK_COMPLETE", ""),
    ]
    return run("deploy", *_other(folder), "--yes")


def _bad_input(run, world, monkeypatch, folder):
    return run("logs", "--since", "yesterday")


def _refused(run, world, monkeypatch, folder):
    world.pipelines.states = [make_state(make_stage("Source"))]
    world.pipelines.runs = [make_execution(status="Succeeded")]
    return run("stop", "--yes")


def _not_permitted(run, world, monkeypatch, folder):
    def denied(pipeline: str) -> None:
        raise NotPermitted("No AWS credentials were found.")

    world.pipelines.state = denied
    return run("status")


def _not_verified(run, world, monkeypatch, folder):
    rotation = RotationWorld()
    rotation.pipelines.goes_on = True
    rotation.pipelines.actions = lambda *words: {}
    monkeypatch.setattr(
        "delivery.cli.wiring.Tools.token_rotator", lambda tools: rotation.rotator()
    )
    return run("rotate-token", "--token-stdin", stdin=NEW.reveal())


def _no_plane(run, world, monkeypatch, folder):
    return run("rehearse", "inject")


def _different(run, world, monkeypatch, folder):
    return run("diff", *_other(folder), "--exit-code")


def _detached(run, world, monkeypatch, folder):
    def interrupted(stack_id: str, *, since: str = "", token: str = "") -> list:
        if world.stacks._running:
            raise KeyboardInterrupt
        return []

    world.stacks.events = interrupted
    return run("deploy", *_other(folder), "--yes")


def _other(folder) -> tuple[str, ...]:
    file = folder / "other.yaml"
    file.write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    return "--template", str(file), "--stack-name", "other"


# The README's code and its meaning, and a command that ends so.
TABLE: dict[int, tuple[str, Ends]] = {
    0: ("done, or nothing to do", _done),
    1: ("failed", _failed),
    2: ("bad input; nothing was changed", _bad_input),
    3: ("refused; the message says what to do instead", _refused),
    4: ("credentials or a permission are missing", _not_permitted),
    5: ("done, but not verified", _not_verified),
    6: ("the rehearsal plane is not there", _no_plane),
    10: ("`diff --exit-code` found differences", _different),
    130: ("detached; the operation goes on in AWS", _detached),
}


@pytest.mark.parametrize("code", TABLE)
def test_a_command_ends_with_the_code_that_the_readme_names(
    code, run, world, monkeypatch, tmp_path
) -> None:
    result = TABLE[code][1](run, world, monkeypatch, tmp_path)
    assert result.exit_code == code, result.stderr


def test_the_readme_names_these_codes_and_no_others() -> None:
    text = README.read_text(encoding="utf-8")
    named = re.findall(r"^\| (\d+) \| (.+) \|$", text, re.M)
    assert {int(code): meaning for code, meaning in named} == {
        code: meaning for code, (meaning, _) in TABLE.items()
    }


def test_no_error_ends_with_a_code_that_is_not_named() -> None:
    kinds = [errors.DeliveryError, *_all_kinds(errors.DeliveryError)]
    codes = {each.exit_code for each in kinds}
    codes |= {errors.EXIT_DONE, errors.EXIT_DIFFERENT, EXIT_INTERRUPTED}
    assert codes == set(TABLE)


def _all_kinds(kind: type) -> list[type]:
    return [
        found for each in kind.__subclasses__() for found in (each, *_all_kinds(each))
    ]
