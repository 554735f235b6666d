"""What a verification reads of Lambda, Logs, CloudWatch, CloudTrail and API Gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from delivery.aws.clients import Clients
from delivery.aws.errors import code_of, told_in_our_words
from delivery.model import Answered, Call, LoggedErrors, VersionFacts
from delivery.ports import Clock

# A handler's exception, a timeout, a runtime that died, and a line of level ERROR. Each is
# one term of a filter pattern; together they would have to be in one line.
_ERROR_TERMS = ("ERROR", '"Task timed out"', '"Runtime exited"')
_CLASS_NAME = re.compile(r"[A-Za-z_][\w.]{0,79}")
_ALARMS_AT_ONCE = 100
# LookupEvents: two requests a second for an account and region.
_LOOKUP_PAUSE_SECONDS = 0.6
# Tests let months go by.
_PLANE_AHEAD = timedelta(days=3650)
_MOST_LOOKUPS = 20
_TRAIL_SOURCE = "lambda.amazonaws.com"
_MOVE = "UpdateAlias"


class _Doing:
    """Tells what was being done when AWS refuses."""

    clients: Clients

    def _doing(self, what: str) -> AbstractContextManager[None]:
        return told_in_our_words(what, local=self.clients.local)


@dataclass(frozen=True)
class LambdaInvocations(_Doing):
    """Functions, as ``ports.Invocations``; nothing of an answer's content is kept."""

    clients: Clients

    def invoke(self, function: str, qualifier: str, event: Any) -> Answered:
        with self._doing(f"invoke {function}:{qualifier}"):
            answer = self.clients.get("lambda").invoke(
                FunctionName=function,
                Qualifier=qualifier,
                InvocationType="RequestResponse",
                Payload=json.dumps(event).encode(),
            )
            payload = answer["Payload"].read()
        status = _field(payload, "statusCode")
        return Answered(
            version=str(answer.get("ExecutedVersion", "")),
            status=status if isinstance(status, int) else None,
            error=_error_class(payload) if answer.get("FunctionError") else "",
        )

    def facts(self, function: str, version: str) -> VersionFacts:
        with self._doing(f"read version {version} of function {function}"):
            answer = self.clients.get("lambda").get_function_configuration(
                FunctionName=function, Qualifier=version
            )
        group = answer.get("LoggingConfig", {}).get("LogGroup")
        return VersionFacts(answer["CodeSha256"], group or f"/aws/lambda/{function}")


@dataclass(frozen=True)
class CloudWatchLogs(_Doing):
    """Log groups, as ``ports.FunctionLogs``.

    Lambda puts a version's number in brackets into the names of its streams. Source: AWS
    Lambda Developer Guide, "Viewing CloudWatch logs for Lambda functions".
    """

    clients: Clients

    def errors(self, group: str, version: str, since: datetime) -> LoggedErrors:
        found: dict[str, None] = {}
        for term in _ERROR_TERMS:
            for event in self._matching(group, term, since):
                if f"[{version}]" in event.get("logStreamName", ""):
                    found[event["eventId"]] = None
        return LoggedErrors(len(found), tuple(found)[:10])

    def _matching(self, group: str, term: str, since: datetime) -> list[dict[str, Any]]:
        pages = self.clients.get("logs").get_paginator("filter_log_events")
        with self._doing(f"read the log group {group}"):
            try:
                return [
                    event
                    for page in pages.paginate(
                        logGroupName=group,
                        startTime=int(since.timestamp() * 1000),
                        filterPattern=term,
                    )
                    for event in page["events"]
                ]
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    return []  # nothing was logged, so there is no group
                raise


