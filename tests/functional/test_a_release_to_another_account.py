"""Development and staging in one account, production in another that asks a person of its own.

The tests tell one story in order, each command as an operator of one of the accounts types it.
Roles are enforced. The application and its build take a second; what hands on, reviews and
records is the tool itself.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from own_plane import call_control

from .conftest import TEMPLATE, TOKEN

pytestmark = [pytest.mark.soak, pytest.mark.plane]

ROOT = Path(__file__).resolve().parents[2]
HOME, OTHER, STRANGER = "123456789012", "210987654321", "999988887777"
HOME_REGION, REGION = "us-east-1", "us-west-2"
THERE = ("--local", "--region", REGION)
TOOL = shlex.join([sys.executable, str(ROOT / "deploy_pipeline.py")])

# Production's deployment is given one parameter more.
WITH_ALARMS = TEMPLATE.replace(
    "Resources:", "  ShiftAlarms: {Type: String, Default: watched}\nResources:", 1
)
BUILD = """\
cat > deployment_manifest.json <<END
{
  "format": 1,
  "build_id": "$CODEBUILD_BUILD_ID",
  "commit": "$COMMIT_ID",
  "commit_time": "",
  "template": {
    "file": "packaged.yaml",
    "sha256": "$(sha256sum packaged.yaml | cut -c1-64)"
  },
  "functions": {}
}
END
"""
SPEC = """\
version: 0.2
env:
  shell: bash
  exported-variables: [{exported}]
phases:
  build:
    commands:
{commands}
"""


def spec(*commands: str, exported: str = "") -> str:
    lines = "\n".join(f"      - {each}" for each in commands)
    return SPEC.format(commands=lines, exported=exported)


FILES = {
    "packaged.yaml": WITH_ALARMS,
    "build.sh": BUILD,
    "buildspecs/promote.yml": spec(f"{TOOL} promote"),
    "buildspecs/record.yml": spec(
        f'{TOOL} releases record "$ENVIRONMENT" --outcome verified'
    ),
    "buildspecs/review.yml": spec(
        f'{TOOL} review "$ENVIRONMENT" --write-to review',
        'export REVIEW_SUMMARY="$(cat review/summary.txt)"',
        'export REVIEW_LINK="$(cat review/link.txt)"',
        exported="REVIEW_SUMMARY, REVIEW_LINK",
    ),
}


class Clinic:
    """The project with two accounts, and the id of the commit that is released."""

    def __init__(self, project: Any) -> None:
        self.project = project
        path = project.folder / "environment_config.yaml"
        text = path.read_text(encoding="utf-8")
        for old, new in (
            ("  region: us-east-1", f'  region: {HOME_REGION}\n  account: "{HOME}"'),
            ("[us-east-1]", f"[{HOME_REGION}, {REGION}]"),
            (
                "  notification_emails: []",
                f"  notification_emails: []\n  promotes_to: [{OTHER}/{REGION}]",
            ),
        ):
            assert old in text
            text = text.replace(old, new, 1)
        project.commit({**FILES, "environment_config.yaml": text}, "Two accounts")
        self.commit = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=project.folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def client(self, service: str, account: str, region: str) -> Any:
        """Return a client to the plane as the operator of an account."""
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.project.port}",
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="rehearsal",
        )

    def status_there(self, wanted: str) -> Any:
        """Return the status of the place's newest execution once a stage is in a status."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            status = self.project.json("status", *THERE, account=OTHER)
            if wanted in {f"{e['name']} {e['status']}" for e in status["stages"]}:
                return status
            if status["failures"]:
                break
            time.sleep(0.5)
        raise AssertionError(status)


@pytest.fixture(scope="module")
def clinic(project) -> Clinic:
    return Clinic(project)


@pytest.fixture(scope="module")
def place(clinic) -> subprocess.CompletedProcess[str]:
    """Deploy the place of the other account, with credentials of that account."""
    done = clinic.project.tool("deploy", "--yes", *THERE, account=OTHER)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def inbox(clinic, place) -> Callable[[], list[str]]:
    """Listen to the place's topic as an address does; give what it was told since."""
    queue = clinic.client("sqs", OTHER, REGION).create_queue(QueueName="inbox")
    clinic.client("sns", OTHER, REGION).subscribe(
        TopicArn=f"arn:aws:sns:{REGION}:{OTHER}:medical-record-analysis-notices",
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:{OTHER}:inbox",
    )

    def read() -> list[str]:
        found = clinic.client("sqs", OTHER, REGION).receive_message(
            QueueUrl=queue["QueueUrl"], MaxNumberOfMessages=10
        )
        return [json.loads(e["Body"])["Message"] for e in found.get("Messages", [])]

    return read


