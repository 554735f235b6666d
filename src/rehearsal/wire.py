"""What happens to a request between the client and its service: limits, and faults by name.

Faults meet the calls that come from outside, not those of the plane's own services among
themselves, unless they say ``"inside": true``. ``target`` is ``lambda:UpdateAlias``, all of
``lambda``, or ``*``; ``resource`` narrows it to calls that name one. Which of the calls that
fit are met is drawn as ``Faults.draw`` says.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.faults import Fault, Faults
from rehearsal.limits import Limits
from rehearsal.protocol import ApiError, Call, ConnectionWasReset, Params

KINDS = ("throttled", "denied", "api-latency", "connection-reset")
_PREFIXES = {"monitoring": "cloudwatch", "codeconnections": "codestar-connections"}


@dataclass(frozen=True, slots=True)
class Passing:
    """One request on its way."""

    service: str
    call: Call
    params: Params
    socket: Any = field(default=None, compare=False)

    @property
    def targets(self) -> tuple[str, ...]:
        """Return what a fault for this call may have as its target."""
        action = f"{self.service}:{self.call.operation}"
        other = _PREFIXES.get(self.service, self.service)
        return (self.service, action, other, f"{other}:{self.call.operation}")


class Wire:
    """Lets requests through, or not. Thread-safe."""

    def __init__(self, faults: Faults, limits: Limits) -> None:
        self._faults = faults
        self._limits = limits

    def concerns(self, service: str) -> bool:
        """Say whether any fault of the wire could meet a call of ``service``."""
        prefixes = (service, _PREFIXES.get(service, service), "*")
        return any(
            each["kind"] in KINDS and each["target"].partition(":")[0] in prefixes
            for each in self._faults.as_data()
        )

    def before(self, passing: Passing) -> None:
        """Hold up, refuse or cut off a request before its service sees it.

        Raises:
            ApiError: throttled or denied, in the words of the service.
            ConnectionWasReset: the client hears nothing.
        """
        for fault in self._met(passing, "api-latency"):
            time.sleep(float(fault.settings.get("seconds", 0.1)))
        for fault in self._met(passing, "connection-reset", answered=False):
            _reset(passing)
        call = passing.call
        limited = not call.inside and not self._limits.admit(
            passing.service, call.operation
        )
        if limited or list(self._met(passing, "throttled")):
            raise throttled(passing.service)
        if list(self._met(passing, "denied")):
            raise denied(passing)

    def after(self, passing: Passing) -> None:
        """Lose the answer to a request that was carried out, where a fault says so."""
        for _ in self._met(passing, "connection-reset", answered=True):
            _reset(passing)

    def _met(
        self, passing: Passing, kind: str, *, answered: bool | None = None
    ) -> Iterator[Fault]:
        for fault in self._faults.find_all(kind, *passing.targets):
            settings = fault.settings
            if answered not in (None, bool(settings.get("answered"))):
                continue
            if passing.call.inside and not settings.get("inside"):
                continue
            wanted = settings.get("resource")
            if wanted and not names(passing.params, wanted):
                continue
            if self._faults.draw(fault):
                yield fault


def names(params: Mapping[str, Any], resource: str) -> bool:
    """Say whether a request names ``resource``: as it is, or as a part of an ARN."""
    texts: list[str] = []
    for value in params.values():
        items = value if isinstance(value, list) else [value]
        texts += [item for item in items if isinstance(item, str)]
    return any(resource in (text, *re.split("[:/]", text)) for text in texts)


def throttled(service: str) -> ApiError:
    """Return the refusal of a request that comes too soon, in the words of ``service``."""
    match service:
        case "lambda":
            return ApiError(
                "TooManyRequestsException",
                "Rate exceeded",
                Reason="CallerRateLimitExceeded",
                Type="User",
            )
        case "apigateway":
            return ApiError("TooManyRequestsException", "Too Many Requests")
        case "cloudformation" | "iam" | "sts" | "sns" | "cloudwatch" | "monitoring":
            return ApiError("Throttling", "Rate exceeded")
        case "s3":
            return ApiError("SlowDown", "Please reduce your request rate.", status=503)
        case _:
            return ApiError("ThrottlingException", "Rate exceeded")


def denied(passing: Passing) -> ApiError:
    """Return the refusal of a request that no policy allows."""
    service = _PREFIXES.get(passing.service, passing.service)
    action = f"{service}:{passing.call.operation}"
    code = "AccessDeniedException"
    if service in ("cloudformation", "iam", "sts", "s3", "sns", "cloudwatch"):
        code = "AccessDenied"
    return ApiError(
        code,
        f"User: {passing.call.principal.arn} is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action",
        status=403,
    )


def _reset(passing: Passing) -> None:
    if passing.socket is not None:
        # The server would keep the connection open for the next request.
        passing.socket.shutdown(socket.SHUT_RDWR)
    raise ConnectionWasReset(passing.call.operation)
