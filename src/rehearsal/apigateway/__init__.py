"""API Gateway: definitions as deployed, and HTTP requests to the functions behind them."""

from __future__ import annotations

from rehearsal.apigateway.invoking import InvokeApplication
from rehearsal.apigateway.service import ApiGatewayService
from rehearsal.control import Control
from rehearsal.plane import Plane

__all__ = ["InvokeApplication", "create"]


def create(plane: Plane, control: Control) -> ApiGatewayService:
    """Build the service; ``invoke_application`` answers the requests to its APIs."""
    return ApiGatewayService(plane)


def invoke_application(plane: Plane, service: ApiGatewayService) -> InvokeApplication:
    """Build the WSGI application behind ``<id>.execute-api.<region>.amazonaws.com``."""
    return InvokeApplication(plane, service.deployed)
