"""What `validate` says it has proven is what it looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from click.testing import CliRunner, Result

from delivery.cli.main import cli
from delivery.validate import chosen_rules, timed_rules
from delivery.validate.privilege.proof import application_stacks
from delivery.validate.privilege.shifting import shift_needs
from delivery.validate.summary import Summary, summarize

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[4]
ROLES = {
    "CloudFormationServiceRole",
    "CodePipelineServiceRole",
    "CodeBuildServiceRole",
    "VerificationRole",
    "RecorderRole",
    "ReviewRole",
    "CheckRole",
    "DeploymentRole",
    "RollbackRole",
}


@pytest.fixture(scope="module")
def proven(make_subject) -> Summary:
    subject = make_subject()
    ids = [each.id for each in chosen_rules(skip=["lint"])]
    return summarize(subject, ids, {"pass-role": 0.25, "run-order": 0.5, "lint": 9.0})


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["validate", *arguments])


def test_every_service_role_is_named_with_what_was_proven(proven: Summary) -> None:
    roles = {each.role: each for each in proven.roles}

    assert ROLES <= set(roles)
    assert roles["CloudFormationServiceRole"].needed > 500
    assert all(each.needed > 0 and each.granted > 0 for each in proven.roles)
    assert any(each.startswith("Functions with AnalyzeRole") for each in roles)


def test_the_role_of_codedeploy_is_counted_once_over_all_shifting_environments(
    proven: Summary, make_subject
) -> None:
    (role,) = (each for each in proven.roles if each.role == "DeploymentRole")
    asked = {
        need.key
        for _, stack in application_stacks(make_subject())
        for need in shift_needs(stack).get("DeploymentRole", ())
    }

    # Its five actions, on the functions of staging and of production.
    assert (role.needed, role.granted) == (len(asked), 5)
    assert {environment_of(key[1]) for key in asked} == {"staging", "production", ""}


def environment_of(arn: str) -> str:
    """Give the environment in a function's name, none where the ARN names no function."""
    return arn.rpartition(":function:mra-")[2].split("-")[0].replace("*", "")


def test_where_nothing_shifts_no_role_of_codedeploy_is_called_proven(
    make_subject,
) -> None:
    subject = make_subject()
    development = {"development": subject.values["development"]}
    told = summarize(
        replace(subject, values=development), ["shift-lacks"], {"shift-lacks": 0.1}
    )

    assert told.roles == ()


def test_all_environments_and_templates_are_named(proven: Summary) -> None:
    assert proven.environments == ("development", "staging", "production")
    assert len(proven.templates) == 3
    assert proven.attempts > 400


def test_the_linters_seconds_are_not_the_proofs(proven: Summary) -> None:
    assert (proven.proof_seconds, proven.lint_seconds) == (0.75, 9.0)
    assert proven.import_seconds is None


def test_only_what_ran_is_called_proven(make_subject) -> None:
    told = summarize(make_subject(), ["pass-role"], {"pass-role": 0.1})

    assert (told.rules, told.roles, told.attempts) == (1, (), 0)


@pytest.mark.usefixtures("in_root")
def test_the_summary_is_told_as_text_and_as_data(tmp_path: Path) -> None:
    file = tmp_path / "findings.sarif"
    chosen = ("--only", "pipeline-lacks", "--only", "shift-lacks")

    text = _run(*chosen)
    data = json.loads(_run(*chosen, "--output", "json", "--sarif", str(file)).stdout)

    assert text.exit_code == 0, text.output
    assert "No findings by 2 rules." in text.stdout
    assert "  CodePipelineServiceRole: " in text.stdout
    assert "  DeploymentRole: " in text.stdout
    assert "Proofs: " in text.stdout and "cfn-lint: not run." in text.stdout
    summary = data["summary"]
    assert [each["role"] for each in summary["roles"]] == [
        "CodePipelineServiceRole",
        "DeploymentRole",
    ]
    assert summary["seconds"]["cfn_lint"] is None
    [run] = json.loads(file.read_text(encoding="utf-8"))["runs"]
    written = run["properties"]["summary"]
    assert _without_times(written) == _without_times(summary)


def _without_times(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key != "seconds"}


def test_all_proofs_take_at_most_five_seconds_of_processor(make_subject) -> None:
    rules = chosen_rules(skip=["lint"])
    began = process_time()

    findings, seconds = timed_rules(rules, make_subject())

    assert findings == []
    assert set(seconds) == {each.id for each in rules}
    assert process_time() - began < 5


@pytest.fixture
def in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
