"""The API Gateway API where moto forgets: whole definitions, and what was deployed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from moto.core.exceptions import JsonRESTError

from rehearsal.apigateway.definitions import Definition, definition_of, merged
from rehearsal.apigateway.recorded import backend, definition_from_records
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service

Document = dict[str, Any]


class Deployed:
    """The definition of each deployment: an API changes, a deployment does not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._documents: dict[str, Document] = {}
        self._definitions: dict[tuple[str, str], Definition] = {}

    def document(self, api_id: str) -> Document | None:
        """Return the document that the API was last given."""
        with self._lock:
            return self._documents.get(api_id)

    def keep_document(self, api_id: str, document: Document) -> None:
        """Remember the document of an API."""
        with self._lock:
            self._documents[api_id] = document

    def keep(self, api_id: str, deployment_id: str, definition: Definition) -> None:
        """Remember what a deployment froze."""
        with self._lock:
            self._definitions[api_id, deployment_id] = definition

    def definition(self, api_id: str, deployment_id: str) -> Definition | None:
        """Return what a deployment froze."""
        with self._lock:
            return self._definitions.get((api_id, deployment_id))


class ApiGatewayService(Service):
    """moto keeps APIs, stages, keys and plans; it drops authorization, models and validators."""

    name = "apigateway"
    moto_answers_the_rest = True

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self.deployed = Deployed()

    @property
    def _records(self) -> Any:
        return backend(self._plane.account, self._plane.region)

    def put_rest_api(self, params: Params, call: Call) -> Answer:
        """Replace or extend an API by a document."""
        api_id = params["restApiId"]
        document = _parsed(params["body"])
        if params.get("mode") != "overwrite":
            document = merged(self.deployed.document(api_id) or {}, document)
        return self._put(api_id, document)

    def create_deployment(self, params: Params, call: Call) -> Answer:
        """Freeze the API's definition, and point a stage at it when one is named."""
        api_id = params["restApiId"]
        deployment = _moto(
            self._records.create_deployment,
            api_id,
            params.get("stageName") or "",
            params.get("description") or "",
            params.get("variables") or {},
        )
        document = self.deployed.document(api_id)
        if document is not None:
            definition = definition_of(document)
        else:
            definition = definition_from_records(self._records.get_rest_api(api_id))
        self._note_what_is_not_rehearsed(api_id, definition)
        self.deployed.keep(api_id, deployment.id, definition)
        shape: dict[str, Any] = deployment.to_json()
        return {**shape, "createdDate": self._plane.clock.now()}

    def _put(self, api_id: str, document: Document) -> Answer:
        api = _moto(
            self._records.put_rest_api, api_id, _skeleton(document), False, "overwrite"
        )
        self.deployed.keep_document(api_id, document)
        shape: dict[str, Any] = api.to_dict()
        return shape

    def _note_what_is_not_rehearsed(self, api_id: str, definition: Definition) -> None:
        for method in definition.methods:
            if method.authorization not in ("NONE", "AWS_IAM"):
                self._plane.not_rehearsed(
                    f"{api_id} {method.http_method} {method.resource_path}",
                    "AWS::ApiGateway::Authorizer",
                    f"authorization {method.authorization} is refused, not rehearsed",
                )


def _parsed(body: bytes | str) -> Document:
    """Parse a document in JSON or YAML."""
    text = body.decode() if isinstance(body, bytes) else body
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ApiError(
            "BadRequestException", f"Invalid OpenAPI input: {error}"
        ) from error
    if not isinstance(document, dict) or "paths" not in document:
        raise ApiError("BadRequestException", "Invalid OpenAPI input.")
    return document


def _skeleton(document: Mapping[str, Any]) -> Document:
    """Return the part of ``document`` that moto can keep: resources and integrations."""
    paths: dict[str, Any] = {}
    for method in definition_of(document).methods:
        integration = {**method.integration}
        if "type" in integration:
            integration["type"] = str(integration["type"]).upper()
        operation = {"responses": {}, "x-amazon-apigateway-integration": integration}
        paths.setdefault(method.resource_path, {})[
            method.http_method.lower()
        ] = operation
    return {"openapi": "3.0.1", "paths": json.loads(json.dumps(paths))}


def _moto(call: Callable[..., Any], *args: Any) -> Any:
    """Call moto's records, and pass its refusals on as AWS's errors."""
    try:
        return call(*args)
    except JsonRESTError as error:
        raise ApiError(error.error_type, error.message) from error
