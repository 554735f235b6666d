"""The wiring composes each port from its adapter, and starts a plane when needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import delivery
from delivery.cli.options import Settings
from delivery.cli.wiring import PlaneSettings, Tools, project_root
from delivery.errors import BadInput
from delivery.model import PlaneInfo

ROOT = Path(__file__).resolve().parents[2]
PORTS = (
    "account",
    "alarm_states",
    "aliases",
    "api_stages",
    "builds",
    "clock",
    "commits",
    "config_file",
    "connections",
    "deployed_stacks",
    "endpoints",
    "error_metrics",
    "function_logs",
    "functions",
    "guards",
    "home_packages",
    "invocations",
    "permissions",
    "pipeline_past",
    "pipelines",
    "places",
    "plane",
    "repository",
    "roles",
    "screen",
    "secrets",
    "shift_past",
    "shifts",
    "stack_undo",
    "stacks",
    "subscriptions",
    "test_reports",
    "trail",
    "transitions",
    "uploads",
    "versions",
    "delivery_metrics",
)


@pytest.fixture
def tools(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "REHEARSAL_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    return Tools(Settings(), plane_settings=PlaneSettings(tmp_path))


@pytest.mark.parametrize("name", PORTS)
def test_each_port_has_an_adapter_made_once(tools, name) -> None:
    assert getattr(tools, name) is getattr(tools, name)


def test_flows_are_composed_from_the_ports(tools) -> None:
    assert tools.stack_deployer(dry_run=True).dry_run
    assert tools.status_reader().pipeline == "MedicalRecordAnalysisPipeline"
    assert tools.decider().poll_seconds == 2.0


def test_a_rollback_is_composed_of_one_set_of_parts(tools, monkeypatch) -> None:
    monkeypatch.setenv("RELEASE_BUCKET", "releases")
    undoer = tools.undoer("staging")
    assert undoer.door.stage == "DeployStaging"
    assert undoer.permitted.mover is undoer.mover
    assert undoer.reconciler.warmer is undoer.warmer
    assert undoer.ways.poll_seconds == 2.0
    assert len(tools.verifier().checks) == 9


def test_the_region_is_given_or_the_environments_or_the_default(
    tools, monkeypatch
) -> None:
    monkeypatch.setattr(Tools, "config_file", _Remembering(""))
    assert tools.region == "us-east-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert tools.region == "eu-west-1"
    monkeypatch.setattr(Tools, "config_file", _Remembering("eu-central-1"))
    assert tools.region == "eu-central-1"
    tools.settings = Settings(region="ca-central-1")
    assert tools.region == "ca-central-1"


class _Remembering:
    def __init__(self, region: str) -> None:
        self.region = region

    def read(self):
        return {"deployments": {"aws": {"region": self.region}}}


def test_the_plane_is_asked_of_its_home_unless_told_otherwise_and_often(
    tools, monkeypatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    tools.settings = Settings(local=True)
    assert tools.region == "us-east-1"
    tools.settings = Settings(local=True, region="eu-west-1")
    assert tools.region == "eu-west-1"
    assert tools.poll_seconds < 1


def test_the_configuration_beside_the_templates_is_read_from_anywhere(
    tools, monkeypatch, tmp_path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tools.configuration.project.region == "us-east-1"


def test_a_given_configuration_that_is_missing_is_bad_input(tools) -> None:
    tools.settings = replace(Settings(), config_path=Path("none.yaml"))
    with pytest.raises(BadInput, match="cannot be read"):
        tools.configuration  # noqa: B018


class FakePlane:
    def __init__(self, up: bool, dead: bool = False) -> None:
        self.up, self.dead = up, dead

    def died(self):
        return self.dead

    def running(self):
        return PlaneInfo(1, "http://127.0.0.1:4720", "0.1.0") if self.up else None

    def start(self):
        self.up = True
        return self.running()


@pytest.mark.parametrize("up", [True, False])
def test_local_commands_use_the_plane_and_start_it_if_needed(
    tools, monkeypatch, up, capsys
) -> None:
    monkeypatch.setattr(Tools, "plane", FakePlane(up))
    tools.settings = Settings(local=True)
    assert tools._clients.endpoint_url == "http://127.0.0.1:4720"
    assert ("Starting the rehearsal plane" in capsys.readouterr().err) is not up


def test_a_plane_that_was_killed_is_said(tools, monkeypatch, capsys) -> None:
    monkeypatch.setattr(Tools, "plane", FakePlane(up=False, dead=True))
    tools.settings = Settings(local=True)
    assert tools._clients.local
    assert "what it held in memory is gone" in capsys.readouterr().err


def test_the_project_is_found_from_elsewhere(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert project_root() == ROOT
    (tmp_path / "templates").mkdir()
    assert project_root() == tmp_path


def test_without_templates_there_is_no_project(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    lonely = tmp_path / "a" / "b" / "c.py"
    monkeypatch.setattr(delivery, "__file__", str(lonely))
    with pytest.raises(BadInput, match="no templates"):
        project_root()
