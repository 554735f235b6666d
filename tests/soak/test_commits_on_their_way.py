"""Where a commit stops that breaks something, and what one publishes that does not.

The commits are made in a clone and released on the plane that the rehearsal left running.
Their build runs the application's tests alone, so that six of them take minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from .conftest import NARROWED, Edit, Workplace, replacing

pytestmark = pytest.mark.soak

ENVIRONMENTS = ("development", "staging", "production")
PATIENCE_SECONDS = 400.0
MORE_MEMORY = 1536
COMMENT = "read by a person"
RELEASE = "src/functions/medical_records/release.py"

Aws = Callable[[str], Any]


@dataclass(frozen=True)
class Release:
    """One commit's execution, followed to where it stopped."""

    status: dict[str, Any]

    @property
    def stages(self) -> dict[str, str]:
        """Return CodePipeline's word for each stage."""
        return {each["name"]: each["status"] for each in self.status["stages"]}

    @property
    def failure(self) -> dict[str, Any]:
        """Return the one failure that the status explains."""
        (found,) = self.status["failures"]
        return dict(found)

    def reached(self) -> list[str]:
        """Return the stages that began, in order."""
        return [name for name, status in self.stages.items() if status != "NotStarted"]


@dataclass(frozen=True)
class Line:
    """The clone's branch and its pipeline."""

    workplace: Workplace
    base: str

    def release(self, edits: Mapping[str, Edit], *, until: str) -> Release:
        """Commit edits of what the base holds, and follow the commit to a stage's end."""
        self.workplace.git("checkout", "--quiet", self.base, "--", ".")
        self.workplace.commit(edits)
        started = self.workplace.json("start", "--local", "--yes")
        return self._followed(started["execution"], until)

    def _followed(self, execution: str, until: str) -> Release:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status = self.workplace.json("status", "--local")
            assert status["execution"] == execution
            if status["status"] in {"Succeeded", "Failed", "Stopped"}:
                return Release(status)
            for approval in status["approvals"]:
                verdict = "reject" if approval["stage"] == until else "approve"
                words = (approval["stage"], "--execution", execution)
                self.workplace.tool(verdict, *words, "--comment", COMMENT, "--local")
            time.sleep(1)
        raise AssertionError(f"{execution} did not end: {status}")


@pytest.fixture(scope="module")
def aws(workplace: Workplace, rehearsal: dict[str, Any]) -> Aws:
    """Clients to the plane, as the operator."""
    from own_plane import clients_of

    return clients_of(rehearsal["endpoint_url"])


def appending(more: str) -> Edit:
    """Return an edit that adds to a file's end."""
    return lambda text: text + more


def versions(aws: Aws, environment: str) -> dict[str, str]:
    """Return each alias's version in one environment, by function."""
    stack = f"medical-record-analysis-lambda-{environment}"
    outputs = aws("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    aliases = [
        each["OutputValue"].rsplit(":", 2)[-2:]
        for each in outputs["Outputs"]
        if each["OutputKey"].endswith("FunctionAlias")
    ]
    client = aws("lambda")
    return {
        name: client.get_alias(FunctionName=name, Name=alias)["FunctionVersion"]
        for name, alias in aliases
    }


@dataclass(frozen=True)
class Rejected:
    """A release that was rejected in front of staging, and what served development before."""

    release: Release
    before: dict[str, str]


@pytest.fixture(scope="module")
def rejected(workplace: Workplace, rehearsal: dict[str, Any], aws: Aws) -> Rejected:
    """Documentation and the tool alone; from here on builds test the application alone."""
    assert rehearsal["outcome"] == "passed", rehearsal["stderr"]
    # What the environments serve is the rehearsal's second commit; it goes on from there.
    served = rehearsal["releases"][-1]["commit"]
    workplace.git("fetch", "--quiet", ".rehearsal/source.git", served)
    workplace.git("reset", "--quiet", "--hard", served)
    before = versions(aws, "development")
    edits = {
        **NARROWED,
        "README.md": appending("\nOne more sentence.\n"),
        "src/delivery/__init__.py": appending("\n# One more remark.\n"),
    }
    release = Line(workplace, "HEAD").release(edits, until="ApproveStaging")
    return Rejected(release, before)


@pytest.fixture(scope="module")
def line(workplace: Workplace, rejected: Rejected) -> Line:
    """The clone whose builds test the application alone."""
    assert rejected.release.stages["Build"] == "Succeeded", rejected.release.status
    return Line(workplace, workplace.git("rev-parse", "HEAD"))


def test_documentation_and_the_tool_alone_publish_no_version(
    rejected: Rejected, aws: Aws
) -> None:
    release = rejected.release
    assert release.stages["DeployDevelopment"] == "Succeeded", release.status
    assert versions(aws, "development") == rejected.before


def test_a_rejected_release_goes_no_further(rejected: Rejected) -> None:
    stages = rejected.release.stages
    assert stages["ApproveStaging"] == "Failed"
    assert stages["DeployStaging"] == "NotStarted"
    assert COMMENT in json.dumps(rejected.release.status)


