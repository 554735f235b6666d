"""CloudWatch: metrics by plane time, and alarms that evaluate and act."""

from __future__ import annotations

from rehearsal.alarms.service import CloudWatchService
from rehearsal.control import Control
from rehearsal.plane import Plane


def create(plane: Plane, control: Control) -> CloudWatchService:
    """Build the service and start evaluating."""
    return CloudWatchService(plane)
