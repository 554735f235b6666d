"""Log groups and metric filters, trails, alarms, dashboards and rules."""

from __future__ import annotations

import json

from rehearsal.cloudformation.resources.base import (
    Ask,
    Calls,
    Kind,
    Made,
    call,
    fit,
)

_GONE = frozenset(
    {"ResourceNotFoundException", "ResourceNotFound", "TrailNotFoundException"}
)


class LogGroup(Kind):
    """AWS::Logs::LogGroup."""

    def create(self, ask: Ask) -> Made:
        name = ask.name("LogGroupName", limit=512)
        wanted = {}
        if "KmsKeyId" in ask.properties:
            wanted["kmsKeyId"] = ask.properties["KmsKeyId"]
        tags = {each["Key"]: each["Value"] for each in ask.properties.get("Tags", [])}
        if tags:
            wanted["tags"] = tags
        ask.client("logs").create_log_group(logGroupName=name, **wanted)
        self._retain(ask, name)
        return Made(name, {"Arn": ask.arn("logs", f"log-group:{name}:*")})

    def update(self, ask: Ask) -> Made:
        logs, name = ask.client("logs"), ask.physical_id
        if ask.changed("KmsKeyId") and "KmsKeyId" in ask.properties:
            key = ask.properties["KmsKeyId"]
            logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
        elif ask.changed("KmsKeyId"):
            logs.disassociate_kms_key(logGroupName=name)
        if ask.changed("Tags"):
            tags = {
                each["Key"]: each["Value"] for each in ask.properties.get("Tags", [])
            }
            logs.tag_log_group(logGroupName=name, tags=tags)
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


class MetricFilter(Kind):
    """AWS::Logs::MetricFilter."""

    def create(self, ask: Ask) -> Made:
        name, logs = ask.name("FilterName", limit=512), ask.client("logs")
        model = logs.meta.service_model.operation_model("PutMetricFilter")
        members = model.input_shape.members
        logs.put_metric_filter(
            logGroupName=ask.properties["LogGroupName"],
            filterName=name,
            filterPattern=ask.properties["FilterPattern"],
            metricTransformations=fit(
                ask.properties["MetricTransformations"],
                members["metricTransformations"],
            ),
        )
        return Made(name)

    def delete(self, ask: Ask) -> None:
        group = ask.properties["LogGroupName"]
        key = {"logGroupName": group, "filterName": ask.physical_id}
        call(ask.client("logs"), "DeleteMetricFilter", key, gone=_GONE)


class Trail(Kind):
    """AWS::CloudTrail::Trail."""

    _APART = {"IsLogging", "AdvancedEventSelectors", "EventSelectors", "Tags"}
    _RENAMED = {
        "KMSKeyId": "KmsKeyId",
        "EnableLogFileValidation": "EnableLogFileValidation",
    }

    def create(self, ask: Ask) -> Made:
        name = ask.name("TrailName", limit=128)
        arn = ask.client("cloudtrail").create_trail(
            Name=name, TagsList=ask.properties.get("Tags", []), **self._settings(ask)
        )["TrailARN"]
        self._record(ask, name)
        return Made(name, {"Arn": arn})

    def update(self, ask: Ask) -> Made:
        trail = ask.client("cloudtrail")
        trail.update_trail(Name=ask.physical_id, **self._settings(ask))
        self._record(ask, ask.physical_id)
        return Made(ask.physical_id, ask.attributes)

    def delete(self, ask: Ask) -> None:
        key = {"Name": ask.physical_id}
        call(ask.client("cloudtrail"), "DeleteTrail", key, gone=_GONE)

    def _settings(self, ask: Ask) -> dict[str, object]:
        return {
            self._RENAMED.get(key, key): value
            for key, value in ask.properties.items()
            if key not in self._APART | {"TrailName"}
        }

    def _record(self, ask: Ask, name: str) -> None:
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
    "AWS::CloudTrail::Trail": Trail(),
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
    "AWS::Logs::MetricFilter": MetricFilter(),
}
