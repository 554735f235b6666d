"""The CodeDeploy API: deployments for the Lambda compute platform."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from awsrules.shifts import ALL_AT_ONCE, Shift, ShiftKind
from rehearsal.codedeploy.appspec import BadRevision, read_revision
from rehearsal.codedeploy.groups import GroupOperations
from rehearsal.codedeploy.records import Deployment, new_id
from rehearsal.codedeploy.shifting import Runner
from rehearsal.paging import Pages
from rehearsal.plane import Plane
from rehearsal.protocol import Answer, ApiError, Call, Params, Service

_PAGES = Pages("nextToken", "nextToken")
_MOST_DEPLOYMENTS, _MOST_TARGETS = 25, 25
_STACK_ID = "arn:aws:cloudformation:"


class CodeDeployService(GroupOperations, Service):
    """Deployments; applications, groups and configurations come from the mixin."""

    name = "codedeploy"

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._runner = Runner(plane, self._record_rollback)
        self._lock = threading.RLock()
        self._applications: dict[str, dict[str, Any]] = {}
        self._groups: dict[tuple[str, str], dict[str, Any]] = {}
        self._configs: dict[str, dict[str, Any]] = {}
        self._deployments: dict[str, Deployment] = {}

    def create_deployment(self, params: Params, call: Call) -> Answer:
        """Start a deployment; one at a time in a group.

        CloudFormation gives its stack's id as the description (and `` rollback`` after it
        when it returns): it becomes ``creator`` and ``externalId``.
        """
        group = self._group(
            params["applicationName"], params.get("deploymentGroupName", "")
        )
        deployment = self._new_deployment(group, params)
        with self._lock:
            for other in self._deployments.values():
                same = (other.application, other.group) == (
                    deployment.application,
                    deployment.group,
                )
                if same and other.active:
                    raise ApiError(
                        "DeploymentLimitExceededException",
                        f"The Deployment Group '{deployment.group}' already has an active "
                        f"Deployment '{other.id}'",
                    )
            self._deployments[deployment.id] = deployment
        self._plane.spawn(self._runner.run, deployment)
        return {"deploymentId": deployment.id}

    def get_deployment(self, params: Params, call: Call) -> Answer:
        """Return a deployment."""
        return {"deploymentInfo": self._deployment(params["deploymentId"]).describe()}

    def batch_get_deployments(self, params: Params, call: Call) -> Answer:
        """Return the deployments that exist of those asked for."""
        _check_batch(params["deploymentIds"], _MOST_DEPLOYMENTS)
        found = [self._deployments.get(name) for name in params["deploymentIds"]]
        return {"deploymentsInfo": [d.describe() for d in found if d is not None]}

    def list_deployments(self, params: Params, call: Call) -> Answer:
        """List ids, newest first, by group, status, external id or time."""
        statuses = params.get("includeOnlyStatuses")
        self._check_place(params)
        period = params.get("createTimeRange") or {}
        with self._lock:
            every = sorted(
                self._deployments.values(), key=lambda d: d.created, reverse=True
            )
        found = [
            deployment.id
            for deployment in every
            if params.get("applicationName") in (None, deployment.application)
            and params.get("deploymentGroupName") in (None, deployment.group)
            and params.get("externalId") in (None, deployment.external_id)
            and (not statuses or deployment.status in statuses)
            and _within(deployment.created, period)
        ]
        return _PAGES.cut("deployments", found, params)

    def list_deployment_targets(self, params: Params, call: Call) -> Answer:
        """List the one target of a deployment."""
        return {"targetIds": [self._deployment(params["deploymentId"]).target_id]}

    def get_deployment_target(self, params: Params, call: Call) -> Answer:
        """Return how far the target has come."""
        deployment = self._deployment(params["deploymentId"])
        if params["targetId"] != deployment.target_id:
            raise ApiError(
                "DeploymentTargetDoesNotExistException",
                f"The deployment target {params['targetId']} does not exist.",
            )
        return {"deploymentTarget": deployment.describe_target()}

    def batch_get_deployment_targets(self, params: Params, call: Call) -> Answer:
        """Return how far the targets have come."""
        deployment = self._deployment(params["deploymentId"])
        wanted = params.get("targetIds") or [deployment.target_id]
        _check_batch(wanted, _MOST_TARGETS)
        found = [deployment.describe_target()] if deployment.target_id in wanted else []
        return {"deploymentTargets": found}

    def stop_deployment(self, params: Params, call: Call) -> Answer:
        """Stop a deployment; traffic returns when asked, or when the group says so."""
        deployment = self._deployment(params["deploymentId"])
        if not deployment.active:
            raise ApiError(
                "DeploymentAlreadyCompletedException",
                f"The deployment {deployment.id} has already completed.",
            )
        wanted = params.get("autoRollbackEnabled")
        if wanted is None:
            wanted = "DEPLOYMENT_STOP_ON_REQUEST" in deployment.rollback_events
        deployment.stop_rolls_back = wanted
        deployment.stop.set()
        return {
            "status": "Pending",
            "statusMessage": "Stopping the deployment; its status tells when it stopped.",
        }

    def put_lifecycle_event_hook_execution_status(
        self, params: Params, call: Call
    ) -> Answer:
        """Take a hook's report."""
        deployment = self._deployment(params["deploymentId"])
        hook = deployment.hook
        if hook is None or hook.id != params["lifecycleEventHookExecutionId"]:
            raise ApiError(
                "InvalidLifecycleEventHookExecutionIdException",
                "The lifecycle event hook execution id is invalid.",
            )
        if params["status"] not in ("Succeeded", "Failed"):
            raise ApiError(
                "InvalidLifecycleEventHookExecutionStatusException",
                "Only Succeeded and Failed can be passed.",
            )
        if hook.reported.is_set():
            raise ApiError(
                "LifecycleEventAlreadyCompletedException",
                "An attempt to return the status of an already completed lifecycle event "
                "occurred.",
            )
        hook.status = params["status"]
        hook.reported.set()
        return {"lifecycleEventHookExecutionId": hook.id}

    def _check_place(self, params: Params) -> None:
        """Refuse half an address: an application and a group come together."""
        application, group = (
            params.get("applicationName"),
            params.get("deploymentGroupName"),
        )
        if application and not group:
            raise ApiError(
                "DeploymentGroupNameRequiredException",
                "The deployment group name was not specified.",
            )
        if group and not application:
            raise ApiError(
                "ApplicationNameRequiredException",
                "The application name was not specified.",
            )
        if application and group:
            self._group(application, group)

    def _record_rollback(self, deployment: Deployment) -> None:
        """Record the deployment back that CodeDeploy makes, done by now."""
        spec = deployment.appspec
        back = replace(
            deployment,
            id=new_id(),
            config=ALL_AT_ONCE,
            shift=Shift(ShiftKind.ALL_AT_ONCE),
            appspec=replace(spec, current=spec.target, target=spec.current),
            creator="codeDeployRollback",
            created=self._plane.clock.now(),
            status="Succeeded",
            error=None,
            rollback_info={"rollbackTriggeringDeploymentId": deployment.id},
            weight=1.0,
        )
        deployment.rollback_info["rollbackDeploymentId"] = back.id
        with self._lock:
            self._deployments[back.id] = back

    def _new_deployment(self, group: dict[str, Any], params: Params) -> Deployment:
        try:
            appspec = read_revision(params.get("revision") or {})
        except BadRevision as error:
            raise ApiError("InvalidRevisionException", str(error)) from error
        config = params.get("deploymentConfigName") or group["deploymentConfigName"]
        rollback = params.get("autoRollbackConfiguration") or group.get(
            "autoRollbackConfiguration", {}
        )
        alarms = params.get("overrideAlarmConfiguration") or group.get(
            "alarmConfiguration", {}
        )
        description = params.get("description") or ""
        creator, external_id = "user", None
        if description.startswith(_STACK_ID):
            external_id, _, word = description.partition(" ")
            creator = "CloudFormationRollback" if word else "CloudFormation"
            description = ""
        function = appspec.function.rpartition(":function:")[2]
        prefix = f"arn:aws:lambda:{self._plane.region}:{self._plane.account}:function"
        return Deployment(
            id=new_id(),
            application=group["applicationName"],
            group=group["deploymentGroupName"],
            config=config,
            shift=self._shift(config),
            appspec=replace(appspec, function=function),
            revision=params["revision"],
            function_arn=f"{prefix}:{function}",
            service_role=group["serviceRoleArn"],
            created=self._plane.clock.now(),
            creator=creator,
            external_id=external_id,
            description=description,
            rollback_events=frozenset(
                rollback.get("events", ()) if rollback.get("enabled") else ()
            ),
            alarms=_alarm_names(alarms),
            override_alarms=params.get("overrideAlarmConfiguration"),
        )

    def _deployment(self, deployment_id: str) -> Deployment:
        with self._lock:
            deployment = self._deployments.get(deployment_id)
        if deployment is None:
            raise ApiError(
                "DeploymentDoesNotExistException",
                f"The deployment {deployment_id} could not be found.",
            )
        return deployment


def _check_batch(names: list[str], most: int) -> None:
    if len(names) > most:
        raise ApiError(
            "BatchLimitExceededException",
            f"The maximum number of names or IDs allowed for this request ({most}) was "
            "exceeded.",
        )


def _within(moment: datetime, period: Mapping[str, Any]) -> bool:
    # Answers carry milliseconds, and moto's parser gives times that do not say UTC.
    moment = moment.replace(tzinfo=None, microsecond=moment.microsecond // 1000 * 1000)
    start, end = period.get("start"), period.get("end")
    return (start is None or moment >= start) and (end is None or moment <= end)


def _alarm_names(config: Mapping[str, Any]) -> tuple[str, ...]:
    if not config.get("enabled"):
        return ()
    return tuple(alarm["name"] for alarm in config.get("alarms", ()))
