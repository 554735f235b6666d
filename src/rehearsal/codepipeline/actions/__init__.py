"""What each action type does: a function that takes the job and returns when it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.codepipeline.actions.approval import await_approval
from rehearsal.codepipeline.actions.cloudformation import deploy
from rehearsal.codepipeline.actions.codebuild import build
from rehearsal.codepipeline.actions.bucket import fetch_from_bucket
from rehearsal.codepipeline.actions.source import (
    fetch_from_connection,
    fetch_from_github,
)
from rehearsal.codepipeline.jobs import Job

Work = Callable[[Job], None]

_WORK: dict[tuple[str, str, str], Work] = {
    ("Source", "ThirdParty", "GitHub"): fetch_from_github,
    ("Source", "AWS", "CodeStarSourceConnection"): fetch_from_connection,
    ("Source", "AWS", "S3"): fetch_from_bucket,
    ("Build", "AWS", "CodeBuild"): build,
    ("Test", "AWS", "CodeBuild"): build,
    ("Deploy", "AWS", "CloudFormation"): deploy,
    ("Approval", "AWS", "Manual"): await_approval,
}


def work_of(type_id: dict[str, Any]) -> Work | None:
    """Return the function that carries out actions of this type, if it is rehearsed."""
    return _WORK.get((type_id["category"], type_id["owner"], type_id["provider"]))
