"""The CodeDeploy API: applications, deployment groups and configurations."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from typing import Any

from awsrules.shifts import (
    ALL_AT_ONCE,
    PREDEFINED,
    PREFIX,
    BadShift,
    Shift,
    ShiftKind,
    predefined_shift,
)
from rehearsal.codedeploy.records import Deployment
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params

_GROUP_MEMBERS = (
    *("deploymentConfigName", "serviceRoleArn", "triggerConfigurations"),
    *("alarmConfiguration", "autoRollbackConfiguration", "deploymentStyle"),
)


class GroupOperations:
    """What deployments are made in; mixed into the service."""

    _plane: Plane
    _lock: threading.RLock
    _deployments: dict[str, Deployment]
    _applications: dict[str, dict[str, Any]]
    _groups: dict[tuple[str, str], dict[str, Any]]
    _configs: dict[str, dict[str, Any]]

    # Applications.

    def create_application(self, params: Params, call: Call) -> Answer:
        """Create an application."""
        name = params["applicationName"]
        with self._lock:
            if name in self._applications:
                raise ApiError(
                    "ApplicationAlreadyExistsException",
                    f"Application already exists with name: {name}",
                )
            self._applications[name] = {
                "applicationId": str(uuid.uuid4()),
                "applicationName": name,
                "createTime": self._plane.clock.now(),
                "linkedToGitHub": False,
                "computePlatform": params.get("computePlatform") or "Server",
            }
        return {"applicationId": self._applications[name]["applicationId"]}

    def get_application(self, params: Params, call: Call) -> Answer:
        """Return an application."""
        return {"application": self._application(params["applicationName"])}

    def list_applications(self, params: Params, call: Call) -> Answer:
        """List the applications' names."""
        with self._lock:
            return {"applications": sorted(self._applications)}

    def delete_application(self, params: Params, call: Call) -> Answer:
        """Delete an application with its groups; one that is not there is gone already."""
        name = params["applicationName"]
        with self._lock:
            self._applications.pop(name, None)
            for key in [key for key in self._groups if key[0] == name]:
                del self._groups[key]
        return {}

    # Deployment groups.

    def create_deployment_group(self, params: Params, call: Call) -> Answer:
        """Create a group."""
        application = self._application(params["applicationName"])
        key = (params["applicationName"], params["deploymentGroupName"])
        self._shift(params.get("deploymentConfigName") or ALL_AT_ONCE)
        if params.get("triggerConfigurations"):
            self._plane.not_rehearsed(
                "/".join(key),
                "AWS::CodeDeploy::DeploymentGroup",
                "triggers notify nobody",
            )
        group = {
            "deploymentConfigName": ALL_AT_ONCE,
            **{name: params[name] for name in _GROUP_MEMBERS if params.get(name)},
            "applicationName": key[0],
            "deploymentGroupName": key[1],
            "deploymentGroupId": str(uuid.uuid4()),
            "computePlatform": application["computePlatform"],
        }
        with self._lock:
            if key in self._groups:
                raise ApiError(
                    "DeploymentGroupAlreadyExistsException",
                    f"Deployment group name already exists: {key[1]}",
                )
            self._groups[key] = group
        return {"deploymentGroupId": group["deploymentGroupId"]}

    def update_deployment_group(self, params: Params, call: Call) -> Answer:
        """Change what was given of a group."""
        group = self._group(
            params["applicationName"], params["currentDeploymentGroupName"]
        )
        if config := params.get("deploymentConfigName"):
            self._shift(config)
        given = {name: params[name] for name in _GROUP_MEMBERS if name in params}
        with self._lock:
            group.update(given)
            if new := params.get("newDeploymentGroupName"):
                del self._groups[group["applicationName"], group["deploymentGroupName"]]
                group["deploymentGroupName"] = new
                self._groups[group["applicationName"], new] = group
        return {"hooksNotCleanedUp": []}

    def get_deployment_group(self, params: Params, call: Call) -> Answer:
        """Return a group with its last deployments."""
        group = self._group(params["applicationName"], params["deploymentGroupName"])
        return {"deploymentGroupInfo": self._with_last_deployments(group)}

    def list_deployment_groups(self, params: Params, call: Call) -> Answer:
        """List the names of an application's groups."""
        name = params["applicationName"]
        self._application(name)
        with self._lock:
            groups = sorted(group for app, group in self._groups if app == name)
        return {"applicationName": name, "deploymentGroups": groups}

    def delete_deployment_group(self, params: Params, call: Call) -> Answer:
        """Delete a group."""
        with self._lock:
            key = (params["applicationName"], params["deploymentGroupName"])
            self._groups.pop(key, None)
        return {"hooksNotCleanedUp": []}

    # Deployment configurations.

    def create_deployment_config(self, params: Params, call: Call) -> Answer:
        """Create a configuration within CodeDeploy's limits."""
        name = params["deploymentConfigName"]
        if name.startswith(PREFIX):
            raise ApiError(
                "InvalidDeploymentConfigNameException",
                f"Deployment configuration names must not begin with {PREFIX}",
            )
        try:
            _shift_of(params.get("trafficRoutingConfig") or {})
        except (BadShift, KeyError) as error:
            raise ApiError(
                "InvalidTrafficRoutingConfigurationException", str(error)
            ) from error
        config = {
            "deploymentConfigId": str(uuid.uuid4()),
            "deploymentConfigName": name,
            "createTime": self._plane.clock.now(),
            "computePlatform": params.get("computePlatform") or "Server",
            "trafficRoutingConfig": params.get("trafficRoutingConfig"),
        }
        with self._lock:
            if name in self._configs:
                raise ApiError(
                    "DeploymentConfigAlreadyExistsException",
                    f"Deployment configuration already exists with name: {name}",
                )
            self._configs[name] = config
        return {"deploymentConfigId": config["deploymentConfigId"]}

    def get_deployment_config(self, params: Params, call: Call) -> Answer:
        """Return a configuration: predefined or created."""
        name = params["deploymentConfigName"]
        shift = self._shift(name)
        if name in self._configs:
            return {"deploymentConfigInfo": self._configs[name]}
        return {
            "deploymentConfigInfo": {
                "deploymentConfigName": name,
                "computePlatform": "Lambda",
                "trafficRoutingConfig": _routing_of(shift),
            }
        }

    def list_deployment_configs(self, params: Params, call: Call) -> Answer:
        """List the names of all configurations for Lambda."""
        with self._lock:
            return {"deploymentConfigsList": [*PREDEFINED, *sorted(self._configs)]}

    def delete_deployment_config(self, params: Params, call: Call) -> Answer:
        """Delete a created configuration."""
        name = params["deploymentConfigName"]
        with self._lock:
            used = [
                g for g in self._groups.values() if g["deploymentConfigName"] == name
            ]
            if used:
                raise ApiError(
                    "DeploymentConfigInUseException",
                    f"Deployment configuration is in use: {name}",
                )
            self._configs.pop(name, None)
        return {}

    def _with_last_deployments(self, group: dict[str, Any]) -> dict[str, Any]:
        mine = [
            deployment
            for deployment in self._deployments.values()
            if deployment.application == group["applicationName"]
            and deployment.group == group["deploymentGroupName"]
        ]
        shape = dict(group)
        for name, statuses in (
            ("lastAttemptedDeployment", None),
            ("lastSuccessfulDeployment", ("Succeeded",)),
        ):
            found = [d for d in mine if statuses is None or d.status in statuses]
            if found:
                last = max(found, key=lambda d: d.created)
                shape[name] = {
                    "deploymentId": last.id,
                    "status": last.status,
                    "createTime": last.created,
                    "endTime": last.completed or last.created,
                }
        return shape

    def _application(self, name: str) -> dict[str, Any]:
        with self._lock:
            application = self._applications.get(name)
        if application is None:
            raise ApiError(
                "ApplicationDoesNotExistException",
                f"No application found for name: {name}",
            )
        return application

    def _group(self, application: str, name: str) -> dict[str, Any]:
        self._application(application)
        with self._lock:
            group = self._groups.get((application, name))
        if group is None:
            raise ApiError(
                "DeploymentGroupDoesNotExistException",
                f"No Deployment Group found for name: {name}",
            )
        return group

    def _shift(self, name: str) -> Shift:
        """Return the shift behind a configuration's name."""
        with self._lock:
            config = self._configs.get(name)
        shift = predefined_shift(name)
        if config is not None:
            shift = _shift_of(config["trafficRoutingConfig"])
        if shift is None:
            raise ApiError(
                "DeploymentConfigDoesNotExistException",
                f"No Deployment Configuration found for name: {name}",
            )
        return shift


