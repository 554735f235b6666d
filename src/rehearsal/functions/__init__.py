"""Lambda: versions, aliases and weights, and the real code behind them."""

from __future__ import annotations

from rehearsal.control import Control
from rehearsal.functions.service import LambdaService
from rehearsal.plane import Plane


def create(plane: Plane, control: Control) -> LambdaService:
    """Build the service; its workers end with the plane."""
    service = LambdaService(plane)
    control.add("traffic", lambda method, body: {"calls": service.telemetry.calls()})
    return service
