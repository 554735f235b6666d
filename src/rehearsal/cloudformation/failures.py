"""Why a resource failed, in CloudFormation's words."""

from __future__ import annotations

import logging
import uuid

log = logging.getLogger(__name__)


class ResourceFailed(Exception):
    """A resource could not be made, changed or removed; the text is AWS's."""


def failure_text(error: Exception, type_name: str) -> str:
    """Word a failure as CloudFormation does: handler, message, service, status, request."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        log.warning("%s: %s", type_name, type(error).__name__)
        return handler_message(str(error), "InvalidRequest")
    found = response.get("Error", {})
    facts = response.get("ResponseMetadata", {})
    service, code = type_name.split("::")[1], str(found.get("Code", ""))
    return handler_message(
        f"{found.get('Message') or code} "
        f"(Service: {service}, Status Code: {facts.get('HTTPStatusCode')}, "
        f"Request ID: {facts.get('RequestId')}) (SDK Attempt Count: 1)",
        handler_code(code),
    )


def handler_message(message: str, code: str) -> str:
    """Give a resource handler's failure the form that events have it in."""
    return (
        f'Resource handler returned message: "{message}" '
        f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: {code})"
    )


def handler_code(code: str) -> str:
    """Give CloudFormation's word for a service's error code."""
    lowered = code.lower()
    for part, word in (
        ("accessdenied", "AccessDenied"),
        ("unauthorized", "AccessDenied"),
        ("alreadyexist", "AlreadyExists"),
        ("alreadyowned", "AlreadyExists"),
        ("notfound", "NotFound"),
        ("nosuch", "NotFound"),
        ("throttl", "Throttling"),
        ("limitexceeded", "ServiceLimitExceeded"),
        ("conflict", "ResourceConflict"),
    ):
        if part in lowered:
            return word
    return "InvalidRequest"
