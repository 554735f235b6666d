"""CloudTrail: who called which operation that changes something, with what, and when.

Records hold no secret: what CloudTrail leaves out is left out here. Event names of Lambda bear
a date ("Logging AWS Lambda API calls using AWS CloudTrail", AWS Lambda developer guide).
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.identity import Principal
from rehearsal.protocol import ApiError, Call, Params

_KEPT = 20_000
_READS = re.compile(
    r"(BatchGet|Describe|Detect|Estimate|Get|List|Lookup|Validate)[A-Z]"
)
_DATA = {
    ("lambda", "Invoke"),
    ("lambda", "InvokeAsync"),
    ("cloudwatch", "PutMetricData"),
}
_SOURCES = {"cloudwatch": "monitoring"}
_DATED = {
    **dict.fromkeys(
        (
            *("CreateAlias", "CreateFunction", "DeleteAlias", "DeleteFunction"),
            *("PublishVersion", "UpdateAlias"),
        ),
        "20150331",
    ),
    **dict.fromkeys(
        (
            *("AddPermission", "RemovePermission", "UpdateFunctionCode"),
            "UpdateFunctionConfiguration",
        ),
        "20150331v2",
    ),
    **dict.fromkeys(
        ("DeleteFunctionConcurrency", "PutFunctionConcurrency"), "20171031"
    ),
    **dict.fromkeys(("TagResource", "UntagResource"), "20170331v2"),
}
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_SECRET = re.compile(
    "environment.*|.*secret.*|oauthtoken|token|zipfile|payload|templatebody|"
    "parametervalue|password|value",
    re.IGNORECASE,
)
# Parameter → the type of the resource it names.
_NAMED = {
    "functionName": "AWS::Lambda::Function",
    "stackName": "AWS::CloudFormation::Stack",
    "changeSetName": "AWS::CloudFormation::ChangeSet",
    "pipelineName": "AWS::CodePipeline::Pipeline",
    "applicationName": "AWS::CodeDeploy::Application",
    "deploymentGroupName": "AWS::CodeDeploy::DeploymentGroup",
    "deploymentId": "AWS::CodeDeploy::Deployment",
    "projectName": "AWS::CodeBuild::Project",
    "alarmName": "AWS::CloudWatch::Alarm",
    "restApiId": "AWS::ApiGateway::RestApi",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One call that was made."""

    time: datetime
    name: str
    source: str
    principal: Principal
    region: str
    request_id: str
    parameters: Mapping[str, Any]
    error: tuple[str, str] | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def username(self) -> str:
        """Return the user's name, or the role session's."""
        return self.principal.arn.rpartition("/")[2]

    @property
    def resources(self) -> list[dict[str, str]]:
        """Return the resources that the call names."""
        named = dict(self.parameters)
        if self.source == "codepipeline.amazonaws.com" and "name" in named:
            named["pipelineName"] = named["name"]
        return [
            {"ResourceType": kind, "ResourceName": str(named[key])}
            for key, kind in _NAMED.items()
            if named.get(key)
        ]

    def describe(self, account: str) -> dict[str, Any]:
        """Return the Event that the API answers with."""
        return {
            "EventId": self.id,
            "EventName": self.name,
            "ReadOnly": "false",
            "EventTime": self.time,
            "EventSource": self.source,
            "Username": self.username,
            "Resources": self.resources,
            "CloudTrailEvent": json.dumps(self._whole(account), default=str),
        }

    def _whole(self, account: str) -> dict[str, Any]:
        session = self.principal.role_arn is not None
        whole = {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole" if session else "IAMUser",
                "arn": self.principal.arn,
                "accountId": account,
                "userName": self.username,
            },
            "eventTime": self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": "127.0.0.1",
            "requestParameters": self.parameters,
            "requestID": self.request_id,
            "eventID": self.id,
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
            "eventCategory": "Management",
        }
        if self.error:
            whole["errorCode"], whole["errorMessage"] = self.error
        return whole


class Trail:
    """The calls of the plane's own services, the last 20,000. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: deque[Record] = deque(maxlen=_KEPT)

    def record(
        self, now: datetime, service: str, params: Params, call: Call, result: object
    ) -> None:
        """Keep a call that changes something."""
        operation = call.operation
        if _READS.match(operation) or (service, operation) in _DATA:
            return
        dated = _DATED.get(operation, "") if service == "lambda" else ""
        error = None
        if isinstance(result, ApiError):
            error = (str(result.code), str(result.message))
        record = Record(
            time=now,
            name=operation + dated,
            source=f"{_SOURCES.get(service, service)}.amazonaws.com",
            principal=call.principal,
            region=call.region,
            request_id=call.request_id,
            parameters=without_secrets(params),
            error=error,
        )
        with self._lock:
            self._records.append(record)

    def newest_first(self) -> list[Record]:
        """Return all that is kept."""
        with self._lock:
            return list(reversed(self._records))


def without_secrets(value: Any) -> Any:
    """Return request parameters as CloudTrail shows them."""
    match value:
        case dict():
            return {
                _camel(key): _HIDDEN if _SECRET.fullmatch(key) else without_secrets(one)
                for key, one in value.items()
            }
        case list():
            return [without_secrets(one) for one in value]
        case bytes():
            return _HIDDEN
        case _:
            return value


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
