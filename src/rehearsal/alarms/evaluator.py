"""Evaluate every alarm at every minute of plane time, and act on a change of state."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from awsrules.alarms import AlarmState, Evaluation, evaluate
from rehearsal.alarms.model import Alarm
from rehearsal.alarms.queries import (
    Query,
    dimensions_of,
    period_of,
    returned,
    run_queries,
    simple_query,
)
from rehearsal.faults import Fault, parts_of
from rehearsal.plane import Plane

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 0.05
_MOST_MINUTES_AT_ONCE = 60
_MINUTE = timedelta(minutes=1)
HELD = "A fault that the rehearsal injected makes it fire."
_VISIBLE = "ApproximateNumberOfMessagesVisible"


class Alarms:
    """All alarms by name, with the evaluation of them. Thread-safe."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self.lock = threading.RLock()
        self.by_name: dict[str, Alarm] = {}
        self._new: list[Alarm] = []
        self._closed = threading.Event()
        plane.on_close(self._closed.set)
        threading.Thread(target=self._run, name="alarms", daemon=True).start()

    def evaluate_at(self, minute: datetime) -> None:
        """Evaluate all alarms as of the beginning of ``minute``."""
        with self.lock:
            alarms = list(self.by_name.values())
        self._evaluate(alarms, minute)

    def add(self, alarm: Alarm) -> None:
        """Add a new alarm; its first evaluation does not wait for the next minute."""
        with self.lock:
            self.by_name[alarm.name] = alarm
            self._new.append(alarm)

    def _evaluate(self, alarms: Sequence[Alarm], minute: datetime) -> None:
        for alarm in alarms:
            if self._is_held(alarm):
                continue
            try:
                found = self._evaluation(alarm, minute)
            except Exception:
                # One alarm that cannot be evaluated must not silence the others.
                log.exception("alarm %s cannot be evaluated", alarm.name)
                continue
            if found.state != alarm.state:
                self.set_state(alarm, found.state, found.reason, "")

    def set_state(
        self, alarm: Alarm, state: AlarmState, reason: str, reason_data: str
    ) -> None:
        """Move an alarm to ``state``; a change sets off its actions and an event."""
        with self.lock:
            before, since = alarm.state, alarm.updated or alarm.configured
            now = self._plane.clock.now()
            old_reason = alarm.reason
            alarm.state, alarm.reason, alarm.reason_data = state, reason, reason_data
            if state == before:
                return
            alarm.updated = now
            summary = f"Alarm updated from {before} to {state}"
            data = {
                "oldState": {"stateValue": str(before), "stateReason": old_reason},
                "newState": {"stateValue": str(state), "stateReason": reason},
            }
            alarm.history.append(_history(alarm, now, summary, data=data))
            actions = list(alarm.actions)
        previous = {
            "value": str(before),
            "reason": old_reason,
            "timestamp": _stamp(since),
        }
        self._announce(alarm, previous, now)
        for action in actions:
            self._plane.spawn(self._act, action, alarm, before, now)

    def _run(self) -> None:
        seen = _minute(self._plane.clock.now())
        while not self._closed.wait(_LOOK_EVERY_SECONDS):
            self._hold()
            now = _minute(self._plane.clock.now())
            with self.lock:
                new, self._new = self._new, []
            self._evaluate(new, now)
            if not self.by_name:
                seen = now
            # A fast clock skips minutes between two looks; an alarm must not.
            seen = max(seen, now - _MOST_MINUTES_AT_ONCE * _MINUTE)
            while seen < now:
                seen += _MINUTE
                self.evaluate_at(seen)

    def _hold(self) -> None:
        """Let the alarms fire that faults name, whatever their metrics say."""
        if not self._plane.faults.any_of("alarm"):
            return
        with self.lock:
            alarms = list(self.by_name.values())
        for alarm in alarms:
            fault = self._is_held(alarm)
            if fault is not None and alarm.state is not AlarmState.ALARM:
                self._plane.faults.happened(fault)
                self.set_state(alarm, AlarmState.ALARM, HELD, "")

    def _is_held(self, alarm: Alarm) -> Fault | None:
        parts = parts_of(alarm.name)
        for fault in self._plane.faults.find_all("alarm", *parts):
            if fault.settings.get("name") in parts:
                return fault
        return None

    def _evaluation(self, alarm: Alarm, minute: datetime) -> Evaluation:
        queries = simple_query(alarm.definition)
        period, rule = period_of(queries), alarm.rule
        start = minute - period * rule.range_periods
        self._measure_queues(queries, minute)
        series = run_queries(self._plane.metrics, queries, start, minute)
        points = series[returned(queries)[0]["Id"]]
        values = [
            points.get(start + index * period) for index in range(rule.range_periods)
        ]
        return evaluate(rule, values, alarm.state)

    def _measure_queues(self, queries: Sequence[Query], minute: datetime) -> None:
        """Measure the queues that an alarm watches: moto's queues measure nothing."""
        for query in queries:
            metric = query.get("MetricStat", {}).get("Metric", {})
            if metric.get("MetricName") != _VISIBLE:
                continue
            dimensions = dimensions_of(metric.get("Dimensions"))
            visible = _visible_messages(self._plane, dimensions["QueueName"])
            if visible is not None:
                at = minute - _MINUTE
                self._plane.metrics.put(
                    "AWS/SQS", _VISIBLE, dimensions, visible, at=at, unit="Count"
                )

    def _announce(self, alarm: Alarm, previous: dict[str, str], now: datetime) -> None:
        """Emit the event
        (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html).
        """
        state = {
            "value": str(alarm.state),
            "reason": alarm.reason,
            "timestamp": _stamp(now),
        }
        detail: dict[str, Any] = {
            "alarmName": alarm.name,
            "state": state,
            "previousState": previous,
            "configuration": {
                "description": alarm.definition.get("AlarmDescription", ""),
                "metrics": [],
            },
        }
        self._plane.events.emit(
            "aws.cloudwatch", "CloudWatch Alarm State Change", detail, (alarm.arn,)
        )

    def _act(
        self, action: str, alarm: Alarm, before: AlarmState, now: datetime
    ) -> None:
        if ":sns:" not in action:
            self._plane.not_rehearsed(alarm.name, action, "only topics are notified")
            return
        state = str(alarm.state)
        self._plane.client("sns").publish(
            TopicArn=action,
            Subject=f'{state}: "{alarm.name}" in {self._plane.region}'[:100],
            Message=json.dumps(_message(alarm, before, now, self._plane)),
        )
        with self.lock:
            summary = f"Successfully executed action {action}"
            alarm.history.append(_history(alarm, now, summary, kind="Action"))


def _visible_messages(plane: Plane, queue: str) -> float | None:
    from moto.sqs.models import sqs_backends

    queues = sqs_backends[plane.account][plane.region].queues
    if queue not in queues:
        return None
    return float(queues[queue].approximate_number_of_messages)


def _message(
    alarm: Alarm, before: AlarmState, now: datetime, plane: Plane
) -> dict[str, Any]:
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.definition.get("AlarmDescription"),
        "AWSAccountId": plane.account,
        "NewStateValue": str(alarm.state),
        "NewStateReason": alarm.reason,
        "StateChangeTime": _stamp(now),
        "Region": plane.region,
        "AlarmArn": alarm.arn,
        "OldStateValue": str(before),
        "Trigger": {
            name: alarm.definition.get(name)
            for name in ("MetricName", "Namespace", "Threshold", "ComparisonOperator")
        },
    }


def _history(
    alarm: Alarm,
    now: datetime,
    summary: str,
    *,
    kind: str = "StateUpdate",
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "AlarmName": alarm.name,
        "AlarmType": "MetricAlarm",
        "Timestamp": now,
        "HistoryItemType": kind,
        "HistorySummary": summary,
        "HistoryData": json.dumps({"version": "1.0", **(data or {})}),
    }


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