def test_more_memory_for_one_function_publishes_and_shifts_that_one_alone(
    line: Line, aws: Aws
) -> None:
    before = {name: versions(aws, name) for name in ENVIRONMENTS}
    handler = "      Handler: medical_records.handlers.analyze.handler\n"
    more = replacing((handler, f"{handler}      MemorySize: {MORE_MEMORY}\n"))
    release = line.release({"templates/template.yaml": more}, until="")
    assert release.status["status"] == "Succeeded", release.status
    for environment in ENVIRONMENTS:
        after = versions(aws, environment)
        changed = {
            name for name in after if after[name] != before[environment].get(name)
        }
        assert changed == {f"mra-{environment}-analyze"}
    assert _served(aws)["mra-production-analyze"]["MemorySize"] == MORE_MEMORY
    deployments = aws("codedeploy").list_deployments()["deployments"]
    newest = aws("codedeploy").get_deployment(deploymentId=deployments[0])
    assert "Analyze" in newest["deploymentInfo"]["deploymentGroupName"]


def test_it_is_taken_back_by_hand(line: Line, aws: Aws) -> None:
    back = _rollback(
        line, "--stack", "--yes", "--reason", "synthetic", "--output", "json"
    )
    assert back.returncode == 0, back.stderr
    report = json.loads(back.stdout)
    assert report["verification"]["outcome"] == "passed"
    assert _served(aws)["mra-production-analyze"]["MemorySize"] < MORE_MEMORY
    assert line.workplace.tool("releases", "verify", "--local").returncode == 0


def test_a_broken_test_stops_in_the_build_and_is_named(line: Line) -> None:
    failing = "\n\ndef test_of_a_broken_commit() -> None:\n    assert 1 == 2\n"
    release = line.release(
        {"tests/unit/functions/test_dates.py": appending(failing)}, until=""
    )
    assert release.reached() == ["Source", "Build"]
    name = "tests/unit/functions/test_dates.py::test_of_a_broken_commit"
    assert release.failure["tests"] == [name]
    assert name in release.failure["cause"]


def test_a_broken_template_stops_in_the_build_with_file_and_line(line: Line) -> None:
    mistake = replacing(
        ("    Type: AWS::Logs::LogGroup", "    Type: AWS::Logs::LogGrup")
    )
    release = line.release({"templates/template.yaml": mistake}, until="")
    assert release.reached() == ["Source", "Build"]
    text = (line.workplace.folder / "templates/template.yaml").read_text()
    number = 1 + text[: text.index("AWS::Logs::LogGrup")].count("\n")
    place = f"templates/template.yaml:{number}"
    assert any(place in each for each in release.failure["details"]), release.failure


def test_a_function_that_cannot_be_imported_stops_in_developments_smoke_test(
    line: Line,
) -> None:
    typo = replacing(("handlers.health.handler", "handlers.helth.handler"))
    release = line.release({"templates/template.yaml": typo}, until="")
    assert release.reached() == ["Source", "Build", "DeployDevelopment"]
    assert release.failure["stage"] == "DeployDevelopment"
    assert any("smoke" in each for each in release.failure["tests"]), release.failure


def test_a_failing_integration_stops_in_staging(line: Line) -> None:
    failing = (
        "\n\ndef test_of_a_teapot(api: SignedApi) -> None:\n"
        '    assert api.get("/health").status_code == 418\n'
    )
    release = line.release(
        {"tests/integration/test_integration.py": appending(failing)}, until=""
    )
    assert release.stages["DeployStaging"] == "Failed"
    assert release.stages["ApproveProduction"] == "NotStarted"
    assert any("test_of_a_teapot" in each for each in release.failure["tests"])


def _rollback(line: Line, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "rollback.py", "production", "--local", *words],
        cwd=line.workplace.folder,
        env=line.workplace.environment,
        input="",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _served(aws: Aws) -> dict[str, dict[str, Any]]:
    """Return the configuration of the version that each of production's aliases serves."""
    client = aws("lambda")
    return {
        name: client.get_function_configuration(FunctionName=name, Qualifier=version)
        for name, version in versions(aws, "production").items()
    }


def _code(aws: Aws) -> dict[str, str]:
    return {name: each["CodeSha256"] for name, each in _served(aws).items()}


def test_a_release_that_fails_its_verification_is_taken_back_by_the_pipeline(
    line: Line, aws: Aws
) -> None:
    before = _code(aws)
    failing = (
        "\n\ndef test_of_a_teapot(api: SignedApi) -> None:\n"
        '    assert api.get("/health").status_code == 418\n'
    )
    release = line.release(
        {
            RELEASE: appending("\n\n# A synthetic change.\n"),
            "tests/post_deploy/test_post_deploy.py": appending(failing),
        },
        until="",
    )
    assert release.status["status"] == "Failed"
    assert release.failure["stage"] == "DeployProduction"
    assert release.failure["action"] == "RollBackIfFailed"
    assert _code(aws) == before
    (ledger,) = line.workplace.json("releases", "production", "--local")["environments"]
    back, failed = ledger["releases"][:2]
    assert (back["kind"], failed["state"]) == ("rollback", "rolled_back")
    assert ledger["live"] == ledger["last_known_good"] == back["release"]
    assert line.workplace.tool("releases", "verify", "--local").returncode == 0


def test_the_next_push_deploys_normally(line: Line, aws: Aws) -> None:
    before = _code(aws)
    fix = line.release({RELEASE: appending("\n\n# A synthetic fix.\n")}, until="")
    assert fix.status["status"] == "Succeeded", fix.status
    assert _code(aws) != before


def test_one_function_goes_back_and_is_reconciled(line: Line, aws: Aws) -> None:
    served = versions(aws, "production")
    name = "mra-production-health"

    moved = _rollback(
        line, "--function", name, "--version", "1", "--yes", "--reason", "synthetic"
    )

    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert versions(aws, "production")[name] == "1"
    again = _rollback(line, "--reconcile", "--yes")
    assert again.returncode == 0, again.stdout + again.stderr
    assert versions(aws, "production") == served
