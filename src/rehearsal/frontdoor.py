"""The one door: read whom a request is for, and hand it to our service or to moto."""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from rehearsal.asking import Asking
from rehearsal.control import refused
from rehearsal.identity import Scope, account_of_key, principal_of, scope_of
from rehearsal.protocol import (
    ApiError,
    Call,
    Params,
    Service,
    WsgiApp,
    answer,
    came_from_inside,
    find_operation,
    read_params,
    refusal,
)
from rehearsal.services import Site, Sites
from rehearsal.wire import Passing

log = logging.getLogger(__name__)

# Where a signature's scope and the model of its service have different names.
_MODELS = {"monitoring": "cloudwatch", "states": "stepfunctions"}
_API_HOST = re.compile(r"^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.")


class _Request(Request):  # type: ignore[misc]
    from_wsgi_server = True


class FrontDoor:
    """A WSGI application that is every AWS endpoint at once."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._plane = sites.home.plane
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._iam = threading.Lock()
        # moto's services meet the wire of the home region, wherever they are asked.
        self._wire = sites.home.wire
        self._permissions = self._plane.permissions

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        app = self._application(environ)
        return app(environ, start_response)

    def _application(self, environ: dict[str, Any]) -> WsgiApp:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_rehearsal/"):
            return self._control_of(environ)
        if match := _API_HOST.search(environ.get("HTTP_HOST", "")):
            site = self._sites.of_api(match[1], match[2])
            return site.invoke_api if site else NotFound()
        request = _Request(environ)
        scope = scope_of(request)
        if scope is None:
            return self._moto  # type: ignore[no-any-return]
        account = account_of_key(scope.access_key)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        if self._permissions.looks and (denied := self._not_allowed(environ, scope)):
            return denied
        if scope.service not in self._sites.home.services:
            return self._through_wire(environ, scope) or self._of_moto(scope)
        site = self._sites.at(account, scope.region)
        if site is None:
            return _no_such_region(scope, request)
        service = site.services[scope.service]
        if service.moto_answers_the_rest:
            request = _with_body_kept(environ)
        if self._is_motos(service, request):
            return self._through_wire(environ, scope) or self._of_moto(scope)
        principal = principal_of(scope.access_key)
        guard = _Guard(site, environ.get("werkzeug.socket"))
        response: Response = answer(service, request, principal, scope.region, guard)
        return response

    def _control_of(self, environ: dict[str, Any]) -> WsgiApp:
        """Give the pages of the place that the query names, else of the home region."""
        named = parse_qs(environ.get("QUERY_STRING", ""))
        account = named.get("account", [self._plane.account])[0]
        region = named.get("region", [self._plane.region])[0]
        site = self._sites.at(account, region)
        if site is None:
            return refused(f"no region {region} of an account {account}")
        return site.control

    def _not_allowed(self, environ: dict[str, Any], scope: Scope) -> WsgiApp | None:
        """Give the refusal of a call that the caller's role does not allow."""
        principal = principal_of(scope.access_key)
        if principal.role_arn is None:
            return None
        service = _MODELS.get(scope.service, scope.service)
        request = _with_body_kept(environ)
        try:
            call = _asking(service, request)
        except UnknownServiceError:
            log.warning("%s has no model; its calls are not checked", service)
            return None
        error = self._permissions.check(principal, call, scope.region)
        return refusal(service, request, error) if error else None

    def _through_wire(self, environ: dict[str, Any], scope: Scope) -> WsgiApp | None:
        """Give the refusal of a request to moto that a fault of the wire meets."""
        if not self._wire.concerns(scope.service):
            return None
        request = _with_body_kept(environ)
        operation, _ = find_operation(get_service_model(scope.service), request)
        call = Call(
            operation=str(operation.name) if operation else "",
            principal=principal_of(scope.access_key),
            request_id="",
            region=scope.region,
            inside=came_from_inside(request),
        )
        connection = environ.get("werkzeug.socket")
        try:
            self._wire.before(Passing(scope.service, call, {}, connection))
        except ApiError as error:
            return refusal(scope.service, request, error)
        return None

    def _of_moto(self, scope: Scope) -> WsgiApp:
        return self._iam_one_at_a_time if scope.service == "iam" else self._moto

    def _iam_one_at_a_time(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """moto's IAM walks over all policies while another request may add one."""
        with self._iam:
            return self._moto(environ, start_response)  # type: ignore[no-any-return]

    def _is_motos(self, service: Service, request: Request) -> bool:
        if not service.moto_answers_the_rest:
            return False
        operation, _ = find_operation(get_service_model(service.name), request)
        return operation is None or not service.handles(str(operation.name))


def _no_such_region(scope: Scope, request: _Request) -> Response:
    text = f"Credential should be scoped to a valid region, not '{scope.region}'."
    error = ApiError("InvalidSignatureException", text, status=403)
    return refusal(_MODELS.get(scope.service, scope.service), request, error)


def _asking(service: str, request: _Request) -> Asking:
    """Read what a call asks for; a request that cannot be read is its service's to refuse."""
    params: Mapping[str, Any] = {}
    operation, in_path = find_operation(get_service_model(service), request)
    if operation is not None:
        try:
            params = read_params(service, operation, request, in_path)
        except (ApiError, KeyError, TypeError, ValueError) as error:
            log.info("%s:%s: %s", service, operation.name, error)
    name = str(operation.name) if operation else ""
    return Asking(service, name, request.method, request.path, params)


def _with_body_kept(environ: dict[str, Any]) -> _Request:
    """Give the request to look into; who answers it reads the body again."""
    if not environ.get("CONTENT_LENGTH"):
        # Nothing, or chunks that only its reader can end: no operation is told by those.
        return _Request({**environ, "wsgi.input": io.BytesIO()})
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(body)
    return _Request({**environ, "wsgi.input": io.BytesIO(body)})


@dataclass(frozen=True, slots=True)
class _Guard:
    """The wire before a service and after it, and the trail of what it did."""

    site: Site
    connection: Any

    def before(self, service: str, params: Params, call: Call) -> None:
        """Let the wire have its way with the call."""
        self.site.wire.before(Passing(service, call, params, self.connection))

    def after(self, service: str, params: Params, call: Call, result: object) -> None:
        """Record the call; its answer may get lost all the same."""
        plane = self.site.plane
        plane.trail.record(plane.clock.now(), service, params, call, result)
        self.site.wire.after(Passing(service, call, params, self.connection))
