"""A release that fails in three of ten calls does not reach production's users."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from own_plane import call_control, free_port

from .conftest import NARROWED, ROOT, Workplace

pytestmark = pytest.mark.soak

MOST_MEGABYTES = 400


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A clone and a plane of its own: the good rehearsal's stay as they are."""
    folder = tmp_path_factory.mktemp("bad") / "project"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    made = Workplace(folder, free_port())
    made.commit(NARROWED)
    yield made
    made.tool("rehearse", "stop", "--yes")


@pytest.fixture(scope="module")
def report(place: Workplace) -> dict[str, Any]:
    done = place.tool(
        *("rehearse", "run", "--inject", "production:errors=30%", "--output", "json"),
        timeout=900,
    )
    assert done.returncode == 1, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "stderr": done.stderr}


def test_the_alarm_takes_the_traffic_back_and_the_run_says_so(
    place: Workplace, report: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    requests = report["requests"]
    with capsys.disabled():
        print(f"\n{report['verdict']}\nThe plane takes {_megabytes(place)} MB.")
    # The second release alone failed, in production and nowhere else.
    first, second = report["releases"]
    assert (first["outcome"], second["outcome"]) == ("passed", "failed")
    failed = [s["name"] for s in second["stages"] if s["outcome"] == "failed"]
    assert failed == ["DeployProduction"]
    # Real requests met it, few of them, and the old version answered all of its own.
    assert 0 < requests["failed"] < requests["sent"] * 0.1
    by_version = requests["by_version"]
    assert sum(v["errors"] for v in by_version if v["version"] == "1") == 0
    assert sum(v["errors"] for v in by_version if v["version"] == "2") >= 3
    # A real alarm saw it; CodeDeploy returned the traffic; the stack rolled back.
    assert any("Errors" in alarm["name"] for alarm in report["alarms"])
    assert all("Threshold Crossed" in alarm["reason"] for alarm in report["alarms"])
    assert "ALARM_ACTIVE" in json.dumps(second["failures"])
    assert report["stack"]["status"] == "UPDATE_ROLLBACK_COMPLETE"
    aliases = report["shift"]["aliases"]
    assert any(alias["returned"] for alias in aliases)
    assert {alias["routes"][-1]["version"] for alias in aliases} == {"1"}
    assert report["outcome"] == "failed"
    assert "The fault did what it should" in report["verdict"]
    assert re.search(r"[\d.]+ failures, and 99% need", report["stderr"])


def test_the_plane_keeps_running_within_its_memory(
    place: Workplace, report: dict[str, Any]
) -> None:
    assert report["releases"]
    assert place.json("rehearse", "status")["running"] is True
    (fault,) = place.json("rehearse", "inject")["injected"]
    assert fault["kind"] == "errors" and fault["met"] >= 3
    assert _megabytes(place) < MOST_MEGABYTES
    cleared = place.json("rehearse", "inject", "--clear")
    assert cleared["injected"] == []


def test_the_same_release_passes_once_its_fault_is_gone(
    place: Workplace, report: dict[str, Any]
) -> None:
    """The version that the failed deployment published stays, and is in nobody's way."""
    assert report["stack"]["status"] == "UPDATE_ROLLBACK_COMPLETE"
    # The alarms that took it back are quiet after a while without a failure.
    call_control(report["endpoint_url"], "POST", "clock", {"advance": 600})
    retried = place.json("retry", "--local")
    assert retried["stage"] == "DeployProduction"
    done = place.tool("status", "--watch", "--local")
    assert done.returncode == 0, done.stdout + done.stderr
    (production,) = place.json("releases", "production", "--local")["environments"]
    newest = production["releases"][0]
    assert newest["execution"] == report["releases"][1]["execution"]
    assert newest["state"] == "verified"
    assert {each["version"] for each in newest["functions"].values()} == {"3"}


def _megabytes(place: Workplace) -> int:
    if not sys.platform.startswith("linux"):
        return 0
    pid = place.json("rehearse", "status")["pid"]
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert match is not None
    return int(match[1]) // 1024
