"""Which of the configured checks a deployment is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from traffic_hooks.settings import BadSettings, Check, Qualified


def checks_of(
    checks: tuple[Check, ...], deployments: Any, deployment_id: str
) -> tuple[Check, ...]:
    """Choose the checks of the function that ``deployment_id`` shifts.

    CodeDeploy's event names no function. Checks of one function need no question; with
    more, CodeDeploy is asked, because another function's alias may be in the middle of
    a shift of its own. Where CodeDeploy names another version than the configuration,
    as when it returns to an old one, CodeDeploy is right.

    Raises:
        BadSettings: when no check is about that function.
    """
    if len({check.function for check in checks}) == 1:
        return checks
    versions = _versions_by_function(deployments, deployment_id)
    chosen = tuple(
        replace(check, version=Qualified(check.function, versions[check.function]))
        for check in checks
        if check.function in versions
    )
    if not chosen:
        named = ", ".join(sorted(versions)) or "no function"
        raise BadSettings(f"no check is about what is deployed ({named})")
    return chosen


def _versions_by_function(deployments: Any, deployment_id: str) -> dict[str, str]:
    """Ask CodeDeploy for the target version of each function of a deployment.

    https://docs.aws.amazon.com/codedeploy/latest/APIReference/
    API_BatchGetDeploymentTargets.html
    """
    ids = deployments.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
    if not ids:
        return {}
    answer = deployments.batch_get_deployment_targets(
        deploymentId=deployment_id, targetIds=ids
    )
    infos = [
        target.get("lambdaTarget", {}).get("lambdaFunctionInfo", {})
        for target in answer["deploymentTargets"]
    ]
    # A name, or an ARN whose last part is the name.
    return {
        info["functionName"].rpartition(":")[2]: info["targetVersion"]
        for info in infos
        if "functionName" in info and "targetVersion" in info
    }
