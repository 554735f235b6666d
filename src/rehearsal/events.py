"""EventBridge's default bus: service events reach the topics whose rules match them.

moto keeps the rules and their patterns; what it lacks is a target that is an SNS topic.
"""

from __future__ import annotations

import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.plane import Plane

log = logging.getLogger(__name__)


class EventBus:
    """Takes events of AWS services and delivers them by the rules in force."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def emit(
        self,
        source: str,
        detail_type: str,
        detail: dict[str, Any],
        resources: tuple[str, ...] = (),
    ) -> None:
        """Deliver an event in the background, as the bus does: the sender never waits."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._plane.account,
            "time": self._plane.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._plane.region,
            "resources": list(resources),
            "detail": detail,
        }
        self._plane.spawn(self._deliver, event)

    def _deliver(self, event: dict[str, Any]) -> None:
        from moto.events.models import events_backends

        bus = events_backends[self._plane.account][self._plane.region]
        for rule in list(bus.describe_event_bus("default").rules.values()):
            if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():
                continue
            if rule.event_pattern.matches_event(event):
                for target in list(rule.targets):
                    self._send(target, event)

    def _send(self, target: dict[str, Any], event: dict[str, Any]) -> None:
        from moto.events.models import EventTemplateParser

        if ":sns:" not in target["Arn"]:
            log.warning("rule target %s is not rehearsed", target["Arn"])
            return
        transformer = target.get("InputTransformer", {})
        message: Any = event
        if transformer:
            message = EventTemplateParser.parse(
                input_template=transformer.get("InputTemplate"),
                input_paths_map=transformer.get("InputPathsMap", {}),
                event={**event, "ingestion-time": event["time"]},
            )
        text = message if isinstance(message, str) else json.dumps(message)
        self._plane.client("sns").publish(TopicArn=target["Arn"], Message=text)
