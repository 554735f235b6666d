"""Record what happens to stacks and resources: status, events, EventBridge."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from awsrules.statuses import StackStatus
from rehearsal.cloudformation.model import Operation, Resource, Stack, Store
from rehearsal.plane import Plane

STACK_TYPE = "AWS::CloudFormation::Stack"


class Journal:
    """The only writer of statuses and events."""

    def __init__(self, plane: Plane, store: Store) -> None:
        self._plane = plane
        self._store = store

    def stack(
        self,
        stack: Stack,
        status: StackStatus,
        operation: Operation | None = None,
        reason: str | None = None,
    ) -> None:
        """Set the stack's status and tell of it."""
        now = self._plane.clock.now()
        with self._store.lock:
            stack.status, stack.status_reason = status, reason
            if status is StackStatus.DELETE_COMPLETE:
                stack.deleted = now
            elif operation and operation.kind != "CREATE_STACK":
                stack.updated = now
            event = self._event(stack, operation, status, reason)
            event |= {
                "EventId": str(uuid.uuid4()),
                "LogicalResourceId": stack.name,
                "PhysicalResourceId": stack.id,
                "ResourceType": STACK_TYPE,
            }
            stack.events.append(event)
        self._emit(stack, operation, status, reason)

    def resource(
        self,
        stack: Stack,
        resource: Resource,
        operation: Operation,
        shown: Any = None,
        **changes: Any,
    ) -> Resource:
        """Record the resource with ``changes`` and tell of it; ``shown`` hides secrets.

        A resource that is not the stack's current one (an old one being removed) is told of
        and not recorded.
        """
        now = self._plane.clock.now()
        resource = replace(resource, changed_at=now, **{"reason": "", **changes})
        with self._store.lock:
            status, physical_id = resource.status, resource.physical_id
            event = self._event(stack, operation, status, resource.reason or None)
            event |= {
                "EventId": f"{resource.logical_id}-{status}-{now.isoformat()}",
                "LogicalResourceId": resource.logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceType": resource.type,
            }
            if shown is not None:
                event["ResourceProperties"] = json.dumps(shown)
            stack.events.append(event)
        return resource

    def _event(
        self,
        stack: Stack,
        operation: Operation | None,
        status: str,
        reason: str | None,
    ) -> dict[str, Any]:
        event: dict[str, Any] = {
            "StackId": stack.id,
            "StackName": stack.name,
            "Timestamp": self._plane.clock.now(),
            "ResourceStatus": str(status),
        }
        if reason:
            event["ResourceStatusReason"] = reason
        if operation:
            event["OperationId"] = operation.id
            if operation.token:
                event["ClientRequestToken"] = operation.token
        return event

    def _emit(
        self,
        stack: Stack,
        operation: Operation | None,
        status: StackStatus,
        reason: str | None,
    ) -> None:
        details: dict[str, Any] = {"status": str(status), "status-reason": reason or ""}
        detail = {
            "stack-id": stack.id,
            "status-details": details,
            "client-request-token": operation.token if operation else None,
        }
        self._plane.events.emit(
            "aws.cloudformation",
            "CloudFormation Stack Status Change",
            detail,
            resources=(stack.id,),
        )


def as_delivered(
    plane: Plane, stack_name: str, newest_first: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Give events as a fault of kind ``stack-events`` lets them through.

    Settings: ``seconds`` that each comes late, in plane time, and ``twice``, the share that
    comes twice; which ones is drawn from their ids and ``seed``.
    """
    fault = plane.faults.find("stack-events", stack_name)
    if fault is None:
        return newest_first
    late = timedelta(seconds=float(fault.settings.get("seconds", 0)))
    twice, seed = fault.settings.get("twice", 0.0), fault.settings.get("seed", 1)
    visible = plane.clock.now() - late
    found = []
    for event in newest_first:
        if event["Timestamp"] <= visible:
            chance = random.Random(f"{seed} {event['EventId']}")  # nosec B311
            found += [event] * (2 if chance.random() < twice else 1)
    if found != newest_first:
        plane.faults.happened(fault)
    return found
