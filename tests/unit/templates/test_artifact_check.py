"""The check in front of each deployment: only what the execution built goes on."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from awsrules.buildspec import parse_buildspec

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "s3://releases/packages/0123abcd"
# Stands for the AWS CLI: objects of s3://releases are files of $STORE.
AWS = """#!/usr/bin/env bash
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
        self.run("bash", str(ROOT / "buildspecs" / "sums.sh"), str(self.artifact))
        self.approved = self.sum_of_sums()

    def sum_of_sums(self) -> str:
        sums = (self.artifact / "SHA256SUMS").read_bytes()
        return hashlib.sha256(sums).hexdigest()

    def run(self, *command: str, **variables: str) -> None:
        environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "STORE": str(self.store),
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
        assert len(commands) == 5
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
