"""Make the fakes of the ports importable as ``delivery_fakes``, and hand out fresh ones."""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from output_schemas import asks_for_json, command_of, problems


def _load(name: str, file: Path) -> object:
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


fakes = _load("delivery_fakes", Path(__file__).parent / "fakes.py")


@pytest.fixture(autouse=True)
def _without_the_builds_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build names its release store and has keys; a test there would ask the real AWS."""
    keys = [name for name in os.environ if name.startswith("AWS_")]
    for name in ("RELEASE_BUCKET", *keys):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock():
    return fakes.FakeClock()


@pytest.fixture
def stacks():
    return fakes.FakeStacks()


@pytest.fixture
def screen():
    return fakes.FakeScreen()


@pytest.fixture
def pipelines():
    return fakes.FakePipelines()


@pytest.fixture(autouse=True)
def outputs_fit_their_schemas(monkeypatch):
    """Hold what any test's command line prints as JSON against its command's schema."""
    invoke = CliRunner.invoke

    def checked(runner, command, args=None, *more, **named):
        result = invoke(runner, command, args, *more, **named)
        words = [str(each) for each in args or ()]
        if isinstance(command, click.Command) and asks_for_json(words):
            _hold_against_schema(command, words, result)
        return result

    monkeypatch.setattr(CliRunner, "invoke", checked)


def _hold_against_schema(command, words, result) -> None:
    name = command_of(command, words)
    whole = not isinstance(command, click.Group) or command.name == "cli"
    if name and whole and result.stdout:
        assert problems(name, result.stdout) == []
