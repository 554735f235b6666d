"""The check in front of each deployment: only what the execution built goes on."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from awsrules.buildspec import parse_buildspec
from delivery.model import as_deployed, same_content, with_own_digits
from delivery.promote import localize, read_artifact, zipped
from delivery.render.release import as_json, configuration_file

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "s3://releases/packages/0123abcd"
CONFIGURATION = configuration_file("production")
ANALYZE, HEALTH = (hashlib.sha256(each).hexdigest() for each in (b"a", b"h"))
PARAMETERS = {
    "Parameters": {
        "AnalyzeFunctionRevision": ANALYZE,
        "Environment": "production",
        "HealthFunctionRevision": HEALTH,
    },
    "Tags": {"Environment": "production"},
}
# Stands for the AWS CLI: objects of s3://releases are files of $STORE.
AWS = """#!/usr/bin/env bash
if [ "$1" = cloudformation ]; then
  [ "$4" = "$STACK" ] || { echo "An error occurred ($WHY)" >&2; exit 254; }
  cat "$STORE/parameters"; exit
fi
target="${@: -1}"
source="${@: -2:1}"
if [ "$target" = - ]; then cat "$STORE/${source##*/}"; else cp "$STORE/${source##*/}" "$target"; fi
"""


class Place:
    """An artifact's folder, the store of its packages, and the commands around both."""

    def __init__(self, folder: Path) -> None:
        self.artifact = folder / "artifact"
        self.store = folder / "store"
        self.tools = folder / "tools"
        for each in (self.artifact / "src", self.store, self.tools):
            each.mkdir(parents=True)
        (self.tools / "aws").write_text(AWS, encoding="utf-8")
        (self.tools / "aws").chmod(0o755)
        (self.store / "0123abcd").write_bytes(b"the code that was packaged")
        (self.artifact / "packaged.yaml").write_text(
            f"Resources: {{F: {{Properties: {{CodeUri: '{PACKAGE}'}}}}}}\n",
            encoding="utf-8",
        )
        (self.artifact / "src" / "tool.py").write_text("print()\n", encoding="utf-8")
        (self.artifact / CONFIGURATION).write_text(as_json(PARAMETERS))
        # The stack that is there, what it holds, and what is said of any other.
        self.build, self.stack = "Check:1", "app-production"
        self.why = "ValidationError): Stack with id app-production does not exist"
        self.deployed({})
        self.run("bash", str(ROOT / "buildspecs" / "sums.sh"), str(self.artifact))
        self.approved = self.sum_of_sums()

    def deployed(self, parameters: dict[str, str]) -> None:
        """Let the stack hold ``parameters``, as the AWS CLI prints them."""
        lines = [f"{name}\t{value}" for name, value in parameters.items()]
        (self.store / "parameters").write_text("\n".join(lines) or "None")

    def given(self, pipeline) -> dict[str, str]:
        """Return the parameters that the check gives the deployment."""
        assert self.check(pipeline)
        made = json.loads((self.artifact / "deployment" / CONFIGURATION).read_text())
        shutil.rmtree(self.artifact / "deployment")
        assert made["Tags"] == PARAMETERS["Tags"]
        return made["Parameters"]

    def sum_of_sums(self) -> str:
        sums = (self.artifact / "SHA256SUMS").read_bytes()
        return hashlib.sha256(sums).hexdigest()

    def run(self, *command: str, **variables: str) -> None:
        environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "STORE": str(self.store),
            **{n: v for n, v in os.environ.items() if n == "LC_ALL"},
            **variables,
        }
        subprocess.run(
            command,
            cwd=self.artifact,
            env=environment,
            check=True,
            capture_output=True,
        )

    def check(self, pipeline) -> bool:
        """Run the project's own commands, each in turn, as CodeBuild does."""
        project = pipeline["Resources"]["CheckProject"]["Properties"]
        spec = parse_buildspec(project["Source"]["BuildSpec"])
        commands = [each for phase in spec.phases for each in phase.commands]
        assert len(commands) == 6
        try:
            for command in commands:
                command = command.replace("/tmp/package", str(self.store / "fetched"))
                self.run(
                    "bash",
                    "-o",
                    "pipefail",
                    "-c",
                    command,
                    ARTIFACT_SHA256=self.approved,
                    ENVIRONMENT="production",
                    STACK_NAME="app-production",
                    CODEBUILD_BUILD_ID=self.build,
                    STACK=self.stack,
                    WHY=self.why,
                )
        except subprocess.CalledProcessError:
            return False
        return True


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_artifact_that_was_built_is_let_through(place: Place, pipeline) -> None:
    assert place.check(pipeline)


def test_a_template_that_was_changed_is_refused(place: Place, pipeline) -> None:
    with (place.artifact / "packaged.yaml").open("a", encoding="utf-8") as file:
        file.write("# one more line\n")

    assert not place.check(pipeline)


def test_a_file_that_was_added_is_refused(place: Place, pipeline) -> None:
    (place.artifact / "src" / "conftest.py").write_text("evil()\n", encoding="utf-8")

    assert not place.check(pipeline)


def test_a_file_that_was_taken_away_is_refused(place: Place, pipeline) -> None:
    (place.artifact / "src" / "tool.py").unlink()

    assert not place.check(pipeline)


def test_hashes_that_were_made_anew_are_refused(place: Place, pipeline) -> None:
    (place.artifact / "src" / "tool.py").write_text("evil()\n", encoding="utf-8")
    place.run("bash", str(ROOT / "buildspecs" / "sums.sh"), str(place.artifact))

    assert place.sum_of_sums() != place.approved
    assert not place.check(pipeline)


