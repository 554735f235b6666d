"""Ask whether a pinned dependency has a known hole, with pip-audit.

Four answers, because silence is not safety: *passed*, the service knows of no hole; *failed*,
it does; *inconclusive*, nobody answered or pip-audit did not run; *not rehearsed*, nobody
answered where the caller said beforehand that nobody would.
"""

from __future__ import annotations

import json
import subprocess  # nosec B404  # pip-audit is run with our own arguments
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from delivery.errors import BadInput
from delivery.model import Outcome

# Source: OSV API, "POST /v1/query".
SERVICE = "https://api.osv.dev/v1/query"
_ANSWER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Hole:
    """One known vulnerability of one pinned package; ``fixed_in`` may be empty.

    ``accepted`` is the reason why it does not count for now, empty while it does.
    """

    package: str
    version: str
    id: str
    aliases: tuple[str, ...] = ()
    fixed_in: tuple[str, ...] = ()
    accepted: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "package": self.package,
            "version": self.version,
            "id": self.id,
            "aliases": list(self.aliases),
            "fixed_in": list(self.fixed_in),
            "accepted": self.accepted,
        }


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit came to; ``why`` says so in a sentence."""

    outcome: Outcome
    why: str
    packages: int = 0
    holes: tuple[Hole, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "outcome": self.outcome.value,
            "why": self.why,
            "packages": self.packages,
            "holes": [each.as_data() for each in self.holes],
        }


@dataclass(frozen=True, slots=True)
class Accepted:
    """A hole that is lived with until a day, and why."""

    id: str
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What to ask whom about; ``expect_nobody`` where the service cannot be reached."""

    requirements: tuple[Path, ...]
    service: str = SERVICE
    expect_nobody: bool = False
    accepted: Mapping[str, Accepted] = field(default_factory=dict)


def audit_dependencies(audit: Audit) -> Audited:
    """Ask about every package of the lock files."""
    if problem := _silence(audit.service):
        return _nobody(audit, problem)
    with tempfile.TemporaryDirectory(prefix="pip-audit-") as folder:
        report = Path(folder, "report.json")
        said = _run_pip_audit(audit, report)
        try:
            answer = json.loads(report.read_text(encoding="utf-8"))
            return judge(answer, audit.accepted)
        except (OSError, ValueError, KeyError):
            return Audited(Outcome.INCONCLUSIVE, f"pip-audit gave no answer: {said}")


def judge(answer: Mapping[str, Any], accepted: Mapping[str, Accepted]) -> Audited:
    """Read pip-audit's report.

    Raises:
        KeyError: when it is none.
    """
    packages = answer["dependencies"]
    skipped = [
        f"{each['name']} ({each['skip_reason']})"
        for each in packages
        if "skip_reason" in each
    ]
    if skipped or not packages:
        what = ", ".join(skipped) or "any package"
        return Audited(Outcome.INCONCLUSIVE, f"pip-audit did not look at {what}.")
    holes = tuple(
        _judged(_hole(package, each), accepted)
        for package in packages
        for each in package["vulns"]
    )
    counting = [each for each in holes if not each.accepted]
    if counting:
        why = f"{len(counting)} known holes in {len(packages)} packages."
        return Audited(Outcome.FAILED, why, len(packages), holes)
    why = f"No known hole in {len(packages)} packages"
    why += f" but {len(holes)} that are accepted." if holes else "."
    return Audited(Outcome.PASSED, why, len(packages), holes)


def read_accepted(file: Path, today: date) -> dict[str, Accepted]:
    """Read which holes are lived with; one whose day is over counts again.

    Raises:
        BadInput: when an entry lacks its id, its day or its reason.
    """
    if not file.is_file():
        return {}
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8")) or []
        known = [
            Accepted(str(each["id"]), _day(each["until"]), str(each["reason"]).strip())
            for each in entries
        ]
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(file, f"{type(error).__name__}: {error}") from error
    if any(not each.reason for each in known):
        raise _unreadable(file, "An entry has no reason.")
    return {each.id: each for each in known if each.until >= today}


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _unreadable(file: Path, why: str) -> BadInput:
    return BadInput(
        f"{file} does not say which holes are accepted.",
        why=why,
        next_step="Give each entry id, until (a day, like 2027-01-31) and reason.",
    )


def _silence(service: str) -> str:
    """Ask the service about a package that has no hole; say why it gave no answer."""
    import requests

    query = {"package": {"name": "pip-audit", "ecosystem": "PyPI"}, "version": "2.10.1"}
    try:
        answer = requests.post(service, json=query, timeout=_ANSWER_SECONDS)
        answer.raise_for_status()
        answer.json()
    except (requests.RequestException, ValueError) as error:
        return type(error).__name__
    return ""


def _nobody(audit: Audit, problem: str) -> Audited:
    why = f"{audit.service} does not answer ({problem})."
    if audit.expect_nobody:
        return Audited(Outcome.NOT_REHEARSED, why)
    return Audited(Outcome.INCONCLUSIVE, why)


def _run_pip_audit(audit: Audit, report: Path) -> str:
    """Run pip-audit; its answer is in ``report``, what it said at last is returned.

    Its exit code is 1 for a hole and for a failure of its own, so only the report counts.
    """
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv"]
    command += ["--osv-url", audit.service, "--disable-pip", "--no-deps", "--strict"]
    command += ["--progress-spinner", "off", "--format", "json", "--desc", "off"]
    command += ["--output", str(report), "--cache-dir", str(report.parent / "cache")]
    for file in audit.requirements:
        command += ["--requirement", str(file)]
    answer = subprocess.run(  # nosec B603  # the interpreter we run in, and paths
        command, capture_output=True, text=True, check=False, timeout=300
    )
    lines = answer.stderr.strip().splitlines()
    return lines[-1][:300] if lines else f"it ended with {answer.returncode}"


def _hole(package: Mapping[str, Any], given: Mapping[str, Any]) -> Hole:
    return Hole(
        package=package["name"],
        version=package["version"],
        id=given["id"],
        aliases=tuple(given.get("aliases", ())),
        fixed_in=tuple(given.get("fix_versions", ())),
    )


def _judged(hole: Hole, accepted: Mapping[str, Accepted]) -> Hole:
    known: Sequence[str] = (hole.id, *hole.aliases)
    found = next((accepted[each] for each in known if each in accepted), None)
    if found is None:
        return hole
    return replace(hole, accepted=f"until {found.until}: {found.reason}")