def _shift_of(routing: Mapping[str, Any]) -> Shift:
    """Read a TrafficRoutingConfig.

    Raises:
        BadShift: beyond CodeDeploy's limits.
    """
    match routing.get("type"):
        case "TimeBasedCanary":
            canary = routing["timeBasedCanary"]
            return Shift(
                ShiftKind.CANARY, canary["canaryPercentage"], canary["canaryInterval"]
            )
        case "TimeBasedLinear":
            linear = routing["timeBasedLinear"]
            return Shift(
                ShiftKind.LINEAR, linear["linearPercentage"], linear["linearInterval"]
            )
        case "AllAtOnce":
            return Shift(ShiftKind.ALL_AT_ONCE)
        case other:
            raise BadShift(f"{other} is no type of traffic routing")


def _routing_of(shift: Shift) -> dict[str, Any]:
    match shift.kind:
        case ShiftKind.CANARY:
            parts = {"canaryPercentage": shift.percent, "canaryInterval": shift.minutes}
            return {"type": str(shift.kind), "timeBasedCanary": parts}
        case ShiftKind.LINEAR:
            parts = {"linearPercentage": shift.percent, "linearInterval": shift.minutes}
            return {"type": str(shift.kind), "timeBasedLinear": parts}
        case ShiftKind.ALL_AT_ONCE:
            return {"type": str(shift.kind)}
