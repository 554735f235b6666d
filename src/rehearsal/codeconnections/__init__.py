"""CodeConnections: connections to GitHub, PENDING until somebody completes the handshake."""

from __future__ import annotations

import threading
import uuid
from typing import Any, ClassVar

from rehearsal.control import Control, ControlError
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service


class CodeConnections(Service):
    """Connections. ``POST /_rehearsal/connections {"arn": …}`` is the handshake."""

    name: ClassVar[str] = "codeconnections"

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._lock = threading.Lock()
        self._connections: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, dict[str, str]] = {}

    def create_connection(self, params: Params, call: Call) -> Answer:
        """Create a connection that waits for its handshake."""
        region, account = self._plane.region, self._plane.account
        arn = f"arn:aws:codeconnections:{region}:{account}:connection/{uuid.uuid4()}"
        connection = {
            "ConnectionName": params["ConnectionName"],
            "ConnectionArn": arn,
            "ProviderType": params.get("ProviderType", "GitHub"),
            "OwnerAccountId": account,
            "ConnectionStatus": "PENDING",
        }
        tags = params.get("Tags", [])
        with self._lock:
            self._connections[arn] = connection
            self._tags[arn] = {item["Key"]: item["Value"] for item in tags}
        return {"ConnectionArn": arn, "Tags": tags}

    def get_connection(self, params: Params, call: Call) -> Answer:
        """Return a connection."""
        return {"Connection": self._find(params["ConnectionArn"])}

    def list_connections(self, params: Params, call: Call) -> Answer:
        """Return all connections."""
        with self._lock:
            return {"Connections": list(self._connections.values())}

    def delete_connection(self, params: Params, call: Call) -> Answer:
        """Delete a connection."""
        self._find(params["ConnectionArn"])
        with self._lock:
            del self._connections[params["ConnectionArn"]]
        return {}

    def tag_resource(self, params: Params, call: Call) -> Answer:
        """Add or change tags."""
        self._find(params["ResourceArn"])
        tags = {item["Key"]: item["Value"] for item in params["Tags"]}
        self._tags[params["ResourceArn"]].update(tags)
        return {}

    def untag_resource(self, params: Params, call: Call) -> Answer:
        """Take tags off."""
        self._find(params["ResourceArn"])
        for key in params["TagKeys"]:
            self._tags[params["ResourceArn"]].pop(key, None)
        return {}

    def list_tags_for_resource(self, params: Params, call: Call) -> Answer:
        """Return a connection's tags."""
        self._find(params["ResourceArn"])
        tags = self._tags[params["ResourceArn"]]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def handshake(self, method: str, body: dict[str, Any]) -> Any:
        """Complete the handshake of one connection, as a person does in the console."""
        if method == "POST":
            try:
                self._find(body["arn"])["ConnectionStatus"] = "AVAILABLE"
            except ApiError as error:
                raise ControlError(f"{error}") from error
        with self._lock:
            return {"connections": list(self._connections.values())}

    def _find(self, arn: str) -> dict[str, Any]:
        with self._lock:
            connection = self._connections.get(arn)
        if connection is None:
            raise ApiError(
                "ResourceNotFoundException", f"No connection found with ARN {arn}"
            )
        return connection


def create(plane: Plane, control: Control) -> CodeConnections:
    """Build the service and the page of its handshake."""
    service = CodeConnections(plane)
    control.add("connections", service.handshake)
    return service
