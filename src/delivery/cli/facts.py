"""Find out which build of which commit this is, from CodeBuild's variables or from git."""

from __future__ import annotations

import os
import platform
import subprocess  # nosec B404  # git is asked, with fixed arguments
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from delivery.render import BuildFacts

_TOOLS = (
    "aws-sam-cli",
    "aws-sam-translator",
    "bandit",
    "black",
    "boto3",
    "cfn-lint",
    "flake8",
    "pytest",
    "uv",
)


def build_facts(
    *, now: datetime, variables: Mapping[str, str] | None = None
) -> BuildFacts:
    """Give the facts of this build; the pipeline's variables win over git."""
    given = os.environ if variables is None else variables
    commit = given.get("COMMIT_ID") or given.get("CODEBUILD_RESOLVED_SOURCE_VERSION")
    return BuildFacts(
        commit=commit or _git("rev-parse", "HEAD"),
        branch=given.get("BRANCH_NAME") or _git("rev-parse", "--abbrev-ref", "HEAD"),
        built_at=_started(given.get("CODEBUILD_START_TIME"), now),
        build_id=given.get("CODEBUILD_BUILD_ID", ""),
        commit_time=given.get("COMMIT_TIME") or _git("log", "-1", "--format=%cI"),
        execution_id=given.get("PIPELINE_EXECUTION_ID", ""),
        dependency_audit=given.get("DEPENDENCY_AUDIT", ""),
        tools={"python": platform.python_version(), **_versions()},
    )


def _started(milliseconds: str | None, now: datetime) -> str:
    """Give the build's start, which CodeBuild counts in milliseconds since 1970."""
    moment = now
    if milliseconds and milliseconds.isdigit():
        moment = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _TOOLS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _git(*arguments: str) -> str:
    """Ask git; a source that came as a zip has no history, and the answer is empty."""
    try:
        answer = subprocess.run(  # nosec B603 B607  # fixed arguments
            ["git", *arguments], capture_output=True, text=True, check=False, timeout=10
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
