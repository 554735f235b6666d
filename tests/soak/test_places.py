"""A release that the home verified is deployed, recorded and taken back in another region.

The home reaches development only, and its builds run the application's tests alone: what is
tried is the way from the home's last stage to the place's ledger.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from own_plane import call_control, free_port

from delivery.cli.validating import read_subject
from delivery.config import load_configuration
from delivery.validate.privilege.builders import needs_of_builders
from delivery.validate.privilege.places import needs_of_receiver
from delivery.validate.privilege.proof import PROMOTER, RECEIVER

from .conftest import NARROWED, ROOT, TOKEN, Workplace, replacing

pytestmark = pytest.mark.soak

HOME, PLACE = "us-east-1", "us-west-2"
PATIENCE_SECONDS = 300.0
COMMENT = "read where it is deployed"
THERE = ("--local", "--region", PLACE)
TWO_PLACES = {
    "environment_config.yaml": replacing(
        ("allowed_regions: [us-east-1]", f"allowed_regions: [{HOME}, {PLACE}]"),
        (
            "notification_emails: []",
            f"notification_emails: []\n  promotes_to: [{PLACE}]",
        ),
    )
}
ANOTHER = {
    "src/functions/medical_records/release.py": lambda text: text + "\n\nANOTHER = 1\n"
}


@dataclass(frozen=True)
class TwoPlaces:
    """A clone whose delivery has a home and a place, and what was released in them."""

    workplace: Workplace
    executions: tuple[str, ...]

    def releases(self, *where: str, environment: str = "production") -> list[Any]:
        """Return the ledger's releases, newest first."""
        found = self.workplace.json("releases", environment, *where)
        return list(found["environments"][0]["releases"])

    def client(self, service: str, region: str) -> Any:
        """Return a client to the plane in a region, as the operator."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=f"http://127.0.0.1:{self.workplace.port}",
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
        )


def ended(workplace: Workplace, execution: str, *where: str) -> dict[str, Any]:
    """Wait until an execution ended well, and return its status."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        status = dict(workplace.json("status", "--execution", execution, *where))
        if status["status"] in {"Succeeded", "Failed", "Stopped"}:
            assert status["status"] == "Succeeded", status["failures"]
            return status
        for approval in status["approvals"]:
            # Nobody was asked at home, which does not reach production.
            named = (approval["stage"], "--execution", execution)
            workplace.tool("approve", *named, "--comment", COMMENT, *where)
        time.sleep(1)
    raise AssertionError(f"{execution} did not end: {status}")


def arrived(workplace: Workplace, known: set[str]) -> str:
    """Return the execution that is new in the place."""
    status = workplace.json("status", *THERE)
    assert status["execution"] not in known
    return str(status["execution"])


@pytest.fixture(scope="module")
def two_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoPlaces]:
    folder = tmp_path_factory.mktemp("places") / "project"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    workplace = Workplace(folder, free_port())
    workplace.commit({**NARROWED, **TWO_PLACES})
    try:
        yield TwoPlaces(workplace, _released_twice(workplace))
    finally:
        workplace.tool("rehearse", "stop", "--yes")


def _released_twice(workplace: Workplace) -> tuple[str, ...]:
    answers = (
        "--owner=o",
        "--repository=r",
        "--branch",
        workplace.git("branch", "--show-current"),
    )
    reach = ("--environment", "development", "--token-stdin")
    first = workplace.json("deploy", "--local", "--yes", *answers, *reach, stdin=TOKEN)
    assert workplace.tool("deploy", "--yes", *THERE).returncode == 0
    executions: list[str] = []
    ended(workplace, first["execution"], "--local")
    known = {str(workplace.json("status", *THERE)["execution"])}
    executions.append(known.copy().pop())
    ended(workplace, executions[-1], *THERE)
    workplace.commit(ANOTHER)
    second = workplace.json("start", "--local", "--yes")["execution"]
    ended(workplace, second, "--local")
    executions.append(arrived(workplace, known))
    ended(workplace, executions[-1], *THERE)
    return tuple(executions)


def test_the_places_ledger_has_both_commits_verified(two_places: TwoPlaces) -> None:
    there = two_places.releases(*THERE)
    home = two_places.releases("--local", environment="development")
    assert [each["verdict"] for each in there] == ["verified", "verified"]
    assert [each["approval"]["comment"] for each in there] == [COMMENT, COMMENT]
    assert [each["commit"]["id"] for each in there] == [
        each["commit"]["id"] for each in home
    ]


def test_the_code_there_is_the_homes_and_lies_in_the_places_own_store(
    two_places: TwoPlaces,
) -> None:
    def functions(region: str, environment: str) -> dict[str, str]:
        api = two_places.client("lambda", region)
        return {
            each["FunctionName"].rpartition("-")[2]: each["CodeSha256"]
            for each in api.list_functions()["Functions"]
            if f"-{environment}-" in each["FunctionName"]
        }

    assert functions(PLACE, "production") == functions(HOME, "development")
    stacks = two_places.client("cloudformation", PLACE)
    template = stacks.get_template(
        StackName="medical-record-analysis-lambda-production", TemplateStage="Original"
    )["TemplateBody"]
    (foundation,) = two_places.client("cloudformation", HOME).describe_stacks(
        StackName="medical-record-analysis-foundation"
    )["Stacks"]
    stores = {each["OutputKey"]: each["OutputValue"] for each in foundation["Outputs"]}
    assert stores["ReleaseBucketName"] not in str(template)


def test_the_place_shifted_its_own_traffic(two_places: TwoPlaces) -> None:
    api = two_places.client("codedeploy", PLACE)
    deployments = api.list_deployments()["deployments"]
    found = [
        api.get_deployment(deploymentId=each)["deploymentInfo"] for each in deployments
    ]
    assert found and {each["status"] for each in found} == {"Succeeded"}
    assert {each["deploymentConfigName"] for each in found} == {
        "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes"
    }


def test_no_role_was_refused_and_none_did_what_is_unknown_to_the_proofs(
    two_places: TwoPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = f"http://127.0.0.1:{two_places.workplace.port}"
    page = call_control(endpoint, "GET", "permissions")
    assert page["not_allowed"] == []

    monkeypatch.chdir(two_places.workplace.folder)
    subject = read_subject(load_configuration(Path("environment_config.yaml")))
    needed = {
        f"-promoter-{HOME}": needs_of_builders(subject)[PROMOTER],
        f"-receiver-{PLACE}": needs_of_receiver(subject)[RECEIVER],
    }
    for name, needs in needed.items():
        (seen,) = (v for k, v in page["allowed"].items() if k.endswith(name))
        assert seen
        known = {each.action.lower() for each in needs}
        assert {each.lower() for each in seen} - known == set(), name


def test_a_release_is_taken_back_there_and_stays_at_home(two_places: TwoPlaces) -> None:
    before = two_places.releases("--local", environment="development")
    done = subprocess.run(
        [
            *(sys.executable, "rollback.py", "production", "--stack", "--yes"),
            *("--reason", "only this region is ill", *THERE),
        ],
        cwd=two_places.workplace.folder,
        env=two_places.workplace.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    now = two_places.releases(*THERE)
    assert (now[0]["kind"], now[0]["verdict"]) == ("rollback", "verified")
    assert now[0]["commit"]["id"] == now[2]["commit"]["id"]
    assert two_places.releases("--local", environment="development") == before
