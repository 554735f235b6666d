"""Read an API's definition: which method answers a request, and what it asks for.

OpenAPI 3 and Swagger 2 with API Gateway's extensions
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ANY = "ANY"

_HTTP_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_ANY_METHOD = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_VALIDATOR = "x-amazon-apigateway-request-validator"


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a resource, as deployed.

    Attributes:
        authorization: ``NONE``, ``AWS_IAM``, or the name of a scheme that is not rehearsed.
        models: schema by content type; bodies of these types are validated.
    """

    resource_path: str
    http_method: str
    integration: Mapping[str, Any]
    authorization: str = "NONE"
    api_key_required: bool = False
    models: Mapping[str, Mapping[str, Any]] | None = None
    body_required: bool = False
    required_parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """All methods of an API at the time it was deployed."""

    methods: tuple[Method, ...]

    def match(
        self, http_method: str, path: str
    ) -> tuple[Method, dict[str, str]] | None:
        """Find the method for ``path``, and the path's parameters.

        Literal segments win over ``{parameters}``, those over ``{greedy+}``; a method of its
        own wins over ANY.
        """
        found = []
        for method in self.methods:
            if method.http_method not in (http_method, ANY):
                continue
            match = _pattern(method.resource_path).fullmatch(path.rstrip("/") or "/")
            if match is not None:
                found.append((_rank(method), method, match.groupdict()))
        if not found:
            return None
        _, method, groups = min(found, key=lambda item: item[0])
        names = re.findall(r"{([^}+]+)\+?}", method.resource_path)
        return method, dict(zip(names, groups.values(), strict=True))


def definition_of(document: Mapping[str, Any]) -> Definition:
    """Read an OpenAPI document."""
    return Definition(tuple(_methods(document)))


def merged(before: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``PutRestApi`` in mode merge leaves: the new one over the old one."""
    result = dict(before)
    for key, value in document.items():
        old = result.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            result[key] = merged(old, value)
        else:
            result[key] = value
    return result


def _methods(document: Mapping[str, Any]) -> Iterator[Method]:
    for path, item in document.get("paths", {}).items():
        for key, operation in item.items():
            if key in _HTTP_METHODS or key == _ANY_METHOD:
                name = ANY if key == _ANY_METHOD else key.upper()
                parameters = [*item.get("parameters", []), *_parameters(operation)]
                yield _method(document, path, name, operation, parameters)


def _method(
    document: Mapping[str, Any],
    path: str,
    http_method: str,
    operation: Mapping[str, Any],
    parameters: list[Mapping[str, Any]],
) -> Method:
    validator = _validator(document, operation)
    models: dict[str, Mapping[str, Any]] = {}
    body_required = False
    if validator.get("validateRequestBody"):
        models, body_required = _models(document, operation, parameters)
    authorization, api_key = _security(document, operation)
    required: tuple[str, ...] = ()
    if validator.get("validateRequestParameters"):
        required = tuple(
            f"{item['in']}:{item['name']}"
            for item in parameters
            if item.get("required") and item.get("in") in ("query", "header")
        )
    return Method(
        resource_path=path,
        http_method=http_method,
        integration=operation.get(_INTEGRATION, {}),
        authorization=authorization,
        api_key_required=api_key,
        models=models or None,
        body_required=body_required,
        required_parameters=required,
    )


def _parameters(operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    parameters: list[Mapping[str, Any]] = operation.get("parameters", [])
    return parameters


def _validator(
    document: Mapping[str, Any], operation: Mapping[str, Any]
) -> Mapping[str, Any]:
    validators = document.get("x-amazon-apigateway-request-validators", {})
    name = operation.get(_VALIDATOR, document.get(_VALIDATOR))
    validator: Mapping[str, Any] = validators.get(name, {})
    return validator


def _models(
    document: Mapping[str, Any],
    operation: Mapping[str, Any],
    parameters: list[Mapping[str, Any]],
) -> tuple[dict[str, Mapping[str, Any]], bool]:
    """Return the schemas of a request's body, and whether there must be one."""
    # A schema's references point into the document, so it takes those parts along.
    parts = {
        name: document[name]
        for name in ("components", "definitions")
        if name in document
    }
    if body := operation.get("requestBody"):
        models: dict[str, Mapping[str, Any]] = {
            kind: {**parts, **media["schema"]}
            for kind, media in body.get("content", {}).items()
            if "schema" in media
        }
        return models, bool(body.get("required"))
    for item in parameters:
        if item.get("in") == "body" and "schema" in item:
            kinds = operation.get("consumes") or ["application/json"]
            schema = {**parts, **item["schema"]}
            return {kind: schema for kind in kinds}, bool(item.get("required"))
    return {}, False


def _security(
    document: Mapping[str, Any], operation: Mapping[str, Any]
) -> tuple[str, bool]:
    """Return the authorization, and whether an API key is required."""
    schemes = document.get("securityDefinitions") or document.get("components", {}).get(
        "securitySchemes", {}
    )
    authorization, api_key = "NONE", False
    for requirement in operation.get("security", document.get("security", [])):
        for name in requirement:
            scheme = schemes.get(name, {})
            if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
                authorization = "AWS_IAM"
            elif str(scheme.get("name", "")).lower() == "x-api-key":
                api_key = True
            else:
                authorization = name
    return authorization, api_key


def _pattern(resource_path: str) -> re.Pattern[str]:
    pieces = []
    for index, segment in enumerate(resource_path.strip("/").split("/")):
        if segment.startswith("{") and segment.endswith("+}"):
            pieces.append(f"(?P<p{index}>.+)")
        elif segment.startswith("{") and segment.endswith("}"):
            pieces.append(f"(?P<p{index}>[^/]+)")
        else:
            pieces.append(re.escape(segment))
    return re.compile("/" + "/".join(pieces))


def _rank(method: Method) -> tuple[list[int], bool]:
    kinds = [
        2 if segment.endswith("+}") else 1 if segment.startswith("{") else 0
        for segment in method.resource_path.strip("/").split("/")
    ]
    return kinds, method.http_method == ANY
