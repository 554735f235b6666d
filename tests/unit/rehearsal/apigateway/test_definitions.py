"""Finding the method of a request in a definition."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.apigateway.definitions import Definition, Method, definition_of, merged
from rehearsal.apigateway.validation import body_problem, missing_parameters


def definition(*routes: str) -> Definition:
    pairs = [route.split(" ") for route in routes]
    return Definition(tuple(Method(path, method, {}) for method, path in pairs))


ROUTES = definition(
    "GET /", "GET /a/{id}", "GET /a/new", "ANY /a/{id}", "GET /{rest+}", "POST /a"
)


@pytest.mark.parametrize(
    ("method", "path", "resource", "parameters"),
    [
        ("GET", "/", "/", {}),
        ("GET", "/a/new", "/a/new", {}),
        ("GET", "/a/7", "/a/{id}", {"id": "7"}),
        ("GET", "/a/7/", "/a/{id}", {"id": "7"}),
        ("DELETE", "/a/7", "/a/{id}", {"id": "7"}),
        ("GET", "/b/c/d", "/{rest+}", {"rest": "b/c/d"}),
    ],
)
def test_the_most_exact_resource_answers(
    method: str, path: str, resource: str, parameters: dict[str, str]
) -> None:
    found = ROUTES.match(method, path)
    assert found is not None
    assert (found[0].resource_path, found[1]) == (resource, parameters)


def test_a_method_that_no_resource_has_is_not_found() -> None:
    assert ROUTES.match("PUT", "/") is None
    assert ROUTES.match("GET", "/a.new") is not None
    assert definition("GET /a.new").match("GET", "/abnew") is None


SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "securityDefinitions": {
        "iam": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"},
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        "pool": {
            "type": "apiKey",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
        },
    },
    "definitions": {"thing": {"type": "object", "required": ["name"]}},
    "x-amazon-apigateway-request-validator": "all",
    "x-amazon-apigateway-request-validators": {
        "all": {"validateRequestBody": True, "validateRequestParameters": True}
    },
    "paths": {
        "/things": {
            "post": {
                "security": [{"iam": []}, {"key": []}],
                "parameters": [
                    {
                        "in": "body",
                        "name": "body",
                        "required": True,
                        "schema": {"$ref": "#/definitions/thing"},
                    },
                    {"in": "query", "name": "kind", "required": True},
                    {"in": "header", "name": "X-Token", "required": True},
                ],
            },
            "x-amazon-apigateway-any-method": {"security": [{"pool": []}]},
        }
    },
}


def test_swagger_two_is_read_with_its_security_models_and_parameters() -> None:
    post, rest = definition_of(SWAGGER).methods
    assert (post.authorization, post.api_key_required) == ("AWS_IAM", True)
    assert missing_parameters(post, [], [("x-token", "t")]) == ["kind"]
    assert missing_parameters(post, [("kind", "k")], []) == ["X-Token"]
    assert (rest.http_method, rest.authorization) == ("ANY", "pool")


@pytest.mark.parametrize(
    ("kind", "body", "broken"),
    [
        ("application/json", b'{"name": 1}', False),
        ("application/json; charset=utf-8", b"{}", True),
        ("application/json", b"", True),
        ("application/json", b"no json", True),
        ("text/plain", b"not validated", False),
    ],
)
def test_only_bodies_of_a_content_type_with_a_model_are_validated(
    kind: str, body: bytes, broken: bool
) -> None:
    post, _ = definition_of(SWAGGER).methods
    assert body_problem(post, kind, body) is broken


def test_merging_keeps_what_the_new_document_does_not_name() -> None:
    old = {"info": {"title": "a"}, "paths": {"/a": {"get": {}}}}
    new = {"paths": {"/b": {"get": {}}}}
    assert merged(old, new) == {
        "info": {"title": "a"},
        "paths": {"/a": {"get": {}}, "/b": {"get": {}}},
    }