def test_a_package_that_was_replaced_is_refused(place: Place, pipeline) -> None:
    (place.store / "0123abcd").write_bytes(b"other code")

    assert not place.check(pipeline)


def test_each_deployment_is_checked_before_its_change_set_is_executed(pipeline) -> None:
    stages = [
        stage["Fn::If"][1] if "Fn::If" in stage else stage
        for stage in pipeline["Resources"]["Pipeline"]["Properties"]["Stages"]
    ]
    deployments = [each for each in stages if each["Name"].startswith("Deploy")]

    assert len(deployments) == 3
    for stage in deployments:
        orders = {
            each["Name"]: each["RunOrder"]
            for each in stage["Actions"]
            if "Fn::If" not in each
        }
        assert orders["CheckArtifact"] < orders["ExecuteChangeSet"]


def test_nothing_that_the_check_runs_comes_from_what_it_checks(pipeline) -> None:
    project = pipeline["Resources"]["CheckProject"]["Properties"]

    assert "\n" in project["Source"]["BuildSpec"]
    assert "Cache" not in project
    for word in ("python", "pip", "bash ", "./", "source "):
        commands = project["Source"]["BuildSpec"].replace("./SHA256SUMS", "")
        assert word not in commands, word


def test_content_that_changes_is_given_digits_of_each_deployments_own(
    place: Place, pipeline
) -> None:
    first = place.given(pipeline)
    place.build = "Check:2"
    again = place.given(pipeline)

    for name in ("AnalyzeFunctionRevision", "HealthFunctionRevision"):
        built = PARAMETERS["Parameters"][name]
        assert same_content(first[name], built) and same_content(again[name], built)
        assert len({built, first[name], again[name]}) == 3
    assert first["Environment"] == "production"


def test_content_that_is_deployed_keeps_its_revision_as_the_tool_says_too(
    place: Place, pipeline
) -> None:
    held = with_own_digits(ANALYZE, "an earlier deployment")
    place.deployed({"AnalyzeFunctionRevision": held, "Environment": "production"})
    given = place.given(pipeline)

    assert given["AnalyzeFunctionRevision"] == held
    assert given["HealthFunctionRevision"] != HEALTH
    built = PARAMETERS["Parameters"]
    assert as_deployed(built, {"AnalyzeFunctionRevision": held}) == {
        **built,
        "AnalyzeFunctionRevision": held,
    }


def test_a_stack_that_is_not_there_yet_is_no_failure(place: Place, pipeline) -> None:
    place.stack = "another"

    assert same_content(place.given(pipeline)["AnalyzeFunctionRevision"], ANALYZE)


def test_a_stack_that_may_not_be_read_is_no_absent_one(place: Place, pipeline) -> None:
    place.stack, place.why = "another", "AccessDenied): not authorized"

    assert not place.check(pipeline)


def test_each_deployment_is_given_the_parameters_of_its_own_check(pipeline) -> None:
    text = json.dumps(pipeline["Resources"]["Pipeline"])
    for name in ("Development", "Staging", "Production"):
        made = f"{name}Parameters::{configuration_file(name.lower())}"
        assert text.count(made) == 1


# Names whose order depends on who sorts them.
UNORDERED = (
    "A.txt",
    "a-b.txt",
    "a.txt",
    "ab.txt",
    "B.txt",
    "_c.txt",
    "d e.txt",
    "é.txt",
)


@pytest.fixture
def promoted(place: Place) -> Place:
    """The same artifact as a place takes it in: unpacked, its own hash told beside it."""
    for name in UNORDERED:
        (place.artifact / "src" / name).write_text(name, encoding="utf-8")
    manifest = {
        "commit": "c0ffee" * 6 + "c0de",
        "template": {"file": "packaged.yaml"},
        "functions": {"F": {"code": PACKAGE}},
    }
    template = (place.artifact / "packaged.yaml").read_bytes()
    manifest["template"]["sha256"] = hashlib.sha256(template).hexdigest()
    (place.artifact / "deployment_manifest.json").write_text(as_json(manifest))
    place.run("bash", str(ROOT / "buildspecs" / "sums.sh"), str(place.artifact))

    artifact = read_artifact(place.artifact, place.sum_of_sums())
    there = localize(artifact, home="releases", place="releases-eu")
    shutil.rmtree(place.artifact)
    with zipfile.ZipFile(io.BytesIO(zipped(there))) as archive:
        archive.extractall(place.artifact)
    place.approved = there.sha256
    return place


@pytest.mark.parametrize("collation", ["C", "C.UTF-8"])
def test_the_artifact_of_another_place_is_let_through_there(
    promoted: Place, pipeline, monkeypatch, collation: str
) -> None:
    monkeypatch.setenv("LC_ALL", collation)
    assert "s3://releases-eu/packages/" in (promoted.artifact / "PACKAGES").read_text()
    assert promoted.check(pipeline)


def test_the_artifact_of_another_place_has_the_sums_that_a_build_there_would_write(
    promoted: Place,
) -> None:
    promoted.run("bash", str(ROOT / "buildspecs" / "sums.sh"), str(promoted.artifact))
    assert promoted.sum_of_sums() == promoted.approved


@pytest.mark.parametrize("name", ["packaged.yaml", "PACKAGES", "src/a.txt"])
def test_the_artifact_of_another_place_is_refused_there_once_it_was_changed(
    promoted: Place, pipeline, name: str
) -> None:
    with (promoted.artifact / name).open("a", encoding="utf-8") as file:
        file.write("# one more line\n")

    assert not promoted.check(pipeline)
