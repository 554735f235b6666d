"""Run one deployment: test, shift step by step, test again; or return the traffic."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from awsrules.shifts import ShiftKind
from rehearsal.assumptions import VERSION_UNCHECKED
from rehearsal.codedeploy.appspec import AFTER, ALLOW, BEFORE
from rehearsal.codedeploy.records import Deployment, HookExecution
from rehearsal.faults import parts_of
from rehearsal.plane import Plane

log = logging.getLogger(__name__)

_HOOK_SECONDS = 3600.0
_LOOK_EVERY_PLANE_SECONDS = 15.0
_LOOK_EVERY_WALL_SECONDS = 0.1
_INVALID = (
    "The deployment failed because the AppSpec file that specifies the AWS Lambda "
    "deployment configuration is missing or has an invalid configuration."
)
_MISMATCH = (
    f"{_INVALID} The Lambda function alias version does not match the current version in "
    "AppSpec file."
)
_STATES = {"Succeeded": "SUCCESS", "Failed": "FAILURE", "Stopped": "STOP"}


class Ended(Exception):
    """A deployment that does not go on; ``event`` is what auto rollback listens to."""

    def __init__(self, status: str, code: str, message: str, event: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.event = event


def failed(code: str, message: str) -> Ended:
    """Return the end of a deployment that failed."""
    return Ended("Failed", code, message, "DEPLOYMENT_FAILURE")


class Runner:
    """Runs deployments; each in a thread of its own, acting as its group's service role."""

    def __init__(
        self, plane: Plane, record_rollback: Callable[[Deployment], None]
    ) -> None:
        self._plane = plane
        self._record_rollback = record_rollback

    def run(self, deployment: Deployment) -> None:
        """Run ``deployment`` to its end."""
        try:
            self._hold(deployment, "Created", "Queued")
            self._start(deployment)
            self._go(deployment)
            status = "Succeeded"
        except Ended as end:
            status = end.status
            self._give_up(deployment, end)
        except Exception as error:
            log.exception("deployment %s broke", deployment.id)
            status = "Failed"
            self._give_up(deployment, failed("INTERNAL_ERROR", type(error).__name__))
        deployment.completed = self._plane.clock.now()
        deployment.status = status
        self._announce(deployment, _STATES[status])

    def _start(self, deployment: Deployment) -> None:
        deployment.started = self._plane.clock.now()
        deployment.status = "InProgress"
        self._announce(deployment, "START")

    def _go(self, deployment: Deployment) -> None:
        self._watch(deployment)
        self._check(deployment)
        self._run_hook(deployment, BEFORE)
        self._hold(deployment, "Ready")
        with self._event(deployment, ALLOW):
            self._shift(deployment)
        self._run_hook(deployment, AFTER)
        self._hold(deployment, "Baking")
        self._watch(deployment)

    def _hold(self, deployment: Deployment, *statuses: str) -> None:
        """Stay in one of ``statuses`` for as long as a fault says so."""
        before = deployment.status
        while fault := self._plane.faults.find(
            "deployment", *parts_of(deployment.appspec.function)
        ):
            status = fault.settings["status"]
            if status not in statuses:
                break
            if deployment.status != status:
                deployment.status = status
                self._plane.faults.happened(fault)
            deployment.stop.wait(_LOOK_EVERY_WALL_SECONDS)
            self._watch(deployment)
        deployment.status = before

    def _check(self, deployment: Deployment) -> None:
        """Refuse what CodeDeploy refuses before it moves anything."""
        spec = deployment.appspec
        try:
            live = self._lambda(deployment).get_alias(
                FunctionName=spec.function, Name=spec.alias
            )
            # Not by the role: what AWS's own policy for CodeDeploy grants is too little.
            self._plane.client("lambda").get_function_configuration(
                FunctionName=spec.function, Qualifier=spec.target
            )
        except ClientError as error:
            text = error.response["Error"]["Message"]
            raise failed("INVALID_LAMBDA_FUNCTION", text) from error
        checked = not self._plane.faults.assumes(VERSION_UNCHECKED)
        if checked and live["FunctionVersion"] != spec.current:
            raise failed("INVALID_LAMBDA_CONFIGURATION", _MISMATCH)
        weights = live.get("RoutingConfig", {}).get("AdditionalVersionWeights")
        gradual = deployment.shift.kind is not ShiftKind.ALL_AT_ONCE
        if weights or (gradual and spec.current == spec.target):
            raise failed("INVALID_LAMBDA_CONFIGURATION", _INVALID)

    def _shift(self, deployment: Deployment) -> None:
        waited = 0.0
        for step in deployment.shift.steps:
            self._wait(deployment, step.at_seconds - waited)
            waited = step.at_seconds
            self._watch(deployment)
            self._route(deployment, step.weight)

    def _route(self, deployment: Deployment, weight: float) -> None:
        """Send ``weight`` of the alias's traffic to the new version."""
        spec = deployment.appspec
        version = spec.target if weight >= 1 else spec.current
        weights = {spec.target: weight} if 0 < weight < 1 else {}
        try:
            self._lambda(deployment).update_alias(
                FunctionName=spec.function,
                Name=spec.alias,
                FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": weights},
            )
        except ClientError as error:
            text = error.response["Error"]["Message"]
            raise failed("INVALID_LAMBDA_FUNCTION", text) from error
        deployment.weight = weight

    def _wait(self, deployment: Deployment, seconds: float) -> None:
        """Let plane time pass; look at alarms and for a stop all along."""
        clock = self._plane.clock
        while seconds > 0:
            look = max(
                _LOOK_EVERY_PLANE_SECONDS, _LOOK_EVERY_WALL_SECONDS * clock.speed
            )
            part = min(seconds, look)
            clock.sleep(part, deployment.stop)
            seconds -= part
            self._watch(deployment)

    def _watch(self, deployment: Deployment) -> None:
        """End the deployment when it is to stop, or an alarm fires."""
        if deployment.stop.is_set():
            raise Ended(
                "Stopped",
                "MANUAL_STOP",
                "The deployment was stopped by a user.",
                "DEPLOYMENT_STOP_ON_REQUEST",
            )
        if firing := self._firing(deployment):
            raise Ended(
                "Stopped",
                "ALARM_ACTIVE",
                "One or more alarms have been activated according to the Amazon CloudWatch "
                "metrics you selected, and the affected deployments have been stopped. "
                f"Activated alarms: <{', '.join(firing)}>",
                "DEPLOYMENT_STOP_ON_ALARM",
            )

    def _firing(self, deployment: Deployment) -> list[str]:
        if not deployment.alarms:
            return []
        watcher = self._plane.client("cloudwatch", deployment.service_role)
        found = watcher.describe_alarms(
            AlarmNames=list(deployment.alarms), StateValue="ALARM"
        )
        return [alarm["AlarmName"] for alarm in found["MetricAlarms"]]

    # Hooks.

    def _run_hook(self, deployment: Deployment, name: str) -> None:
        function = deployment.appspec.hooks.get(name)
        with self._event(deployment, name):
            if function is None:
                return
            hook = deployment.hook = HookExecution()
            self._plane.spawn(self._call_hook, deployment, hook, function)
            try:
                while not hook.reported.wait(_LOOK_EVERY_WALL_SECONDS):
                    self._watch(deployment)
            finally:
                hook.reported.set()
            if self._breaks_hook(deployment, name):
                hook.status = "Failed"
            if hook.status != "Succeeded":
                raise failed(
                    "HOOK_EXECUTION_FAILURE",
                    f"The overall deployment failed because the {name} lifecycle event "
                    f"hook {function} {hook.status or 'did not report in time'}.",
                )

    def _breaks_hook(self, deployment: Deployment, name: str) -> bool:
        """Say whether a fault makes this hook fail, whatever it reported."""
        short = {BEFORE: "pre", AFTER: "post"}[name]
        faults = self._plane.faults
        for fault in faults.find_all("hook", *parts_of(deployment.appspec.function)):
            if fault.settings.get("name") == short:
                faults.happened(fault)
                return True
        return False

    def _call_hook(
        self, deployment: Deployment, hook: HookExecution, function: str
    ) -> None:
        """Call the hook; one that ends without a report is waited for, an hour in all."""
        event = {
            "DeploymentId": deployment.id,
            "LifecycleEventHookExecutionId": hook.id,
        }
        try:
            self._lambda(deployment).invoke(
                FunctionName=function, Payload=json.dumps(event).encode()
            )
        except (ClientError, BotoCoreError) as error:
            hook.status = f"could not be called: {error}"
            hook.reported.set()
            return
        self._plane.clock.sleep(_HOOK_SECONDS, hook.reported)
        hook.reported.set()

    @contextmanager
    def _event(self, deployment: Deployment, name: str) -> Iterator[None]:
        """Record when a lifecycle event began and how it ended."""
        event = deployment.events[name]
        event.started, event.status = self._plane.clock.now(), "InProgress"
        try:
            yield
        except Ended as end:
            event.status, event.message = "Failed", end.message
            raise
        else:
            event.status = "Succeeded"
        finally:
            event.ended = self._plane.clock.now()

    # The way back.

    def _give_up(self, deployment: Deployment, end: Ended) -> None:
        """Record why it ended, and return the traffic where the group says so."""
        deployment.error = {"code": end.code, "message": end.message}
        for event in deployment.events.values():
            if event.status == "Pending":
                event.status = "Skipped"
        wanted = end.event in deployment.rollback_events
        if end.event == "DEPLOYMENT_STOP_ON_REQUEST":
            wanted = deployment.stop_rolls_back
        moved = deployment.events[ALLOW].started is not None
        if not wanted or not moved:
            return
        try:
            self._route(deployment, 0.0)
        except Ended as error:
            deployment.rollback_info = {"rollbackMessage": error.message}
            return
        deployment.rollback_info = {
            "rollbackMessage": "The traffic returned to the version before."
        }
        self._record_rollback(deployment)

    def _lambda(self, deployment: Deployment) -> Any:
        return self._plane.client("lambda", deployment.service_role)

    def _announce(self, deployment: Deployment, state: str) -> None:
        """Emit the event
        (https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html).
        """
        region, account = self._plane.region, self._plane.account
        prefix = f"arn:aws:codedeploy:{region}:{account}"
        self._plane.events.emit(
            "aws.codedeploy",
            "CodeDeploy Deployment State-change Notification",
            {
                "region": region,
                "deploymentId": deployment.id,
                "application": deployment.application,
                "deploymentGroup": deployment.group,
                "state": state,
            },
            (
                f"{prefix}:application:{deployment.application}",
                f"{prefix}:deploymentgroup:{deployment.application}/{deployment.group}",
            ),
        )
