"""Run commands in this process, against fakes of everything outside."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import delivery_fakes as fakes
import pytest
from click.testing import CliRunner
from log_fakes import FakeLogs
from maintenance_fakes import (
    FakeGuards,
    FakePackages,
    FakeRoles,
    FakeShifts,
    FakeVersions,
)
from measure_fakes import FakeMetrics
from promotion_fakes import FakeHome, FakePlaces
from release_fakes import FakeDeployedStacks, FakeReleaseStore
from report_fakes import FakeCommits, FakePast, FakeShiftPast
from traffic_fakes import FakeAlarms, FakeAlarmStates, FakeControls, FakeTraffic

from delivery.cli import ask
from delivery.cli.main import cli
from delivery.cli.screen import PlainScreen
from delivery.cli.wiring import Tools

COMMAND_MODULES = (
    "cleaning",
    "deciding",
    "deploying",
    "destroying",
    "diagnosing",
    "differing",
    "other",
    "load_work",
    "maintaining",
    "measuring",
    "placing",
    "plane_work",
    "promoting",
    "rehearsing",
    "reporting",
    "rotating",
    "showing",
    "steering",
    "tailing",
)


@dataclass
class World:
    """What the commands find outside."""

    clock: object = field(default_factory=fakes.FakeClock)
    stacks: object = field(default_factory=fakes.FakeStacks)
    secrets: object = field(default_factory=fakes.FakeSecrets)
    connections: object = field(default_factory=fakes.FakeConnections)
    pipelines: object = field(default_factory=fakes.FakePipelines)
    pipeline_past: object = field(default_factory=FakePast)
    shift_past: object = field(default_factory=FakeShiftPast)
    commits: object = field(default_factory=FakeCommits)
    steering: object = field(default_factory=fakes.FakeSteering)
    deployed_stacks: object = field(default_factory=FakeDeployedStacks)
    builds: object = field(default_factory=fakes.FakeBuilds)
    logs: object = field(default_factory=FakeLogs)
    uploads: object = field(default_factory=fakes.FakeUploads)
    functions: object = field(default_factory=fakes.FakeFunctions)
    capacity: object = field(default_factory=fakes.FakeCapacity)
    plane: object = field(default_factory=fakes.FakePlane)
    repository: object = field(default_factory=fakes.FakeRepository)
    config_file: object = field(default_factory=fakes.FakeStore)
    subscriptions: object = field(default_factory=fakes.FakeSubscriptions)
    topics: object = field(default_factory=fakes.FakeTopics)
    release_store: object = field(default_factory=FakeReleaseStore)
    account: object = field(default_factory=fakes.FakeAccount)
    controls: object = field(default_factory=FakeControls)
    traffic: object = field(default_factory=FakeTraffic)
    alarms: object = field(default_factory=FakeAlarms)
    alarm_states: object = field(default_factory=FakeAlarmStates)
    versions: object = field(default_factory=FakeVersions)
    packages: object = field(default_factory=FakePackages)
    guards: object = field(default_factory=FakeGuards)
    roles: object = field(default_factory=FakeRoles)
    home_packages: object = field(default_factory=FakeHome)
    places: object = field(default_factory=FakePlaces)
    shifts: object = field(default_factory=FakeShifts)
    aliases: object = None
    delivery_metrics: object = field(default_factory=FakeMetrics)
    reserved: dict = field(default_factory=dict)
    settings: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.aliases = self.versions


def make_tools_class(world: World):
    class FakeTools(Tools):
        def __init__(self, settings, *, plane_settings=None, brief=False):
            super().__init__(settings, plane_settings=plane_settings, brief=brief)
            world.settings.append(settings)

        @cached_property
        def screen(self):
            return PlainScreen(yes=self.settings.yes, brief=self.brief)

    for name in World.__dataclass_fields__:
        if name not in ("settings", "reserved"):
            setattr(FakeTools, name, getattr(world, name))
    return FakeTools


@pytest.fixture
def world(monkeypatch, tmp_path) -> World:
    made = World()
    tools = make_tools_class(made)
    for module in COMMAND_MODULES:
        monkeypatch.setattr(f"delivery.cli.{module}.Tools", tools)
    # Each reading of the template takes a tenth of a second.
    monkeypatch.setattr(
        "delivery.cli.deploying.reserved_by", lambda tools, until: made.reserved
    )
    for name in ("GITHUB_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REHEARSAL_STATE_DIR", str(tmp_path / "plane"))
    monkeypatch.delenv("REHEARSAL_PORT", raising=False)
    monkeypatch.chdir(Path(__file__).resolve().parents[4])
    return made


@pytest.fixture
def run(world):
    """Run a command line; the result has exit_code, stdout and stderr."""

    def run(*words: str, stdin: str = ""):
        return CliRunner(mix_stderr=False).invoke(cli, words, input=stdin)

    return run


@pytest.fixture
def terminal(monkeypatch):
    """Let somebody sit at the terminal."""
    monkeypatch.setattr(ask, "is_interactive", lambda: True)
    monkeypatch.setattr("getpass.getpass", _without_echo)


def _without_echo(prompt: str, stream=None) -> str:
    print(prompt, end="", file=stream)
    return sys.stdin.readline().rstrip("\n")
