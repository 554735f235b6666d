"""Read, check and write the ledger for ``releases``, and say what it holds."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any


from delivery.cli.fitting import echo, table
from delivery.cli.options import Settings
from delivery.cli.screen import print_result
from delivery.cli.wiring import Tools
from delivery.errors import BadInput
from delivery.flows.record import Occasion, Recorded
from delivery.flows.releases import Checked, EnvironmentReleases, whole
from delivery.ledger.codec import details
from delivery.ledger.events import Commit, Kind
from delivery.ledger.fields import written_time
from delivery.ledger.reason import failed_tests, reason_from
from delivery.ledger.releases import Release
from delivery.names import ENVIRONMENTS
from delivery.report.numbers import counted

EXIT_BROKEN = 1
_HEADER = ("RELEASE", "COMMIT", "DEPLOYED (UTC)", "STATE", "KIND", "APPROVED BY", "")


def show_releases(settings: Settings, environment: str | None, *, limit: int) -> None:
    """Print the newest releases of one environment, or of all."""
    reader = Tools(settings).release_reader()
    found = [reader.releases(each, limit=limit) for each in _chosen(environment)]
    if settings.as_json:
        print_result({"environments": [_environment_data(each) for each in found]})
        return
    echo("\n\n".join(_environment_text(each) for each in found))


def check_ledgers(settings: Settings, environment: str | None) -> int:
    """Print what is wrong with the ledgers, and return the exit code."""
    reader = Tools(settings).release_reader()
    checked = [reader.check(each) for each in _chosen(environment)]
    if settings.as_json:
        data = [_checked_data(each) for each in checked]
        print_result({"whole": whole(checked), "environments": data})
    else:
        echo("\n".join(_checked_text(each) for each in checked))
    return 0 if whole(checked) else EXIT_BROKEN


def record_outcome(
    settings: Settings,
    environment: str,
    *,
    outcome: str,
    execution: str,
    artifact: Path,
    junit: Path,
) -> None:
    """Record an execution by the artifact of its build, and print what was new."""
    template = _artifact_file(artifact, "packaged.yaml")
    manifest = _artifact_file(artifact, "deployment_manifest.json")
    build_id, built = _built(template, manifest)
    occasion = Occasion(
        environment=environment,
        execution=execution,
        outcome=Kind(outcome),
        template=template,
        build_id=build_id,
        built=built,
        reason=reason_from(failed_tests(junit.read_text())) if junit.exists() else "",
    )
    tools = Tools(settings)
    recorded = tools.recorder().record(occasion)
    if recorded.measures:
        tools.measurer().put(recorded.measures)
    if settings.as_json:
        print_result(_recorded_data(recorded))
        return
    echo(_recorded_text(recorded))


def _chosen(environment: str | None) -> tuple[str, ...]:
    return (environment,) if environment else ENVIRONMENTS


def _artifact_file(artifact: Path, name: str) -> bytes:
    path = artifact / name
    if not path.is_file():
        raise BadInput(
            f"{path} is not there.",
            why="The recorder reads the build's artifact.",
            next_step="Run it in the artifact's folder, or give --artifact DIR.",
        )
    return path.read_bytes()


def _built(template: bytes, manifest: bytes) -> tuple[str, Commit]:
    """Return which build made the artifact of which commit, as its manifest says.

    The manifest must name this template.
    """
    try:
        data = json.loads(manifest)
        build_id, named = str(data["build_id"]), data["template"]["sha256"]
        made = str(data.get("commit_time", ""))
        time = datetime.fromisoformat(made) if made else None
        commit = Commit(str(data.get("commit", "")), time)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            "deployment_manifest.json is not what the build writes.",
            why=f"{type(error).__name__}: {error}",
            next_step="Start a new execution, so that the build makes it again.",
        ) from error
    if named != sha256(template).hexdigest():
        raise BadInput(
            "packaged.yaml is not the template that deployment_manifest.json names.",
            why="The two files are of different builds, or one was changed since.",
            next_step="Start a new execution, so that the build makes both again.",
        )
    return build_id, commit


def _environment_text(found: EnvironmentReleases) -> str:
    if not found.releases:
        return f"{found.environment}: nothing was released yet."
    rows = [_row(each, found) for each in found.releases]
    text = f"{found.environment}\n{table(rows, _HEADER)}"
    for pin in found.pins:
        move = pin.move
        text += (
            f"\nPinned: {pin.function} serves {move.to_version}, not "
            f"{pin.stack_version}: {pin.reason}"
        )
    return text


def _row(release: Release, found: EnvironmentReleases) -> tuple[str, ...]:
    marks = []
    if release.number == found.live:
        marks.append("live")
    if release.number == found.last_known_good:
        marks.append("last known good")
    if release.deployed.override is not None:
        marks.append(f"past alarms: {release.deployed.override}")
    deployed = release.deployed
    approval = deployed.approval
    return (
        str(release.number),
        f"{deployed.commit.id[:8]} {deployed.commit.summary[:40]}".strip(),
        f"{release.deployed_at:%Y-%m-%d %H:%M:%S}",
        release.state.value,
        deployed.kind.value,
        short_name(approval.by) if approval else "-",
        ", ".join(marks),
    )


def short_name(arn: str) -> str:
    """Return who an ARN names: the user, or the session of a role."""
    return arn.rpartition("/")[2] or arn


def _environment_data(found: EnvironmentReleases) -> dict[str, Any]:
    return {
        "environment": found.environment,
        "live": found.live,
        "last_known_good": found.last_known_good,
        "pins": [details(each) for each in found.pins],
        "releases": [release_data(each) for each in found.releases],
    }


def release_data(release: Release) -> dict[str, Any]:
    """Return a release as plain data."""
    times = {
        "deployed_at": release.deployed_at,
        "traffic_complete_at": release.traffic_complete_at,
        "verdict_at": release.verdict_at,
        "rolled_back_at": release.rolled_back_at,
    }
    return {
        "release": release.number,
        "environment": release.environment,
        "state": release.state.value,
        "good": release.good,
        "execution": release.execution,
        "verdict": release.verdict and release.verdict.value,
        "reason": release.reason,
        **{name: time and written_time(time) for name, time in times.items()},
        **details(release.deployed),
    }


def _checked_text(checked: Checked) -> str:
    events = counted(checked.events, "event")
    what = f"{checked.environment}: {events}, {counted(checked.releases, 'release')}"
    if not checked.problems:
        return f"{what}; the chain is whole and every template is there."
    lines = [f"{what}; {counted(len(checked.problems), 'problem')}:"]
    return "\n".join([*lines, *(f"  {each}" for each in checked.problems)])


def _checked_data(checked: Checked) -> dict[str, Any]:
    return {
        "environment": checked.environment,
        "events": checked.events,
        "releases": checked.releases,
        "problems": [
            {"key": each.key, "problem": each.what} for each in checked.problems
        ],
    }


def _recorded_text(recorded: Recorded) -> str:
    release = recorded.release
    where = f"release {release.number} in {release.environment}"
    if not recorded.written:
        return f"Nothing to record: {where} is {release.state.value} already."
    words = ", ".join(each.kind.value for each in recorded.written)
    return f"Recorded {words} for {where}."


def _recorded_data(recorded: Recorded) -> dict[str, Any]:
    return {
        "written": [
            {"kind": each.kind.value, "key": each.key} for each in recorded.written
        ],
        **release_data(recorded.release),
    }
