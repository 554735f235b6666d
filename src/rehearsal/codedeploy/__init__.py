"""CodeDeploy: deployments that shift a Lambda alias from one version to another."""

from __future__ import annotations

from rehearsal.codedeploy.service import CodeDeployService
from rehearsal.control import Control
from rehearsal.plane import Plane


def create(plane: Plane, control: Control) -> CodeDeployService:
    """Build the service."""
    return CodeDeployService(plane)
