"""One alarm: its definition as it was put, and its state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from awsrules.alarms import AlarmRule, AlarmState

_UNCHECKED = "Unchecked: Initial alarm creation"
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
_DEFAULTS: dict[str, Any] = {
    "ActionsEnabled": True,
    "OKActions": [],
    "AlarmActions": [],
    "InsufficientDataActions": [],
    "Dimensions": [],
}


@dataclass(slots=True)
class Alarm:
    """Whoever changes one holds the lock of the alarms."""

    arn: str
    definition: dict[str, Any]
    configured: datetime
    state: AlarmState = AlarmState.INSUFFICIENT_DATA
    reason: str = _UNCHECKED
    reason_data: str = ""
    updated: datetime | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the alarm's name."""
        return str(self.definition["AlarmName"])

    @property
    def rule(self) -> AlarmRule:
        """Return when it fires."""
        return AlarmRule(
            threshold=float(self.definition.get("Threshold", 0)),
            comparison=self.definition["ComparisonOperator"],
            evaluation_periods=int(self.definition["EvaluationPeriods"]),
            datapoints_to_alarm=self.definition.get("DatapointsToAlarm"),
            treat_missing_data=self.definition.get("TreatMissingData") or "missing",
        )

    @property
    def actions(self) -> list[str]:
        """Return what its present state sets off."""
        if not self.definition.get("ActionsEnabled", True):
            return []
        name = {
            AlarmState.ALARM: "AlarmActions",
            AlarmState.OK: "OKActions",
            AlarmState.INSUFFICIENT_DATA: "InsufficientDataActions",
        }[self.state]
        actions: list[str] = self.definition.get(name) or []
        return actions

    def describe(self) -> dict[str, Any]:
        """Return the MetricAlarm that the API answers with."""
        definition = {k: v for k, v in self.definition.items() if k != "Tags"}
        return {
            **_DEFAULTS,
            **definition,
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": str(self.state),
            "StateReason": self.reason,
            "StateReasonData": self.reason_data,
            "StateUpdatedTimestamp": self.updated or self.configured,
            "StateTransitionedTimestamp": self.updated or self.configured,
        }
