"""Which services are ours, and how they are put together."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
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
}


def build_services(
    plane: Plane, control: Control
) -> tuple[Mapping[str, Service], WsgiApp | None]:
    """Build every service of ours, and the application behind API Gateway's hosts."""
    services: dict[str, Service] = {}
    for name, module in _MODULES.items():
        if find_spec(module) is not None:
            services[name] = import_module(module).create(plane, control)
    invoke_api: WsgiApp | None = None
    if find_spec("rehearsal.apigateway") is not None:
        gateway = import_module("rehearsal.apigateway")
        invoke_api = gateway.invoke_application(plane, services["apigateway"])
    return services, invoke_api
