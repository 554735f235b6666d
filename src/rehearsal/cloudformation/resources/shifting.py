"""Move an alias by a CodeDeploy deployment, as its UpdatePolicy asks."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from rehearsal.assumptions import (
    ROLLBACK_BY_DEPLOYMENT,
    ROLLBACK_PAST_ALARMS,
    SHIFT_LEFT_RUNNING,
)
from rehearsal.cloudformation.resources.base import Ask, SaysItself

_POLL_SECONDS = 0.25
_CONFLICT = "A conflicting deployment is in progress"
_ENDED = {"Succeeded", "Failed", "Stopped"}


class ShiftFailed(SaysItself):
    """The deployment did not succeed; the text is CodeDeploy's."""


def shift(ask: Ask, policy: Mapping[str, Any]) -> bool:
    """Run a deployment if the alias is to move; say whether there was one.

    A rollback moves the alias at once unless it is assumed to run a deployment too.

    Raises:
        ShiftFailed: when the deployment ended otherwise than well, or was cancelled.
    """
    deploy = ask.client("codedeploy")
    if ask.rolling_back and ask.uncertain:
        _refuse_conflict(deploy, policy)
    if ask.properties["FunctionVersion"] == ask.previous["FunctionVersion"]:
        return False
    past_alarms = ask.plane.faults.assumes(ROLLBACK_PAST_ALARMS)
    deploys = past_alarms or ask.plane.faults.assumes(ROLLBACK_BY_DEPLOYMENT)
    if ask.rolling_back and not deploys:
        return False
    more = {}
    if ask.rolling_back and past_alarms:
        more["overrideAlarmConfiguration"] = {"enabled": False}
    try:
        made = deploy.create_deployment(**deployment_request(ask, policy), **more)
    except deploy.exceptions.DeploymentLimitExceededException as error:
        raise ShiftFailed(_CONFLICT) from error
    deployment = made["deploymentId"]
    info = _await(ask, deploy, deployment)
    if info["status"] != "Succeeded":
        why = info.get("errorInformation", {})
        raise ShiftFailed(failure(why.get("message", ""), why.get("code", "")))
    return True


def deployment_request(ask: Ask, policy: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parameters of CreateDeployment: from the recorded version to the new one.

    The recorded version is CloudFormation's own, not the alias's: a moved alias makes the
    deployment fail, as seen in serverless-application-model issue 291.
    """
    content = json.dumps(app_spec(ask, policy))
    return {
        "applicationName": policy["ApplicationName"],
        "deploymentGroupName": policy["DeploymentGroupName"],
        # The plane's CodeDeploy reads externalId and creator from it.
        "description": ask.stack_id + (" rollback" if ask.rolling_back else ""),
        "revision": {
            "revisionType": "AppSpecContent",
            "appSpecContent": {
                "content": content,
                "sha256": hashlib.sha256(content.encode()).hexdigest(),
            },
        },
    }


def app_spec(ask: Ask, policy: Mapping[str, Any]) -> dict[str, Any]:
    """Give the AppSpec of the move."""
    target = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Name": ask.properties["FunctionName"],
            "Alias": ask.properties["Name"],
            "CurrentVersion": str(ask.previous["FunctionVersion"]),
            "TargetVersion": str(ask.properties["FunctionVersion"]),
        },
    }
    hooks = [
        {event: policy[key]}
        for event, key in (
            ("BeforeAllowTraffic", "BeforeAllowTrafficHook"),
            ("AfterAllowTraffic", "AfterAllowTrafficHook"),
        )
        if policy.get(key)
    ]
    spec: dict[str, Any] = {"version": "0.0", "Resources": [{ask.logical_id: target}]}
    return {**spec, "Hooks": hooks} if hooks else spec


def failure(message: str, code: str) -> str:
    """Word a failed deployment as CloudFormation's events have it."""
    return f"{message} (Error code: {code})" if code else message or "Deployment failed"


def _refuse_conflict(deploy: Any, policy: Mapping[str, Any]) -> None:
    """Refuse to move back an alias that a deployment left running still moves."""
    try:
        running = deploy.list_deployments(
            applicationName=policy["ApplicationName"],
            deploymentGroupName=policy["DeploymentGroupName"],
            includeOnlyStatuses=["Created", "Queued", "InProgress", "Baking", "Ready"],
        )
    except (
        deploy.exceptions.ApplicationDoesNotExistException,
        deploy.exceptions.DeploymentGroupDoesNotExistException,
    ):
        # The update that failed would have made it.
        return
    if running["deployments"]:
        raise ShiftFailed(_CONFLICT)


def _await(ask: Ask, deploy: Any, deployment: str) -> Mapping[str, Any]:
    stopping = False
    while True:
        info: Mapping[str, Any] = deploy.get_deployment(deploymentId=deployment)[
            "deploymentInfo"
        ]
        if info["status"] in _ENDED and stopping:
            raise ShiftFailed("Resource update cancelled")
        if info["status"] in _ENDED:
            return info
        if ask.operation.stopped and not ask.rolling_back and not stopping:
            if ask.plane.faults.assumes(SHIFT_LEFT_RUNNING):
                raise ShiftFailed("Resource update cancelled")
            deploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
            stopping = True
        # A deployment works by plane time, which runs fast while it waits.
        time.sleep(_POLL_SECONDS)
