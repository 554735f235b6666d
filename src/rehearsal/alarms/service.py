"""The CloudWatch API for metrics and alarms; moto keeps the dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from awsrules.alarms import AlarmState
from awsrules.metric_math import BadExpression
from rehearsal.alarms.evaluator import Alarms
from rehearsal.alarms.model import Alarm
from rehearsal.alarms.queries import dimensions_of, returned, run_queries
from rehearsal.paging import Pages
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service

_PAGES = Pages(size="MaxRecords", most=100, invalid="InvalidNextToken")


class CloudWatchService(Service):
    """Metrics in the plane's own store, alarms that evaluate."""

    name = "cloudwatch"
    moto_answers_the_rest = True

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self.alarms = Alarms(plane)

    # Metrics.

    def put_metric_data(self, params: Params, call: Call) -> Answer:
        """Record values; one without a time is of now."""
        namespace = params["Namespace"]
        if namespace.startswith("AWS/"):
            raise ApiError(
                "InvalidParameterValue",
                "The value AWS/ for parameter Namespace is invalid.",
            )
        for datum in params.get("MetricData", []):
            self._put(namespace, datum)
        return {}

    def _put(self, namespace: str, datum: Params) -> None:
        values = datum.get("Values") or [datum.get("Value", 0.0)]
        counts = datum.get("Counts") or [1.0] * len(values)
        if statistics := datum.get("StatisticValues"):
            counts = [float(statistics["SampleCount"])]
            values = [float(statistics["Sum"]) / counts[0]]
        for value, count in zip(values, counts, strict=True):
            self._plane.metrics.put(
                namespace,
                datum["MetricName"],
                dimensions_of(datum.get("Dimensions")),
                float(value),
                at=datum.get("Timestamp") or self._plane.clock.now(),
                unit=datum.get("Unit") or "None",
                count=float(count),
            )

    def get_metric_data(self, params: Params, call: Call) -> Answer:
        """Return the series of queries, newest first unless asked otherwise."""
        queries = params["MetricDataQueries"]
        try:
            series = run_queries(
                self._plane.metrics,
                queries,
                _utc(params["StartTime"]),
                _utc(params["EndTime"]),
            )
        except (BadExpression, ValueError) as error:
            raise ApiError("ValidationError", str(error)) from error
        oldest_first = params.get("ScanBy") == "TimestampAscending"
        results = []
        for query in returned(queries):
            points = series[query["Id"]]
            times = sorted(points, reverse=not oldest_first)
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label") or _label(query),
                    "Timestamps": times,
                    "Values": [points[time] for time in times],
                    "StatusCode": "Complete",
                }
            )
        return {"MetricDataResults": results, "Messages": []}

    def get_metric_statistics(self, params: Params, call: Call) -> Answer:
        """Return datapoints of one metric."""
        points: dict[datetime, dict[str, Any]] = {}
        for statistic in params.get("Statistics") or []:
            for time, value in self._statistic(params, statistic):
                points.setdefault(time, {"Timestamp": time})[statistic] = value
        for statistic in params.get("ExtendedStatistics") or []:
            for time, value in self._statistic(params, statistic):
                extended = points.setdefault(time, {"Timestamp": time})
                extended.setdefault("ExtendedStatistics", {})[statistic] = value
        datapoints = [points[time] for time in sorted(points)]
        return {"Label": params["MetricName"], "Datapoints": datapoints}

    def _statistic(
        self, params: Params, statistic: str
    ) -> list[tuple[datetime, float]]:
        return self._plane.metrics.read(
            params["Namespace"],
            params["MetricName"],
            dimensions_of(params.get("Dimensions")),
            statistic,
            start=_utc(params["StartTime"]),
            end=_utc(params["EndTime"]),
            period=timedelta(seconds=params["Period"]),
        )

    def list_metrics(self, params: Params, call: Call) -> Answer:
        """List metrics by namespace, name and (some of their) dimensions."""
        wanted = params.get("Dimensions") or []
        metrics = []
        for series in self._plane.metrics.all():
            dimensions = dict(series.dimensions)
            if params.get("Namespace") not in (None, series.namespace):
                continue
            if params.get("MetricName") not in (None, series.name):
                continue
            if all(
                item["Name"] in dimensions
                and item.get("Value") in (None, dimensions[item["Name"]])
                for item in wanted
            ):
                pairs = sorted(dimensions.items())
                metrics.append(
                    {
                        "Namespace": series.namespace,
                        "MetricName": series.name,
                        "Dimensions": [{"Name": n, "Value": v} for n, v in pairs],
                    }
                )
        return {"Metrics": metrics}

    # Alarms.

    def put_metric_alarm(self, params: Params, call: Call) -> Answer:
        """Create or replace an alarm; one that is replaced keeps its state."""
        name = params["AlarmName"]
        if not params.get("Metrics") and not params.get("MetricName"):
            raise ApiError("ValidationError", "MetricName must not be empty.")
        arn = f"arn:aws:cloudwatch:{self._plane.region}:{self._plane.account}:alarm:{name}"
        now = self._plane.clock.now()
        with self.alarms.lock:
            alarm = self.alarms.by_name.get(name)
            if alarm is None:
                self.alarms.add(Alarm(arn, dict(params), now))
            else:
                alarm.definition, alarm.configured = dict(params), now
        return {}

    def put_composite_alarm(self, params: Params, call: Call) -> Answer:
        """Refuse: an alarm that never evaluates would be a false green."""
        raise ApiError("ValidationError", "Composite alarms are not rehearsed.")

    def describe_alarms(self, params: Params, call: Call) -> Answer:
        """Return alarms by name, prefix, state or action."""
        names = params.get("AlarmNames")
        with self.alarms.lock:
            found = [
                alarm.describe()
                for name, alarm in sorted(self.alarms.by_name.items())
                if (not names or name in names)
                and name.startswith(params.get("AlarmNamePrefix") or "")
                and params.get("StateValue") in (None, str(alarm.state))
            ]
        if prefix := params.get("ActionPrefix"):
            found = [
                alarm
                for alarm in found
                if any(action.startswith(prefix) for action in alarm["AlarmActions"])
            ]
        return {**_PAGES.cut("MetricAlarms", found, params), "CompositeAlarms": []}

    def describe_alarm_history(self, params: Params, call: Call) -> Answer:
        """Return what happened to alarms, newest first."""
        start, end = params.get("StartDate"), params.get("EndDate")
        with self.alarms.lock:
            items = [
                item
                for name, alarm in self.alarms.by_name.items()
                if params.get("AlarmName") in (None, name)
                for item in alarm.history
                if params.get("HistoryItemType") in (None, item["HistoryItemType"])
                and (start is None or item["Timestamp"] >= _utc(start))
                and (end is None or item["Timestamp"] < _utc(end))
            ]
        items.sort(key=lambda item: item["Timestamp"], reverse=True)
        return {"AlarmHistoryItems": items[: params.get("MaxRecords") or 100]}

    def set_alarm_state(self, params: Params, call: Call) -> Answer:
        """Set a state until the next evaluation; its actions are set off."""
        alarm = self._alarm(params["AlarmName"])
        state = AlarmState(params["StateValue"])
        data = params.get("StateReasonData") or ""
        self.alarms.set_state(alarm, state, params["StateReason"], data)
        return {}

    def delete_alarms(self, params: Params, call: Call) -> Answer:
        """Delete alarms."""
        for name in params["AlarmNames"]:
            self._alarm(name)
        with self.alarms.lock:
            for name in params["AlarmNames"]:
                self.alarms.by_name.pop(name, None)
        return {}

    def enable_alarm_actions(self, params: Params, call: Call) -> Answer:
        """Let alarms act again."""
        return self._switch_actions(params, enabled=True)

    def disable_alarm_actions(self, params: Params, call: Call) -> Answer:
        """Keep alarms from acting."""
        return self._switch_actions(params, enabled=False)

    def tag_resource(self, params: Params, call: Call) -> Answer:
        """Add tags to an alarm."""
        tags = self._tags(params["ResourceARN"])
        tags.update({item["Key"]: item["Value"] for item in params["Tags"]})
        return self._keep_tags(params["ResourceARN"], tags)

    def untag_resource(self, params: Params, call: Call) -> Answer:
        """Remove tags from an alarm."""
        tags = self._tags(params["ResourceARN"])
        kept = {key: tags[key] for key in tags if key not in params["TagKeys"]}
        return self._keep_tags(params["ResourceARN"], kept)

    def list_tags_for_resource(self, params: Params, call: Call) -> Answer:
        """Return an alarm's tags."""
        tags = self._tags(params["ResourceARN"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _switch_actions(self, params: Params, *, enabled: bool) -> Answer:
        with self.alarms.lock:
            for name in params["AlarmNames"]:
                self._alarm(name).definition["ActionsEnabled"] = enabled
        return {}

    def _tags(self, arn: str) -> dict[str, str]:
        alarm = self._alarm(arn.partition(":alarm:")[2])
        tags = alarm.definition.get("Tags") or []
        return {item["Key"]: item["Value"] for item in tags}

    def _keep_tags(self, arn: str, tags: dict[str, str]) -> Answer:
        alarm = self._alarm(arn.partition(":alarm:")[2])
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        alarm.definition["Tags"] = pairs
        return {}

    def _alarm(self, name: str) -> Alarm:
        with self.alarms.lock:
            alarm = self.alarms.by_name.get(name)
        if alarm is None:
            raise ApiError("ResourceNotFound", "Unknown")
        return alarm


def _label(query: Mapping[str, Any]) -> str:
    if "MetricStat" in query:
        return str(query["MetricStat"]["Metric"]["MetricName"])
    return str(query["Id"])


def _utc(moment: datetime) -> datetime:

    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
