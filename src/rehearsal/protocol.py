"""Speak AWS's wire protocols for our own services, from botocore's models.

A service is a class whose methods are the operations in snake case; each takes the parsed
parameters and the ``Call``, and returns the response's members as a mapping. moto's protocol
layer parses the request and serialises the answer, so no service touches XML or JSON.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from botocore import xform_name
from moto.core.exceptions import ServiceException
from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from rehearsal.identity import INSIDE, Principal

log = logging.getLogger(__name__)

Params = dict[str, Any]
Answer = Mapping[str, Any]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ApiError(ServiceException):  # type: ignore[misc]
    """An error of an AWS API: ``ApiError(code, message)``, the code as clients see it.

    ``status`` is for errors that the service's model does not list, ``members`` for what
    the model lists of an error besides its text.
    """

    def __init__(
        self, code: str, message: str, status: int | None = None, **members: str
    ) -> None:
        super().__init__(code, message)
        self.status = status
        for name, value in members.items():
            setattr(self, name, value)


class ConnectionWasReset(ConnectionError):
    """The connection is gone before an answer was written."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls which operation; ``inside`` is a call of one of the plane's services."""

    operation: str
    principal: Principal
    request_id: str
    region: str
    inside: bool = False


class Service:
    """One AWS service of the plane. ``name`` is botocore's service name.

    With ``moto_answers_the_rest`` an operation that the class lacks goes to moto; else it is
    refused as not rehearsed.
    """

    name: ClassVar[str]
    moto_answers_the_rest: ClassVar[bool] = False

    def handles(self, operation: str) -> bool:
        """Say whether this backend implements ``operation`` (e.g. ``DescribeStacks``)."""
        return callable(getattr(self, xform_name(operation), None))


class Guard(Protocol):
    """Sees every call on its way in and out."""

    def before(self, service: str, params: Params, call: Call) -> None:
        """Let a call through, or raise what its client gets."""

    def after(self, service: str, params: Params, call: Call, result: object) -> None:
        """See what came of a call: members of the answer, or an error."""


def answer(
    service: Service, request: Request, principal: Principal, region: str, guard: Guard
) -> Response:
    """Parse ``request``, call the operation, and serialise what it returns or raises.

    Raises:
        ConnectionWasReset: when the guard cuts the client off.
    """
    model = get_service_model(service.name)
    request_id = str(uuid.uuid4())
    protocol = determine_request_protocol(model, request.content_type)
    operation, uri_params = find_operation(model, request)
    try:
        if operation is None or not service.handles(str(operation.name)):
            wanted = operation.name if operation is not None else request.path
            raise ApiError(
                "NotImplemented",
                f"The rehearsal plane has no {service.name}:{wanted}.",
            )
        params = read_params(service.name, operation, request, uri_params)
        name, inside = str(operation.name), came_from_inside(request)
        call = Call(name, principal, request_id, region, inside)
        result = _carry_out(service, params, call, guard)
    except ConnectionWasReset:
        raise
    except ServiceException as error:
        result = error
    except Exception as error:
        log.exception("%s:%s broke", service.name, getattr(operation, "name", "?"))
        result = ApiError(
            "InternalFailure", f"The rehearsal plane broke: {type(error).__name__}"
        )
    return _serialise(model, protocol, operation, result, request_id)


def _carry_out(service: Service, params: Params, call: Call, guard: Guard) -> object:
    method = getattr(service, xform_name(call.operation))
    result: object
    try:
        guard.before(service.name, params, call)
        result = method(params, call)
    except ServiceException as error:
        result = error
    guard.after(service.name, params, call, result)
    return result


def came_from_inside(request: Request) -> bool:
    """Say whether one of the plane's own services made ``request``."""
    return INSIDE in request.headers.get("User-Agent", "")


def refusal(service: str, request: Request, error: ApiError) -> Response:
    """Serialise ``error`` as the answer of a service that is moto's."""
    model = get_service_model(service)
    protocol = determine_request_protocol(model, request.content_type)
    return _serialise(model, protocol, None, error, str(uuid.uuid4()))


def find_operation(
    model: ServiceModel, request: Request
) -> tuple[OperationModel | None, dict[str, Any]]:
    """Find which operation ``request`` asks for, and the parameters in its path."""
    name = request.values.get("Action") or ""
    if target := request.headers.get("X-Amz-Target"):
        name = target.rpartition(".")[2]
    if not name and (marker := "/operation/") in request.path:
        name = request.path.rpartition(marker)[2]
    try:
        if name:
            return model.operation_model(name), {}
        return get_service_router(model.service_name).match(request)  # type: ignore[no-any-return]
    except (NotFound, OperationNotFoundError):
        return None, {}


def read_params(
    service: str, operation: OperationModel, request: Request, uri: dict[str, Any]
) -> Params:
    """Read the parameters of a request.

    Raises:
        ApiError: when they are not written as the service's protocol wants them.
    """
    model = get_service_model(service)
    protocol = determine_request_protocol(model, request.content_type)
    parser = PROTOCOL_PARSERS[protocol](operation)
    try:
        parsed: Params = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.get_data(),
                "url_path": request.path,
                "url_params": uri,
            }
        )
    except RequestParserError as error:
        raise ApiError("SerializationException", str(error)) from error
    return parsed


def _serialise(
    model: ServiceModel,
    protocol: str,
    operation: OperationModel | None,
    result: object,
    request_id: str,
) -> Response:
    shape = operation if operation is not None else OperationModel({}, model)
    serializer = get_serializer_class(model.service_name, protocol)(
        operation_model=shape, context=SerializationContext(request_id)
    )
    serialised = serializer.serialize(result)
    headers = {key: str(value) for key, value in serialised["headers"].items()}
    headers["x-amzn-RequestId"] = request_id
    status = _bound_status(operation, result) or int(serialised["status_code"])
    status = getattr(result, "status", None) or status
    return Response(serialised["body"], status=status, headers=headers)


def _bound_status(operation: OperationModel | None, result: object) -> int | None:
    """Return the HTTP status that the answer itself carries, as lambda:Invoke's does."""
    if operation is None or operation.output_shape is None:
        return None
    for name, shape in operation.output_shape.members.items():
        if shape.serialization.get("location") == "statusCode":
            return result.get(name) if isinstance(result, Mapping) else None
    return None
