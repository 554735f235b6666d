"""What production's verification came to is handed on, and a failure is taken back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
# Stand in for the tools; each ends as the test says, and tells what it was asked.
TOOLS = """\
pytest() { echo pytest >> asked; return $PYTEST; }
python() { echo "$@" >> asked; case "$*" in *verify*) return $VERIFY;; esac; }
"""


def commands(name: str, phase: str) -> list[str]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "buildspecs" / name).read_text())
    given: list[str] = found["phases"][phase]["commands"]
    return given


def verified(tmp_path: Path, environment: str, pytest_ends: int, verify_ends: int):
    """Run the verification's commands; give whether the build failed, and its word."""
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    (outputs / "stack-outputs.json").write_text("{}")
    script = TOOLS + "\n".join(
        f"{{ {each}\n}} || exit 9" for each in commands("verify.yml", "build")
    )
    done = subprocess.run(
        ["bash", "-c", f'{script}\necho "$VERIFICATION"'],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "SUITE": "any",
            "ENVIRONMENT": environment,
            "OUTPUTS_ARTIFACT": "Outputs",
            "CODEBUILD_SRC_DIR_Outputs": str(outputs),
            "PYTEST": str(pytest_ends),
            "VERIFY": str(verify_ends),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode != 0, done.stdout.strip()


@pytest.mark.parametrize(
    ("environment", "pytest_ends", "verify_ends", "failed", "word"),
    [
        ("production", 0, 0, False, "passed"),
        ("production", 1, 0, False, "failed"),
        ("production", 0, 1, False, "failed"),
        # Not a test that failed, but no test at all; not failed, but not known.
        ("production", 5, 0, True, ""),
        ("production", 0, 5, True, ""),
        ("staging", 0, 1, False, "passed"),
        ("staging", 1, 0, True, ""),
    ],
)
def test_only_what_surely_failed_in_production_is_handed_on(
    tmp_path: Path,
    environment: str,
    pytest_ends: int,
    verify_ends: int,
    failed: bool,
    word: str,
) -> None:
    found = verified(tmp_path, environment, pytest_ends, verify_ends)
    assert found == (failed, word)


def test_production_is_verified_only_after_its_tests_and_recorded_before(
    tmp_path: Path,
) -> None:
    verified(tmp_path, "production", 0, 0)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [each.split()[-1] for each in asked] == [
        "pytest",
        "traffic_complete",
        "production",
    ]


@pytest.mark.parametrize(
    ("word", "ends", "asked"), [("passed", 0, 0), ("failed", 1, 1), ("", 1, 1)]
)
def test_whatever_is_not_passed_is_taken_back_and_fails(
    tmp_path: Path, word: str, ends: int, asked: int
) -> None:
    (command,) = commands("rollback.yml", "build")
    tool = tmp_path / ".cache/tool/bin/python"
    tool.parent.mkdir(parents=True)
    tool.write_text('#!/bin/sh\necho "$@" >> asked\n')
    tool.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "VERIFICATION": word},
        capture_output=True,
        check=False,
    )
    assert done.returncode == ends
    log = tmp_path / "asked"
    lines = log.read_text().splitlines() if log.exists() else []
    assert len(lines) == asked
    assert all("production --stack --automatic --yes" in each for each in lines)