@pytest.fixture(scope="module")
def staged(clinic, place, inbox) -> subprocess.CompletedProcess[str]:
    """Deploy the home, which reaches staging, and let its release through to the end."""
    flags = "--owner=clinic --repository=records --branch=main --environment=staging"
    words = ["--local", "--yes", "--token-stdin", *flags.split()]
    done = clinic.project.tool(*words, stdin=f"{TOKEN}\n")
    assert done.returncode == 0, done.stderr
    approved = clinic.project.tool(
        *("approve", "ApproveStaging", "--local", "--yes", "--wait", "120")
    )
    assert approved.returncode == 0, approved.stderr
    watched = clinic.project.tool("status", "--watch", "--local")
    assert watched.returncode == 0, watched.stdout
    return done


@pytest.fixture(scope="module")
def waiting(clinic, staged) -> Any:
    """Return the place's status where it waits for a person."""
    return clinic.status_there("ApproveProduction InProgress")


def test_an_account_that_is_neither_home_nor_place_is_refused(clinic) -> None:
    done = clinic.project.tool("deploy", "--yes", *THERE, account=STRANGER)
    assert done.returncode == 3
    assert f"Nothing is deployed to {STRANGER}/{REGION}." in done.stderr
    assert f"{OTHER}/{REGION}" in done.stderr


def test_the_place_says_whose_releases_it_takes_and_that_it_asks(place) -> None:
    assert f"Account      {OTHER} (rehearsal plane), {REGION}" in place.stderr
    assert f"Releases     of {HOME}/{HOME_REGION}" in place.stderr
    assert "Approval     here, before each release" in place.stderr


def test_the_home_ends_with_staging_and_hands_on(clinic, staged) -> None:
    status = clinic.project.json("status", "--local")
    assert [each["name"] for each in status["stages"]][-2:] == [
        *("DeployStaging", "Promote")
    ]
    assert status["status"] == "Succeeded"
    assert f"AWS_ACCESS_KEY_ID={OTHER}" in staged.stderr
    listed = clinic.project.json("releases", "list", "production", "--local")
    assert listed["environments"][0]["releases"] == []


def test_the_place_waits_and_its_notice_names_the_commit(clinic, waiting) -> None:
    (approval,) = waiting["approvals"]
    assert approval["stage"] == "ApproveProduction"
    assert approval["note"].startswith(f"Release {clinic.commit} to production? ")
    assert "creates" in approval["note"]
    assert approval["link"].startswith("https://")
    assert waiting["commit"] == clinic.commit
    deployed = [e for e in waiting["stages"] if e["name"] == "DeployProduction"]
    assert deployed[0]["status"] == "NotStarted"


def test_the_places_topic_is_told_that_a_person_is_asked(
    clinic, waiting, inbox
) -> None:
    # That the pipeline's own first execution found nothing to deploy may come late.
    (notice,) = [each for each in inbox() if "approval" in each]
    asked = json.loads(notice)["approval"]
    assert asked["stageName"] == "ApproveProduction"
    assert asked["customData"].startswith(f"Release {clinic.commit} to production? ")
    assert asked["externalEntityLink"] == waiting["approvals"][0]["link"]


def test_the_homes_operator_finds_nothing_to_approve(clinic, waiting) -> None:
    done = clinic.project.tool(
        *("approve", "ApproveProduction", "--local", "--yes", "--wait", "0")
    )
    assert done.returncode != 0


def test_the_places_own_person_approves_and_it_is_deployed_and_recorded(
    clinic, waiting
) -> None:
    approved = clinic.project.tool(
        *("approve", "ApproveProduction", *THERE, "--yes"),
        *("--comment", "read in the other account"),
        account=OTHER,
    )
    assert approved.returncode == 0, approved.stderr
    assert f"Commit {clinic.commit[:8]}" in approved.stderr
    clinic.status_there("DeployProduction Succeeded")

    listed = clinic.project.json(
        "releases", "list", "production", *THERE, account=OTHER
    )
    (release,) = listed["environments"][0]["releases"]
    assert (release["commit"]["id"], release["verdict"]) == (clinic.commit, "verified")
    assert release["stack_id"].split(":")[3:5] == [REGION, OTHER]
    assert release["approval"]["by"] == f"arn:aws:iam::{OTHER}:user/operator"
    assert release["approval"]["comment"] == "read in the other account"


def test_roles_were_refused_nothing_that_any_of_it_needs(clinic, waiting) -> None:
    endpoint = f"http://127.0.0.1:{clinic.project.port}"
    assert call_control(endpoint, "GET", "permissions")["not_allowed"] == []


def test_each_account_has_the_stacks_of_its_own_environments(clinic, waiting) -> None:
    def stacks(account: str, region: str) -> set[str]:
        api = clinic.client("cloudformation", account, region)
        found = api.describe_stacks()["Stacks"]
        names = {each["StackName"].rpartition("-lambda-")[2] for each in found}
        return {each for each in names if "-" not in each}

    assert stacks(HOME, HOME_REGION) == {"development", "staging"}
    assert stacks(OTHER, REGION) == {"production"}
