"""``render``: shown on the terminal, or written as a release."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from delivery.cli.facts import build_facts
from delivery.cli.main import cli

ROOT = Path(__file__).resolve().parents[4]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_the_projects_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_one_environment_is_shown() -> None:
    result = CliRunner().invoke(cli, ["render", "production"])

    assert result.exit_code == 0, result.output
    assert "production:" in result.stdout
    assert "staging:" not in result.stdout
    assert "LambdaMemoryMegabytes" in result.stdout


def test_all_environments_are_shown_as_json() -> None:
    result = CliRunner().invoke(cli, ["render", "--output", "json"])

    shown = json.loads(result.stdout)
    assert list(shown) == ["development", "staging", "production"]
    assert shown["production"]["Tags"]["Environment"] == "production"


def test_a_release_is_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["render", "--into", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert (tmp_path / "packaged.yaml").is_file()
    assert json.loads((tmp_path / "deployment_manifest.json").read_text())["commit"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["render", "nowhere"], "There is no environment nowhere"),
        (["render", "--packaged", "none.yaml"], "none.yaml cannot be read"),
        (["render", "--packaged", "setup.cfg"], "setup.cfg is not valid"),
        (["render", "--config", "none.yaml"], "none.yaml cannot be read"),
    ],
)
def test_bad_input_is_said_in_a_sentence(arguments: list[str], message: str) -> None:
    result = CliRunner(mix_stderr=False).invoke(cli, arguments)

    assert result.exit_code == 2
    assert message in result.stderr


def test_the_pipelines_variables_tell_which_build_it_is() -> None:
    facts = build_facts(
        now=NOW,
        variables={
            "COMMIT_ID": "c0ffee",
            "BRANCH_NAME": "release",
            "COMMIT_TIME": "2026-01-01T00:00:00Z",
            "CODEBUILD_BUILD_ID": "Build:7",
            "CODEBUILD_START_TIME": "1767225600000",
            "PIPELINE_EXECUTION_ID": "e-1",
        },
    )

    assert facts.commit == "c0ffee"
    assert facts.branch == "release"
    assert facts.built_at == "2026-01-01T00:00:00+00:00"
    assert (facts.build_id, facts.execution_id) == ("Build:7", "e-1")
    assert facts.tools["boto3"]


def test_a_build_started_by_hand_asks_codebuild_or_git_for_the_commit() -> None:
    by_hand = build_facts(
        now=NOW, variables={"CODEBUILD_RESOLVED_SOURCE_VERSION": "abc"}
    )

    assert by_hand.commit == "abc"
    assert by_hand.built_at == "2026-01-02T03:04:05+00:00"


def test_outside_of_a_repository_the_commit_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert build_facts(now=NOW, variables={}).commit == ""
