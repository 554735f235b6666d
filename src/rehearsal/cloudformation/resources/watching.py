"""Log groups and metric filters, trails, alarms, dashboards and rules."""

from __future__ import annotations

import json

from rehearsal.cloudformation.resources.base import (
    Ask,
    Calls,
    Kind,
    Made,
    call,
)
from rehearsal.cloudformation.resources.tagging import as_map

_GONE = frozenset(
    {"ResourceNotFoundException", "ResourceNotFound", "TrailNotFoundException"}
)


class LogGroup(Kind):
    """AWS::Logs::LogGroup."""

    changes = frozenset({"KmsKeyId", "RetentionInDays"})

    def create(self, ask: Ask) -> Made:
        name = ask.name("LogGroupName", limit=512)
        wanted = {}
        if "KmsKeyId" in ask.properties:
            wanted["kmsKeyId"] = ask.properties["KmsKeyId"]
        if tags := as_map(ask.properties.get("Tags")):
            wanted["tags"] = tags
        ask.client("logs").create_log_group(logGroupName=name, **wanted)
        ask.claimed.append(name)
        self._retain(ask, name)
        return Made(name, {"Arn": ask.arn("logs", f"log-group:{name}:*")})

    def update(self, ask: Ask) -> Made:
        logs, name = ask.client("logs"), ask.physical_id
        if ask.changed("KmsKeyId") and "KmsKeyId" in ask.properties:
            key = ask.properties["KmsKeyId"]
            logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
        elif ask.changed("KmsKeyId"):
            logs.disassociate_kms_key(logGroupName=name)
        self._retain(ask, name)
        return Made(name, ask.attributes)

    def delete(self, ask: Ask) -> None:
        key = {"logGroupName": ask.physical_id}
        call(ask.client("logs"), "DeleteLogGroup", key, gone=_GONE)

    def _retain(self, ask: Ask, name: str) -> None:
        if not ask.changed("RetentionInDays"):
            return
        logs, days = ask.client("logs"), ask.properties.get("RetentionInDays")
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
        elif ask.physical_id:
            logs.delete_retention_policy(logGroupName=name)


class Rule(Kind):
    """AWS::Events::Rule."""

    def create(self, ask: Ask) -> Made:
        name, events = ask.name("Name"), ask.client("events")
        wanted = {
            key: ask.properties[key]
            for key in ("Description", "RoleArn", "ScheduleExpression", "State", "Tags")
            if key in ask.properties
        }
        if "EventPattern" in ask.properties:
            wanted["EventPattern"] = json.dumps(ask.properties["EventPattern"])
        arn = events.put_rule(Name=name, **wanted)["RuleArn"]
        ask.claimed.append(name)
        targets = ask.properties.get("Targets", [])
        kept = {each["Id"] for each in targets}
        gone = [
            one["Id"]
            for one in ask.previous.get("Targets", [])
            if one["Id"] not in kept
        ]
        if gone:
            events.remove_targets(Rule=name, Ids=gone)
        if targets:
            events.put_targets(Rule=name, Targets=targets)
        return Made(name, {"Arn": arn})

    def delete(self, ask: Ask) -> None:
        events, name = ask.client("events"), ask.physical_id
        ids = [each["Id"] for each in ask.properties.get("Targets", [])]
        if ids:
            call(events, "RemoveTargets", {"Rule": name, "Ids": ids}, gone=_GONE)
        call(events, "DeleteRule", {"Name": name}, gone=_GONE)


def _record_trail(ask: Ask, name: str) -> None:
    trail = ask.client("cloudtrail")
    selectors = {
        key: ask.properties[key]
        for key in ("AdvancedEventSelectors", "EventSelectors")
        if key in ask.properties
    }
    if selectors:
        trail.put_event_selectors(TrailName=name, **selectors)
    if ask.properties["IsLogging"]:
        trail.start_logging(Name=name)
    else:
        trail.stop_logging(Name=name)


def _alarm(operation: str) -> Calls:
    return Calls(
        service="cloudwatch",
        creates=operation,
        updates=operation,
        deletes="DeleteAlarms",
        name="AlarmName",
        limit=255,
        key=lambda ask: {"AlarmName": ask.physical_id},
        delete_key=lambda ask: {"AlarmNames": [ask.physical_id]},
        identity=lambda ask, sent, answer: str(sent["AlarmName"]),
        attributes=lambda ask, name, answer: {
            "Arn": ask.arn("cloudwatch", f"alarm:{name}")
        },
        gone=_GONE,
    )


KINDS: dict[str, Kind] = {
    "AWS::CloudTrail::Trail": Calls(
        service="cloudtrail",
        creates="CreateTrail",
        updates="UpdateTrail",
        deletes="DeleteTrail",
        name="TrailName",
        limit=128,
        renames={"TrailName": "Name", "Tags": "TagsList"},
        without=frozenset({"IsLogging", "AdvancedEventSelectors", "EventSelectors"}),
        key=lambda ask: {"Name": ask.physical_id},
        identity=lambda ask, sent, answer: str(sent["Name"]),
        attributes=lambda ask, name, answer: {
            "Arn": ask.arn("cloudtrail", f"trail/{name}")
        },
        then=_record_trail,
        gone=_GONE,
    ),
    "AWS::CloudWatch::Alarm": _alarm("PutMetricAlarm"),
    "AWS::CloudWatch::CompositeAlarm": _alarm("PutCompositeAlarm"),
    "AWS::CloudWatch::Dashboard": Calls(
        service="cloudwatch",
        creates="PutDashboard",
        updates="PutDashboard",
        deletes="DeleteDashboards",
        name="DashboardName",
        limit=255,
        key=lambda ask: {"DashboardName": ask.physical_id},
        delete_key=lambda ask: {"DashboardNames": [ask.physical_id]},
        identity=lambda ask, sent, answer: str(sent["DashboardName"]),
        gone=frozenset({"ResourceNotFound", "DashboardNotFoundError"}),
    ),
    "AWS::Events::Rule": Rule(),
    "AWS::Logs::LogGroup": LogGroup(),
    "AWS::Logs::MetricFilter": Calls(
        service="logs",
        creates="PutMetricFilter",
        updates="PutMetricFilter",
        deletes="DeleteMetricFilter",
        name="FilterName",
        limit=512,
        key=lambda ask: {
            "logGroupName": ask.properties["LogGroupName"],
            "filterName": ask.physical_id,
        },
        identity=lambda ask, sent, answer: str(sent["filterName"]),
        gone=_GONE,
    ),
}
