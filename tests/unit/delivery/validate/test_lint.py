"""SAM's translation and cfn-lint, on what they find and on what they refuse."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from delivery.cli.main import cli
from delivery.errors import DeliveryError
from delivery.validate import cfn_lint, lint
from delivery.validate.cfn_lint import Match
from delivery.validate.lint import templates_linted, translated_for
from delivery.validate.sam import NotTranslatable, translate

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.thorough
@pytest.mark.parametrize("environment", ["development", "staging", "production"])
def test_sam_translates_the_application(make_subject, environment: str) -> None:
    resources = translated_for(make_subject(), environment)["Resources"]

    shifted = "AnalyzeFunctionDeploymentGroup" in resources
    assert shifted == (environment != "development")


@pytest.mark.thorough
def test_a_revision_names_the_version_and_makes_lambda_see_a_change(
    make_subject,
) -> None:
    subject = make_subject()
    revision = subject.values["production"]["AnalyzeFunctionRevision"]

    resources = translated_for(subject, "production")["Resources"]

    assert f"AnalyzeFunctionVersion{revision[:10]}" in resources
    assert revision in resources["AnalyzeFunction"]["Properties"]["Description"]


def test_what_sam_refuses_is_a_finding_at_its_resource(
    make_subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "lint_files", _silent)
    subject = make_subject(template={"      AutoPublishAlias: live\n": ""})

    findings = list(templates_linted(subject))

    assert findings
    assert "SAM refuses the template" in findings[0].message
    assert findings[0].line is not None


def test_a_document_that_sam_refuses_gives_its_sentences() -> None:
    with pytest.raises(NotTranslatable) as refused:
        translate(
            {"Resources": {"F": {"Type": "AWS::Serverless::Function"}}},
            {},
            region="us-east-1",
        )

    assert any("[F]" in each for each in refused.value.problems)


def test_an_error_in_a_translation_is_told_at_the_source_of_the_resource(
    make_subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ("Resources", "AnalyzeFunctionAliaslive", "Properties")

    def found(
        files: list[Path], region: str, timings: object
    ) -> dict[Path, list[Match]]:
        answers = {
            "production.json": [
                Match("E1", "Error", "broken", 9, path),
                Match("W1", "Warning", "unused", 9, path),
            ],
            "pipeline.yaml": [Match("W2", "Warning", "odd", 7, ())],
        }
        return {file: answers.get(file.name, []) for file in files}

    monkeypatch.setattr(lint, "lint_files", found)
    subject = make_subject()

    findings = list(templates_linted(subject))

    told = [str(each) for each in findings]
    lines = subject.application.text.splitlines()
    assert len(told) == 2
    assert told[0] == "templates/pipeline.yaml:7: lint W2 odd"
    assert findings[0].level == "warning"
    assert "production: E1 broken" in told[1]
    assert lines[(findings[1].line or 0) - 1].startswith("  AnalyzeFunction:")


BROKEN = Path("/tmp/broken.yaml")

# What `cfn-lint --format json` 1.58.0 answers for a queue with an unknown property.
RECORDED = """[{"Filename": "/tmp/broken.yaml", "Id": "4fb6", "Level": "Error",
"Location": {"End": {"ColumnNumber": 11, "LineNumber": 5}, "Path": ["Resources", "A",
"Properties", "Nope"], "Start": {"ColumnNumber": 7, "LineNumber": 5}},
"Message": "Additional properties are not allowed ('Nope' was unexpected)",
"ParentId": null, "Rule": {"Description": "…", "Id": "E3002", "ShortDescription": "…",
"Source": "…"}}]"""


# What the program that runs it says before it begins.
IMPORTED = "imported in 2.500 s\n"


def test_cfn_lints_answer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", _Linter())

    timings: dict[str, float] = {}
    (match,) = cfn_lint.lint_files([BROKEN], "us-east-1", timings)[BROKEN]

    assert (match.id, match.level, match.line) == ("E3002", "Error", 5)
    assert match.path == ("Resources", "A", "Properties", "Nope")
    assert timings == {"cfn-lint's import": 2.5}


def test_the_same_content_is_linted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linter = _Linter()
    monkeypatch.setattr(subprocess, "run", linter)
    monkeypatch.setenv("LINT_CACHE_DIR", str(tmp_path / "cache"))
    template = tmp_path / "a.yaml"
    template.write_text("Resources: {}", encoding="utf-8")

    first = cfn_lint.lint_files([template], "us-east-1")
    again = cfn_lint.lint_files([template], "us-east-1")
    template.write_text("Resources: {A: 1}", encoding="utf-8")
    cfn_lint.lint_files([template], "us-east-1")

    assert len(first[template]) == 1
    assert again == first
    assert linter.runs == 2


def test_a_linter_that_does_not_run_is_no_clean_lint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: object, **more: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, stdout="", stderr="No module cfnlint")

    monkeypatch.setattr(subprocess, "run", broken)

    with pytest.raises(DeliveryError, match="cfn-lint did not run"):
        cfn_lint.lint_files([BROKEN], "us-east-1")


class _Linter:
    """Answers as cfn-lint does, for the last file it is given."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(
        self, command: list[str], **more: object
    ) -> subprocess.CompletedProcess[str]:
        self.runs += 1
        text = RECORDED.replace(str(BROKEN), command[-1])
        return subprocess.CompletedProcess(command, 2, stdout=text, stderr=IMPORTED)


def _silent(files: list[Path], region: str, timings: object) -> dict[Path, list[Match]]:
    return {file: [] for file in files}


@pytest.fixture
def in_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.thorough
@pytest.mark.usefixtures("in_root")
def test_the_command_ends_well_without_findings() -> None:
    result = CliRunner().invoke(cli, ["validate", "--skip", "lint"])

    assert result.exit_code == 0, result.output
    assert "No findings" in result.stdout


@pytest.mark.usefixtures("in_root")
def test_the_rules_are_told() -> None:
    text = CliRunner().invoke(cli, ["validate", "--rules"])
    data = CliRunner().invoke(cli, ["validate", "--rules", "--output", "json"])

    assert "pass-role" in text.stdout
    assert "run-order" in {each["id"] for each in json.loads(data.stdout)["rules"]}


@pytest.mark.thorough
def test_a_finding_ends_with_its_own_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("foundation", "pipeline", "template"):
        text = (ROOT / "templates" / f"{name}.yaml").read_text(encoding="utf-8")
        (tmp_path / "templates").mkdir(exist_ok=True)
        (tmp_path / "templates" / f"{name}.yaml").write_text(
            text.replace("    Description: Runtime of all functions.\n", ""),
            encoding="utf-8",
        )
    config = (ROOT / "environment_config.yaml").read_text(encoding="utf-8")
    (tmp_path / "environment_config.yaml").write_text(config, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(cli, ["validate", "--only", "parameter-described"])
    as_json = CliRunner().invoke(
        cli, ["validate", "--only", "parameter-described", "--output", "json"]
    )

    assert result.exit_code == 2
    assert "templates/template.yaml:" in result.stdout
    assert "1 errors and 0 warnings." in result.stdout
    told = json.loads(as_json.stdout)
    assert told["findings"][0]["rule"] == "parameter-described"
    # Beside an error nothing is called proven.
    assert told["summary"] is None and "Proofs" not in result.stdout
