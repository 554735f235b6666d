"""Which services are ours, and how they are put together."""

from __future__ import annotations

from importlib import import_module
from collections.abc import Mapping

from rehearsal.control import Control
from rehearsal.frontdoor import WsgiApp
from rehearsal.plane import Plane
from rehearsal.protocol import Service

# Each module has `create(plane, control) -> Service`. The key is the name that clients sign for.
_MODULES = {
    "cloudformation": "rehearsal.cloudformation",
    "lambda": "rehearsal.functions",
    "apigateway": "rehearsal.apigateway",
    "codebuild": "rehearsal.codebuild",
    "codepipeline": "rehearsal.codepipeline",
    "codedeploy": "rehearsal.codedeploy",
    "monitoring": "rehearsal.alarms",
    "codeconnections": "rehearsal.codeconnections",
    "cloudtrail": "rehearsal.cloudtrail",
    "iam": "rehearsal.simulation",
}


def build_services(
    plane: Plane, control: Control
) -> tuple[Mapping[str, Service], WsgiApp]:
    """Build every service of ours, and the application behind API Gateway's hosts."""
    services: dict[str, Service] = {
        name: import_module(module).create(plane, control)
        for name, module in _MODULES.items()
    }
    gateway = import_module("rehearsal.apigateway")
    return services, gateway.invoke_application(plane, services["apigateway"])
