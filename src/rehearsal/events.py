"""EventBridge's default bus: service events reach the topics whose rules match them.

moto keeps the rules and their patterns; what it lacks is a target that is an SNS topic.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from rehearsal.clock import Clock
from rehearsal.metrics import Metrics

log = logging.getLogger(__name__)


class Host(Protocol):
    """What the bus needs of the plane that it runs in."""

    account: str
    region: str
    clock: Clock
    metrics: Metrics

    def spawn(self, work: Callable[..., None], *args: Any) -> None:
        """Run ``work`` in the background."""

    def client(self, service: str) -> Any:
        """Return a boto3 client to the plane."""


class EventBus:
    """Takes events of AWS services and delivers them by the rules in force."""

    def __init__(self, host: Host) -> None:
        self._host = host

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
            "account": self._host.account,
            "time": self._host.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._host.region,
            "resources": list(resources),
            "detail": detail,
        }
        self._host.spawn(self._deliver, event)

    def _deliver(self, event: dict[str, Any]) -> None:
        from moto.events.models import events_backends

        bus = events_backends[self._host.account][self._host.region]
        for rule in list(bus.describe_event_bus("default").rules.values()):
            if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():
                continue
            if rule.event_pattern.matches_event(event):
                self._count(rule.name)
                for target in list(rule.targets):
                    self._send(target, event)

    def _count(self, rule: str) -> None:
        """Measure that a rule matched. Source: Amazon EventBridge User Guide, "Monitoring"."""
        at, named = self._host.clock.now(), {"RuleName": rule}
        self._host.metrics.put(
            "AWS/Events", "MatchedEvents", named, 1.0, at=at, unit="Count"
        )

    def _send(self, target: dict[str, Any], event: dict[str, Any]) -> None:
        if ":sns:" not in target["Arn"]:
            log.warning("rule target %s is not rehearsed", target["Arn"])
            return
        transformer = target.get("InputTransformer")
        message = transformed(transformer, event) if transformer else event
        text = message if isinstance(message, str) else json.dumps(message)
        self._host.client("sns").publish(TopicArn=target["Arn"], Message=text)


def transformed(transformer: dict[str, Any], event: dict[str, Any]) -> Any:
    """Return what a target's template makes of an event.

    Text keeps its quotes, and a path that the event does not have leaves nothing; moto's
    own parser breaks at the one and leaves the variable's name for the other.
    Source: Amazon EventBridge User Guide, "Amazon EventBridge input transformation".
    """
    text: str = transformer["InputTemplate"]
    for name, path in transformer.get("InputPathsMap", {}).items():
        text = text.replace(f"<{name}>", _inserted(_at(path, event)))
    return json.loads(text)


def _at(path: str, event: Any) -> Any:
    """Return what a path of names leads to: ``$.detail.stage``."""
    for name in path.removeprefix("$.").split("."):
        if not isinstance(event, dict) or name not in event:
            return ""
        event = event[name]
    return event


def _inserted(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return written[1:-1] if isinstance(value, str) else written
