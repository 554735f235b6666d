"""A small project of our own, and a way to run the tool in it as users do.

It has the product's own foundation and pipeline, and an application and a build that take
a second, so that what is tested is the tool and not the application.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from own_plane import free_port
from output_schemas import command_of, problems

from delivery.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "ghp_SyntheticTokenThatMustNeverLeak0123456789"
ENVIRONMENTS = ("development", "staging", "production")

TEMPLATE = """\
Parameters:
  Environment: {Type: String}
  PermissionsBoundaryArn: {Type: String}
  LogBucketName: {Type: String}
  NoticesTopicArn: {Type: String}
Resources:
  AnalyzeLogs:
    Type: AWS::Logs::LogGroup
    Properties:
      LogGroupName: !Sub "/aws/lambda/mra-${Environment}-analyze"
      RetentionInDays: 7
Outputs:
  Environment: {Value: !Ref Environment}
"""

BUILDSPEC = """\
version: 0.2
env:
  shell: bash
  exported-variables: [ARTIFACT_SHA256]
phases:
  build:
    commands:
      - bash build.sh
      - ": > PACKAGES"
      - find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS
      - export ARTIFACT_SHA256=$(sha256sum SHA256SUMS | cut -c1-64)
artifacts:
  files: ["**/*"]
"""

VERIFY = """\
version: 0.2
env:
  exported-variables: [VERIFICATION]
phases:
  build:
    commands:
      - test -n "$SUITE"
      - export VERIFICATION=passed
"""

ROLLBACK = """\
version: 0.2
phases:
  build:
    commands:
      - test "$VERIFICATION" = passed
"""


RECORD = """\
version: 0.2
phases:
  build:
    commands:
      - test -n "$ENVIRONMENT"
"""

REVIEW = """\
version: 0.2
env:
  exported-variables: [REVIEW_SUMMARY, REVIEW_LINK]
phases:
  build:
    commands:
      - export REVIEW_SUMMARY="one log group more" REVIEW_LINK="https://review"
"""


@dataclass(frozen=True)
class Project:
    """A repository with the tool beside it, and a plane of its own."""

    folder: Path
    state_dir: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment without AWS settings; its profile does not exist."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "GITHUB_", "COV_", "REHEARSAL_"))
        }
        return {
            **kept,
            "AWS_PROFILE": "there-is-no-such-profile",
            "REHEARSAL_STATE_DIR": str(self.state_dir),
            "REHEARSAL_PORT": str(self.port),
        }

    @property
    def command(self) -> list[str]:
        """Return what runs the tool."""
        return [sys.executable, str(ROOT / "deploy_pipeline.py")]

    def tool(
        self, *words: str, stdin: str = "", account: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the tool without a terminal, in another account of the plane if one is named."""
        signed = {"AWS_ACCESS_KEY_ID": account} if account else {}
        return subprocess.run(
            [*self.command, *words],
            cwd=self.folder,
            env={**self.environment, **signed},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def json(self, *words: str, account: str = "") -> Any:
        """Run the tool and return the JSON that it prints."""
        done = self.tool(*words, "--output", "json", account=account)
        assert done.stdout, done.stderr
        assert problems(command_of(cli, words), done.stdout) == []
        return json.loads(done.stdout)

    def commit(self, files: dict[str, str], message: str) -> None:
        """Write files and commit all there is."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def git(self, *words: str) -> None:
        """Run git as somebody."""
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        subprocess.run(["git", *who, *words], cwd=self.folder, check=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Give a project with one commit; its plane ends with the tests."""
    folder = tmp_path_factory.mktemp("project")
    made = Project(folder, tmp_path_factory.mktemp("plane"), free_port())
    shutil.copytree(ROOT / "templates", folder / "templates")
    shutil.copy(ROOT / "environment_config.yaml", folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit({**_files(), ".gitignore": "pipeline_config.json\n"}, "Begin")
    yield made
    made.tool("rehearse", "stop")


@pytest.fixture(scope="module")
def deployed(project: Project) -> subprocess.CompletedProcess[str]:
    """Give the result of the project's first deployment."""
    flags = "--owner=clinic --repository=records --branch=main --environment=production"
    words = ["--local", "--yes", "--token-stdin", *flags.split()]
    done = project.tool(*words, stdin=f"{TOKEN}\n")
    assert done.returncode == 0, done.stderr
    return done


def _files() -> dict[str, str]:
    """Return the files of a build that has nothing to do."""
    configurations = {
        f"template-configuration.{name}.json": json.dumps(
            {"Parameters": {"Environment": name}}
        )
        for name in ENVIRONMENTS
    }
    return {
        "build.sh": "echo built\n",
        "buildspec.yml": BUILDSPEC,
        "buildspecs/record.yml": RECORD,
        "buildspecs/review.yml": REVIEW,
        "buildspecs/rollback.yml": ROLLBACK,
        "buildspecs/verify.yml": VERIFY,
        "packaged.yaml": TEMPLATE,
        **configurations,
    }
