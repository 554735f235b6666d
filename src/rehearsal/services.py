"""Which services are ours, how they are put together, and where: each place has its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from rehearsal.apigateway.recorded import backend
from rehearsal.asking import Place
from rehearsal.control import Control
from rehearsal.identity import is_account
from rehearsal.plane import Plane
from rehearsal.protocol import Service, WsgiApp
from rehearsal.wire import Wire

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


@dataclass(frozen=True, slots=True)
class Site:
    """All that answers for one place: an account's region."""

    plane: Plane
    control: Control
    services: Mapping[str, Service]
    invoke_api: WsgiApp
    wire: Wire


class Sites:
    """The places of the plane; all but the first are made when somebody asks. Thread-safe."""

    def __init__(self, plane: Plane, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self.home = _build_site(plane, stop)
        self._sites = {Place(plane.account, plane.region): self.home}

    def at(self, account: str, region: str) -> Site | None:
        """Return the site of a place; None for one that AWS does not have."""
        place, home = Place(account, region), self.home.plane
        with self._lock:
            site = self._sites.get(place)
            if site is None and is_account(account) and region in home.shared.regions():
                site = _build_site(home.elsewhere(place), self._stop)
                self._sites[place] = site
        return site

    def of_api(self, api_id: str, region: str) -> Site | None:
        """Return the site whose API has this id; its host name tells no account."""
        with self._lock:
            there = [
                each for place, each in self._sites.items() if place.region == region
            ]
        for site in there:
            if api_id in backend(site.plane.account, region).apis:
                return site
        return self.at(self.home.plane.account, region)


def _build_site(plane: Plane, stop: Callable[[], None]) -> Site:
    """Build every service of ours, and the application behind API Gateway's hosts."""
    control = Control(plane, stop)
    services: dict[str, Service] = {
        name: import_module(module).create(plane, control)
        for name, module in _MODULES.items()
    }
    gateway = import_module("rehearsal.apigateway")
    invoke_api = gateway.invoke_application(plane, services["apigateway"])
    wire = Wire(plane.faults, plane.limits)
    return Site(plane, control, services, invoke_api, wire)
