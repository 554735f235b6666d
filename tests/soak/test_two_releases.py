"""Two commits travel to production on one machine: what ``make rehearse`` promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from delivery.cli.validating import read_subject
from delivery.config import load_configuration
from delivery.model import ENVIRONMENTS, METRIC_NAMESPACE
from delivery.validate.privilege.builders import needs_of_builders
from delivery.validate.privilege.moving import needs_of_pipeline
from delivery.validate.privilege.proof import PROMOTER, needs_of_deployer
from own_plane import call_control

from .conftest import TOKEN, Workplace

pytestmark = pytest.mark.soak

STAGES = [
    "Source",
    "Build",
    "DeployDevelopment",
    "ApproveStaging",
    "DeployStaging",
    "ApproveProduction",
    "DeployProduction",
]


def test_both_releases_pass_every_stage(rehearsal: dict[str, Any]) -> None:
    assert rehearsal["outcome"] == "passed", rehearsal["stderr"]
    assert rehearsal["exit_code"] == 0
    assert len(rehearsal["releases"]) == 2
    for release in rehearsal["releases"]:
        stages = [(stage["name"], stage["outcome"]) for stage in release["stages"]]
        assert stages == [(name, "passed") for name in STAGES]
        assert all(stage["seconds"] >= 0 for stage in release["stages"])


def test_the_second_release_is_another_commit(rehearsal: dict[str, Any]) -> None:
    first, second = (release["commit"] for release in rehearsal["releases"])
    assert first != second


def test_nothing_that_was_not_made_is_called_passed(
    rehearsal: dict[str, Any],
) -> None:
    for item in rehearsal["not_rehearsed"]:
        assert item["resource"] and item["type"] and item["reason"]


def test_no_call_was_refused_and_none_is_unknown_to_the_proofs(
    workplace: Workplace,
    rehearsal: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the plane saw each role do is what ``validate`` says that the role needs."""
    del rehearsal
    page = call_control(f"http://127.0.0.1:{workplace.port}", "GET", "permissions")
    assert page["mode"] == "enforce"
    assert page["not_allowed"] == []

    monkeypatch.chdir(workplace.folder)
    subject = read_subject(load_configuration(Path("environment_config.yaml")))
    needed = {
        **needs_of_deployer(subject),
        **needs_of_pipeline(subject),
        **needs_of_builders(subject),
    }
    del needed[PROMOTER]  # seen where there is a place to promote to: test_places
    for logical_id, needs in needed.items():
        (seen,) = (v for k, v in page["allowed"].items() if f"-{logical_id}-" in k)
        assert seen
        known = {each.action.lower() for each in needs}
        assert {each.lower() for each in seen} - known == set(), logical_id


def test_the_report_counts_both_releases_and_the_commit_of_the_second(
    workplace: Workplace, rehearsal: dict[str, Any]
) -> None:
    found = workplace.json("report", "--local")
    first, second = (each["commit"] for each in rehearsal["releases"])
    failed = {each["commit"]: each["failed"] for each in found["dora"]["deployments"]}
    assert (failed[first], failed[second]) == (False, False)
    production = found["environments"][-1]
    carried = {
        each["commit"]: each["commits"]
        for each in production["releases"]
        if each["kind"] != "rollback"
    }
    # The first one would carry all of history.
    assert (carried[first], carried[second]) == (None, [second])
    assert found["pipeline"]["outcomes"]["succeeded"] >= 2
    assert "Succeeded" in {each["status"] for each in found["traffic_shifts"]}
    assert found["cost"]["releases"] >= 2


def test_both_releases_and_their_builds_are_measured(
    workplace: Workplace, rehearsal: dict[str, Any]
) -> None:
    del rehearsal
    metrics = _client(workplace, "cloudwatch")
    found = metrics.list_metrics(Namespace=METRIC_NAMESPACE)["Metrics"]
    points = {
        (each["MetricName"], *(d["Value"] for d in each["Dimensions"])): _points(
            metrics, each
        )
        for each in found
    }
    times = {
        name: sum(each["SampleCount"] for each in given)
        for name, given in points.items()
    }
    least = {
        name: min(each["Minimum"] for each in given) for name, given in points.items()
    }
    for environment in ENVIRONMENTS:
        assert times["Deployments", environment] == 2
        assert times["LeadTimeSeconds", environment] == 2
    for environment in ENVIRONMENTS[1:]:
        assert times["ApprovalWaitSeconds", environment] == 2
    assert (times["TestPassRate",], least["TestPassRate",]) == (2, 100)
    assert least["Coverage",] >= 80


def _points(metrics: Any, metric: dict[str, Any]) -> list[dict[str, Any]]:
    """Give all that a metric has; the plane's time runs ahead."""
    now = datetime.now(UTC)
    answer = metrics.get_metric_statistics(
        Namespace=metric["Namespace"],
        MetricName=metric["MetricName"],
        Dimensions=metric["Dimensions"],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(days=30),
        Period=60,
        Statistics=["SampleCount", "Minimum"],
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    return points


def test_a_second_deploy_changes_nothing_and_says_so(
    workplace: Workplace, rehearsal: dict[str, Any]
) -> None:
    del rehearsal
    done = workplace.tool("deploy", "--local", "--yes")
    assert done.returncode == 0, done.stderr
    assert "no change" in (done.stdout + done.stderr).lower()


def test_the_status_speaks_the_words_of_the_pipeline(
    workplace: Workplace, rehearsal: dict[str, Any]
) -> None:
    del rehearsal
    status = workplace.json("status", "--local")
    assert [stage["name"] for stage in status["stages"]] == STAGES
    assert {stage["status"] for stage in status["stages"]} == {"Succeeded"}


def test_the_token_is_found_nowhere_but_in_secrets_manager(
    workplace: Workplace, rehearsal: dict[str, Any]
) -> None:
    del rehearsal
    done = workplace.tool(
        "deploy", "--local", "--yes", "--token-stdin", stdin=TOKEN + "\n"
    )
    assert done.returncode == 0, done.stderr
    status = workplace.tool("status", "--local", "--output", "json")

    assert TOKEN not in done.stdout + done.stderr + status.stdout + status.stderr
    leaks = [str(path) for path in _files(workplace.folder) if _holds(path, TOKEN)]
    assert leaks == []
    assert not any(_holds(path, TOKEN) for path in Path("/proc").glob("[0-9]*/cmdline"))
    assert TOKEN in _secret_of(workplace)


def _client(workplace: Workplace, service: str) -> Any:
    import boto3

    running = workplace.json("rehearse", "status")
    return boto3.client(
        service,
        endpoint_url=running["endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )


def _secret_of(workplace: Workplace) -> str:
    secrets = _client(workplace, "secretsmanager")
    names = [item["Name"] for item in secrets.list_secrets()["SecretList"]]
    return "".join(
        secrets.get_secret_value(SecretId=name)["SecretString"] for name in names
    )


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file())


def _holds(path: Path, text: str) -> bool:
    try:
        return text.encode() in path.read_bytes()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False
