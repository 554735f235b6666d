"""What CodeDeploy keeps: applications, groups, deployments and how far each has come."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from awsrules.shifts import Shift
from rehearsal.codedeploy.appspec import AFTER, ALLOW, BEFORE, AppSpec

ACTIVE = ("Created", "Queued", "InProgress", "Baking", "Ready")


@dataclass(slots=True)
class LifecycleEvent:
    """One step of a deployment."""

    name: str
    status: str = "Pending"
    started: datetime | None = None
    ended: datetime | None = None
    message: str = ""

    def describe(self) -> dict[str, Any]:
        """Return the LifecycleEvent that the API answers with."""
        shape: dict[str, Any] = {
            "lifecycleEventName": self.name,
            "status": self.status,
            "startTime": self.started,
            "endTime": self.ended,
        }
        if self.message:
            code = "Success" if self.status == "Succeeded" else "ScriptFailed"
            shape["diagnostics"] = {"errorCode": code, "message": self.message}
        return shape


@dataclass(slots=True)
class HookExecution:
    """A hook that was called; ``status`` is what it reported."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = ""
    reported: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Deployment:
    """One deployment. Its runner writes it; readers see whole values."""

    id: str
    application: str
    group: str
    config: str
    shift: Shift
    appspec: AppSpec
    revision: dict[str, Any]
    function_arn: str
    service_role: str
    created: datetime
    creator: str = "user"
    external_id: str | None = None
    description: str = ""
    rollback_events: frozenset[str] = frozenset()
    alarms: tuple[str, ...] = ()
    override_alarms: dict[str, Any] | None = None
    status: str = "Created"
    started: datetime | None = None
    completed: datetime | None = None
    error: dict[str, str] | None = None
    rollback_info: dict[str, str] = field(default_factory=dict)
    weight: float = 0.0
    hook: HookExecution | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    stop_rolls_back: bool = False
    events: dict[str, LifecycleEvent] = field(
        default_factory=lambda: {
            name: LifecycleEvent(name) for name in (BEFORE, ALLOW, AFTER)
        }
    )

    @property
    def active(self) -> bool:
        """Say whether it is still under way."""
        return self.status in ACTIVE

    @property
    def target_id(self) -> str:
        """Return the id of its one target."""
        return f"{self.appspec.function}:{self.appspec.alias}"

    def describe(self) -> dict[str, Any]:
        """Return the DeploymentInfo that the API answers with."""
        names = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
        overview = dict.fromkeys(names, 0)
        overview[self._target_status()] = 1
        shape: dict[str, Any] = {
            "deploymentId": self.id,
            "applicationName": self.application,
            "deploymentGroupName": self.group,
            "deploymentConfigName": self.config,
            "revision": self.revision,
            "status": self.status,
            "errorInformation": self.error,
            "createTime": self.created,
            "startTime": self.started,
            "completeTime": self.completed,
            "deploymentOverview": overview,
            "description": self.description,
            "creator": self.creator,
            "externalId": self.external_id,
            "autoRollbackConfiguration": {
                "enabled": bool(self.rollback_events),
                "events": sorted(self.rollback_events),
            },
            "rollbackInfo": self.rollback_info or None,
            "deploymentStyle": {
                "deploymentType": "BLUE_GREEN",
                "deploymentOption": "WITH_TRAFFIC_CONTROL",
            },
            "computePlatform": "Lambda",
            "overrideAlarmConfiguration": self.override_alarms,
        }
        return {key: value for key, value in shape.items() if value is not None}

    def describe_target(self) -> dict[str, Any]:
        """Return the DeploymentTarget that the API answers with."""
        moments = [e.ended or e.started for e in self.events.values()]
        return {
            "deploymentTargetType": "LambdaFunction",
            "lambdaTarget": {
                "deploymentId": self.id,
                "targetId": self.target_id,
                "targetArn": f"{self.function_arn}:{self.appspec.alias}",
                "status": self._target_status(),
                "lastUpdatedAt": max(filter(None, moments), default=self.created),
                "lifecycleEvents": [e.describe() for e in self.events.values()],
                "lambdaFunctionInfo": {
                    "functionName": self.appspec.function,
                    "functionAlias": self.appspec.alias,
                    "currentVersion": self.appspec.current,
                    "targetVersion": self.appspec.target,
                    "targetVersionWeight": self.weight,
                },
            },
        }

    def _target_status(self) -> str:
        match self.status:
            case "Created" | "Queued":
                return "Pending"
            case "Stopped":
                return "Failed"
            case status:
                return status


def new_id() -> str:
    """Return a deployment id of CodeDeploy's form."""
    return f"d-{uuid.uuid4().hex[:9].upper()}"
