"""CodeBuild: projects whose builds really run their buildspec on this machine."""

from __future__ import annotations

from rehearsal.codebuild.service import CodeBuild
from rehearsal.control import Control
from rehearsal.plane import Plane


def create(plane: Plane, control: Control) -> CodeBuild:
    """Build the service."""
    return CodeBuild(plane)
