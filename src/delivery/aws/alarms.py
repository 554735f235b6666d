"""CloudWatch's alarms, as ``ports.Alarms``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from delivery.aws.clients import Clients
from delivery.aws.errors import told_in_our_words
from delivery.model import FiredAlarm


@dataclass(frozen=True, slots=True)
class CloudWatchAlarms:
    """The alarms of the account, by their history."""

    clients: Clients

    def names(self) -> list[str]:
        with told_in_our_words("list the alarms", local=self.clients.local):
            pages = self.clients.get("cloudwatch").get_paginator("describe_alarms")
            return [
                alarm["AlarmName"]
                for page in pages.paginate()
                for alarm in page["MetricAlarms"]
            ]

    def fired(self, since: datetime) -> Sequence[FiredAlarm]:
        with told_in_our_words("read the history of alarms", local=self.clients.local):
            pages = self.clients.get("cloudwatch").get_paginator(
                "describe_alarm_history"
            )
            items = [
                item
                for page in pages.paginate(
                    HistoryItemType="StateUpdate", StartDate=since
                )
                for item in page["AlarmHistoryItems"]
            ]
        found = [_fired(item) for item in items if _to_alarm(item)]
        return sorted(found, key=lambda each: each.at)


def _state(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the new state that a history item tells of."""
    try:
        data = json.loads(item.get("HistoryData") or "{}")
    except ValueError:
        return {}
    state = data.get("newState")
    return state if isinstance(state, dict) else {}


def _to_alarm(item: Mapping[str, Any]) -> bool:
    return _state(item).get("stateValue") == "ALARM"


def _fired(item: Mapping[str, Any]) -> FiredAlarm:
    reason = str(_state(item).get("stateReason", ""))
    return FiredAlarm(item["AlarmName"], item["Timestamp"], reason)
