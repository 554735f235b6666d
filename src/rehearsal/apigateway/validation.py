"""Validate a request as its method's validator says (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rehearsal.apigateway.definitions import Method


def missing_parameters(
    method: Method,
    query: Iterable[tuple[str, str]],
    headers: Iterable[tuple[str, str]],
) -> list[str]:
    """Return the names of required parameters that the request lacks."""
    given = {f"query:{name}" for name, _ in query}
    given |= {f"header:{name.lower()}" for name, _ in headers}
    missing = []
    for parameter in method.required_parameters:
        place, _, name = parameter.partition(":")
        if f"{place}:{name.lower() if place == 'header' else name}" not in given:
            missing.append(name)
    return missing


def body_problem(method: Method, content_type: str, body: bytes) -> bool:
    """Say whether ``body`` breaks the model of its content type.

    A content type without a model is not validated, as on AWS
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html).
    """
    from jsonschema import Draft4Validator

    if method.models is None:
        return False
    schema = method.models.get(content_type.partition(";")[0].strip().lower())
    if schema is None:
        return False
    if not body:
        return method.body_required
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        # Not JSON, or nested deeper than anybody reads.
        return True
    return not Draft4Validator(schema).is_valid(document)
