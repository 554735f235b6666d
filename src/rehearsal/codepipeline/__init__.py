"""CodePipeline V2: executions that really fetch, build, deploy and wait for approvals."""

from __future__ import annotations

from rehearsal.codepipeline.service import CodePipeline
from rehearsal.control import Control
from rehearsal.plane import Plane
from rehearsal.source import SourceMirror, SourcePage


def create(plane: Plane, control: Control) -> CodePipeline:
    """Build the service, and the page by which commits reach it."""
    service = CodePipeline(plane)
    plane.shared.pushed.append(service.pushed)
    SourcePage(SourceMirror(plane.state_dir), plane.shared.pushed).register(control)
    return service
