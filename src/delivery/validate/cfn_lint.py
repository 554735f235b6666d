"""Run cfn-lint in a process of its own, and remember what it said of the same content.

It takes seconds to import and more to lint, and gives the same answer for the same text:
where ``LINT_CACHE_DIR`` is set, as in the build, each file's answer is kept there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess  # nosec B404  # cfn-lint is run with our own arguments
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from delivery.errors import DeliveryError

# cfn-lint's exit code is a sum of 2 (errors), 4 (warnings) and 8 (information); others
# mean that it did not lint. Source: cfn-lint README, "Exit codes".
_LINTED = range(0, 15)

IMPORT = "cfn-lint's import"
_START = """
import sys, time
began = time.monotonic()
from cfnlint.runner import main
print(f"imported in {time.monotonic() - began:.3f} s", file=sys.stderr)
main()
"""
_TOLD = re.compile(r"^imported in ([0-9.]+) s$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Match:
    """One finding of cfn-lint; ``path`` leads through the template."""

    id: str
    level: str
    message: str
    line: int
    path: tuple[str | int, ...]


def lint_files(
    files: Sequence[Path], region: str, timings: dict[str, float] | None = None
) -> dict[Path, list[Match]]:
    """Give cfn-lint's findings of each file; note in ``timings`` what its import took.

    Raises:
        DeliveryError: when it could not lint.
    """
    folder = os.environ.get("LINT_CACHE_DIR")
    if not folder:
        return run_cfn_lint(files, region, timings)
    kept = {file: Path(folder, f"{_key(file, region)}.json") for file in files}
    known = {file: _read(place) for file, place in kept.items() if place.is_file()}
    missing = [file for file in files if file not in known]
    fresh = run_cfn_lint(missing, region, timings) if missing else {}
    for file, matches in fresh.items():
        _write(kept[file], matches)
    return {**known, **fresh}


def run_cfn_lint(
    files: Sequence[Path], region: str, timings: dict[str, float] | None = None
) -> dict[Path, list[Match]]:
    """Run cfn-lint once over all files: its start costs as much as the linting.

    Raises:
        DeliveryError: when it could not lint.
    """
    command = [sys.executable, "-c", _START, "--format", "json", "--regions", region]
    answer = subprocess.run(  # nosec B603  # the interpreter we run in, and paths
        [*command, "--template", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if answer.returncode not in _LINTED or not answer.stdout.strip():
        raise DeliveryError(
            "cfn-lint did not run.",
            why=answer.stderr.strip()[-500:] or f"It ended with {answer.returncode}.",
            next_step="Install the lock again: make test does.",
        )
    if timings is not None and (told := _TOLD.search(answer.stderr)):
        timings[IMPORT] = float(told[1])
    found: dict[Path, list[Match]] = {file: [] for file in files}
    for each in json.loads(answer.stdout):
        found[Path(each["Filename"])].append(_match(each))
    return found


def _match(given: Mapping[str, Any]) -> Match:
    location = given["Location"]
    return Match(
        id=given["Rule"]["Id"],
        level=given["Level"],
        message=given["Message"],
        line=location["Start"]["LineNumber"],
        path=tuple(location.get("Path") or ()),
    )


def _key(file: Path, region: str) -> str:
    whole = hashlib.sha256(f"{version('cfn-lint')} {region}\n".encode())
    whole.update(file.read_bytes())
    return whole.hexdigest()


def _read(place: Path) -> list[Match]:
    given = json.loads(place.read_text(encoding="utf-8"))
    return [Match(**{**each, "path": tuple(each["path"])}) for each in given]


def _write(place: Path, matches: list[Match]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps([asdict(each) for each in matches]), encoding="utf-8")
    draft.replace(place)