@dataclass(frozen=True)
class CloudWatchStates(_Doing):
    """States of alarms and counts of errors, as ``ports.AlarmStates`` and ``ErrorMetrics``."""

    clients: Clients
    clock: Clock

    def states(self, names: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        pages = self.clients.get("cloudwatch").get_paginator("describe_alarms")
        with self._doing("read the alarms"):
            for first in range(0, len(names), _ALARMS_AT_ONCE):
                chosen = list(names[first : first + _ALARMS_AT_ONCE])
                for page in pages.paginate(
                    AlarmNames=chosen, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
                ):
                    for kind in ("MetricAlarms", "CompositeAlarms"):
                        for alarm in page.get(kind, []):
                            found[alarm["AlarmName"]] = alarm["StateValue"]
        return found

    def newest_errors(self, function: str, alias: str, since: datetime) -> int | None:
        minute = since.replace(second=0, microsecond=0)
        query = {
            "Id": "errors",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": "Errors",
                    "Dimensions": [
                        {"Name": "FunctionName", "Value": function},
                        {"Name": "Resource", "Value": f"{function}:{alias}"},
                    ],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        with self._doing(f"read the metrics of {function}"):
            answer = self.clients.get("cloudwatch").get_metric_data(
                MetricDataQueries=[query],
                StartTime=minute,
                EndTime=self._end(),
                ScanBy="TimestampDescending",
            )
        values = answer["MetricDataResults"][0]["Values"]
        return int(values[0]) if values else None

    def _end(self) -> datetime:
        """Return a time after the newest minute; a plane's clock may be years ahead."""
        ahead = _PLANE_AHEAD if self.clients.sent_to else timedelta(minutes=1)
        return self.clock.now() + ahead


@dataclass(frozen=True)
class CloudTrailEvents(_Doing):
    """CloudTrail, as ``ports.Trail``."""

    clients: Clients
    clock: Clock

    def alias_moves(self, since: datetime) -> list[Call]:
        found: list[Call] = []
        page: dict[str, str] = {}
        for number in range(_MOST_LOOKUPS):
            if number:
                self.clock.sleep(_LOOKUP_PAUSE_SECONDS)
            with self._doing("look up CloudTrail's events"):
                answer = self.clients.get("cloudtrail").lookup_events(
                    LookupAttributes=[
                        {
                            "AttributeKey": "EventSource",
                            "AttributeValue": _TRAIL_SOURCE,
                        }
                    ],
                    StartTime=since,
                    **page,
                )
            found.extend(
                Call(each["EventName"], _functions(each), each["EventTime"])
                for each in answer["Events"]
                if each.get("EventName", "").startswith(_MOVE)
            )
            if not answer.get("NextToken"):
                break
            page = {"NextToken": answer["NextToken"]}
        return found


@dataclass(frozen=True)
class GatewayStages(_Doing):
    """API Gateway, as ``ports.ApiStages``."""

    clients: Clients

    def deployment(self, api: str, stage: str) -> str:
        with self._doing(f"read stage {stage} of API {api}"):
            answer = self.clients.get("apigateway").get_stage(
                restApiId=api, stageName=stage
            )
        return str(answer["deploymentId"])


@dataclass(frozen=True)
class SignedEndpoints(_Doing):
    """A deployed API, as ``ports.Endpoints``; answers are read and thrown away."""

    clients: Clients
    _keys: dict[str, str] = field(default_factory=dict, repr=False)

    def status(
        self, url: str, request: Mapping[str, Any], *, api_key_id: str = ""
    ) -> int:
        from delivery.aws.traffic import send_once

        return send_once(
            self.clients,
            url,
            method=request["method"],
            path=_path(request),
            body=(request.get("body") or "").encode(),
            api_key=self._api_key(api_key_id),
        )

    def _api_key(self, key_id: str) -> str:
        if key_id and key_id not in self._keys:
            with self._doing("read the API's key"):
                answer = self.clients.get("apigateway").get_api_key(
                    apiKey=key_id, includeValue=True
                )
            self._keys[key_id] = str(answer["value"])
        return self._keys.get(key_id, "")


def _path(request: Mapping[str, Any]) -> str:
    from urllib.parse import urlencode

    query = request.get("query")
    return str(request["path"]) + (f"?{urlencode(query)}" if query else "")


def _functions(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the functions that an event names, by name."""
    named = [
        str(each.get("ResourceName", ""))
        for each in event.get("Resources", [])
        if each.get("ResourceType") == "AWS::Lambda::Function"
    ]
    try:
        parameters = json.loads(event.get("CloudTrailEvent") or "{}").get(
            "requestParameters"
        )
    except ValueError:
        parameters = None
    if isinstance(parameters, dict) and parameters.get("functionName"):
        named.append(str(parameters["functionName"]))
    return tuple({_name(each): None for each in named if each})


def _name(function: str) -> str:
    """Return a function's name, of a name or of an ARN."""
    parts = function.split(":")
    return parts[6] if len(parts) > 6 else function


def _error_class(payload: bytes) -> str:
    """Name the error's class: its message may quote a record."""
    name = _field(payload, "errorType")
    if isinstance(name, str) and _CLASS_NAME.fullmatch(name):
        return name
    return "an error without a class"


def _field(payload: bytes, name: str) -> Any:
    try:
        document = json.loads(payload)
    except ValueError:
        return None
    return document.get(name) if isinstance(document, dict) else None
