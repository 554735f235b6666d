"""The one door: read whom a request is for, and hand it to our service or to moto."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.core.request import Request
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.wrappers import Response

from rehearsal.control import Control
from rehearsal.identity import principal_of, scope_of
from rehearsal.plane import Plane
from rehearsal.protocol import Service, answer, find_operation

log = logging.getLogger(__name__)

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Request(Request):  # type: ignore[misc]
    from_wsgi_server = True


class FrontDoor:
    """A WSGI application that is every AWS endpoint at once."""

    def __init__(
        self,
        plane: Plane,
        services: Mapping[str, Service],
        control: Control,
        invoke_api: WsgiApp | None,
    ) -> None:
        self._plane = plane
        self._services = services
        self._control = control
        self._invoke_api = invoke_api
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._iam = threading.Lock()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        app = self._application(environ)
        return app(environ, start_response)

    def _application(self, environ: dict[str, Any]) -> WsgiApp:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_rehearsal/"):
            return self._control
        if ".execute-api." in environ.get("HTTP_HOST", "") and self._invoke_api:
            return self._invoke_api
        request = _Request(environ)
        scope = scope_of(request)
        if scope is not None and scope.service == "iam":
            return self._iam_one_at_a_time
        service = self._services.get(scope.service) if scope else None
        if scope is None or service is None:
            return self._moto  # type: ignore[no-any-return]
        if service.moto_answers_the_rest and not self._ours(service, request):
            return self._moto  # type: ignore[no-any-return]
        principal = principal_of(scope.access_key, account=self._plane.account)
        response: Response = answer(service, request, principal, scope.region)
        return response

    def _iam_one_at_a_time(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """moto's IAM walks over all policies while another request may add one."""
        with self._iam:
            return self._moto(environ, start_response)  # type: ignore[no-any-return]

    def _ours(self, service: Service, request: Request) -> bool:
        operation, _ = find_operation(get_service_model(service.name), request)
        return operation is not None and service.handles(str(operation.name))
