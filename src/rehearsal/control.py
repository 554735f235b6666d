"""The plane's own API under ``/_rehearsal/``: health, clock, faults, limits, source and more.

A page shows what is of the first place, or with ``?region=…`` and ``?account=…`` of another;
what is one for all, like clock and faults, is the same on each.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from werkzeug.wrappers import Request, Response

from rehearsal import __version__
from rehearsal.assumptions import NAMES, describe
from rehearsal.faults import Fault
from rehearsal.plane import Plane

log = logging.getLogger(__name__)

Handler = Callable[[str, dict[str, Any]], Any]


class ControlError(Exception):
    """A control request that cannot be carried out; the text says why."""


class Control:
    """A WSGI application; services add pages of their own with ``add``."""

    def __init__(self, plane: Plane, stop: Callable[[], None]) -> None:
        self._plane = plane
        self._stop = stop
        self._pages: dict[str, Handler] = {
            "assumptions": self._assumptions,
            "health": self._health,
            "clock": self._clock,
            "faults": self._faults,
            "limits": self._plane.limits.page,
            "permissions": self._plane.permissions.page,
            "summary": self._summary,
            "stop": self._stop_plane,
        }

    def add(self, page: str, handler: Handler) -> None:
        """Serve ``/_rehearsal/<page>``: ``handler(method, body)`` returns plain data."""
        self._pages[page] = handler

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        page = request.path.removeprefix("/_rehearsal/").strip("/")
        handler = self._pages.get(page)
        if handler is None:
            known = ", ".join(sorted(self._pages))
            return _json({"error": f"no page {page}; there are {known}"}, 404)
        try:
            body = json.loads(request.get_data() or b"{}")
            return _json(handler(request.method, body))
        except (ControlError, ValueError, KeyError, TypeError) as error:
            return _json({"error": f"{error}"}, 400)

    def _health(self, method: str, body: dict[str, Any]) -> Any:
        return {
            "status": "ok",
            "version": __version__,
            "time": self._plane.clock.now().isoformat(),
            "speed": self._plane.clock.speed,
        }

    def _clock(self, method: str, body: dict[str, Any]) -> Any:
        if method == "POST" and "speed" in body:
            self._plane.clock.speed = float(body["speed"])
        if method == "POST" and "advance" in body:
            self._plane.clock.advance(float(body["advance"]))
        return {
            "time": self._plane.clock.now().isoformat(),
            "speed": self._plane.clock.speed,
        }

    def _faults(self, method: str, body: dict[str, Any]) -> Any:
        if method == "POST":
            self._plane.faults.add(Fault(**body, made=self._plane.clock.now()))
        if method == "DELETE":
            self._plane.faults.clear()
        return {"faults": self._plane.faults.as_data()}

    def _assumptions(self, method: str, body: dict[str, Any]) -> Any:
        faults = self._plane.faults
        return {"assumptions": describe(set(filter(faults.assumes, NAMES)))}

    def _summary(self, method: str, body: dict[str, Any]) -> Any:
        return {"not_rehearsed": [asdict(item) for item in self._plane.shared.noted()]}

    def _stop_plane(self, method: str, body: dict[str, Any]) -> Any:
        if method != "POST":
            raise ControlError("stop takes a POST")
        self._stop()
        return {"stopping": True}


def refused(text: str) -> Response:
    """Answer a request that no page can carry out."""
    return _json({"error": text}, 400)


def _json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, mimetype="application/json")
